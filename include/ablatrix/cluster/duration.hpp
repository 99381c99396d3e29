#pragma once

#include <string>

namespace ablatrix::cluster {

/// Seconds of a duration: "90s", "15m", "1.5h", "2d", sums such as "2h30m", or as Slurm writes it ("MM:SS", "HH:MM:SS",
/// "D-HH", "D-HH:MM", "D-HH:MM:SS"). A bare number is refused, because some would read minutes and others seconds.
/// \throws Error with the forms that are understood
double parse_duration(std::string const& text);

/// "HH:MM:SS" or "D-HH:MM:SS" for sbatch --time; rounded up to whole minutes, in which Slurm counts.
std::string slurm_duration(double seconds);

}  // namespace ablatrix::cluster
