#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// For each condition: accuracy against confidence of the leading method and of "none", with the calibration errors
/// beside those of a calibrated model (statistics.md sections 1 and 8).
void add_reliability_figures(Figures& out, FigureSource const& source, std::size_t set);

}  // namespace ablatrix::report::detail
