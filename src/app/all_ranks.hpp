#pragma once

#include <functional>
#include <string>

#include <ablatrix/stats/share.hpp>

#include "commands.hpp"

namespace ablatrix::app {

/// What a command prints, and how it ends.
struct Output
{
    std::string text;
    ExitCode code = ExitCode::ok;
};

/// Runs \p command on every rank that mpirun or srun started, with a share of its resampling for each, and prints the
/// output of rank 0. Without a launcher it runs here, and MPI is not started.
///
/// All ranks must compute the same. An exception on some of them ends the others at their next exchange; the message
/// of the lowest rank is printed.
ExitCode on_all_ranks(std::function<Output(stats::Share const&)> const& command);

/// Whether this is rank 0 of what a launcher started, or there is no launcher. Tells without MPI.
bool is_first_rank();

}  // namespace ablatrix::app
