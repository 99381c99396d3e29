#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// For each method that depends on the arm: arms minus the baseline arm, paired over seeds, as points with intervals
/// and as a heat map of arms by conditions.
void add_difference_figures(Figures& out, FigureSource const& source, std::size_t set);

}  // namespace ablatrix::report::detail
