#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/program.hpp>

namespace ablatrix::cluster {

/// When the batch system ends the job that this process belongs to.
struct JobEnd
{
    double at_s = 0;     ///< seconds since the epoch
    std::string source;  ///< who says so
};

/// What is asked; replaced in tests.
struct JobSources
{
    std::function<char const*(char const*)> variable;                 ///< std::getenv
    std::function<base::Ended(std::vector<std::string> const&)> run;  ///< base::run_program
};

/// SLURM_JOB_END_TIME (Slurm 22.05 and later) where it is set, else what `squeue` says of the job SLURM_JOB_ID.
/// Nothing outside Slurm, in a job without a limit, or when squeue cannot be asked.
std::optional<JobEnd> job_end(JobSources const& sources);

}  // namespace ablatrix::cluster
