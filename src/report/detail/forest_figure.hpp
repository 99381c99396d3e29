#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// For each condition: the mean of the primary metric of each method with its interval, best first. \p findings has the
/// summary's sentence on each condition, or is empty.
void add_forest_figures(Figures& out, FigureSource const& source, std::size_t set,
                        std::vector<std::string> const& findings);

}  // namespace ablatrix::report::detail
