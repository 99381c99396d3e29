#pragma once

#include "figure.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Seconds by kind of task, and how many came from the cache.
void add_cost_figure(Figures& out, GridView const& grid);

}  // namespace ablatrix::report::detail
