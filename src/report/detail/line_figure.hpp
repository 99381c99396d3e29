#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// The primary metric of the best methods over each axis of conditions whose values are numbers, such as noise.rate;
/// one figure for each combination of the other axes.
void add_line_figures(Figures& out, FigureSource const& source, std::size_t set);

}  // namespace ablatrix::report::detail
