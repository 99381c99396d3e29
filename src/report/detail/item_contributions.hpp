#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Whether item_contributions() knows the metric.
bool has_contributions(std::string const& metric);

/// What each item of a run contributes to the AUROC or the average precision of a method, statistics.md 2.7; in the
/// order of GridView::items(). Empty for other metrics, and where a class has fewer than two items, which have no
/// variance.
std::vector<double> item_contributions(GridView const& grid, std::size_t set, std::size_t run, std::size_t method,
                                       std::string const& metric);

}  // namespace ablatrix::report::detail
