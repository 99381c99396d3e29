#pragma once

#include <string>
#include <vector>

#include "commands.hpp"

namespace ablatrix::app {

/// The name of the command by which a worker starts this program again to run stages (isolation: process). Not for
/// people, so no help mentions it.
inline constexpr char const* stage_child_name = "stage-child";

/// The command line of that process for the stages of \p job.
std::vector<std::string> stage_child_command_line(std::string const& job);

/// The life of that process.
ExitCode stage_child_command(Words const& words);

}  // namespace ablatrix::app
