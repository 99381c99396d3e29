#pragma once

#include <string>

#include "grid_view.hpp"

/// \file
/// Parts of the page that are about the runs, not about what they show.

namespace ablatrix::report::detail {

/// What ran: axes, versions, devices, settings.
std::string provenance_section(GridView const& grid);
/// Failed runs with their messages, runs without a result.
std::string failures_section(GridView const& grid);
/// Tasks, seconds and bytes by kind of task.
std::string cost_table(GridView const& grid);

}  // namespace ablatrix::report::detail
