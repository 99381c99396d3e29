#pragma once

#include <ablatrix/report/report.hpp>

#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Numbers of runs that belong to no method (explanation quality, cleaning precision and so on), baseline arm.
void add_scalar_table(Report& report, GridView const& grid);

}  // namespace ablatrix::report::detail
