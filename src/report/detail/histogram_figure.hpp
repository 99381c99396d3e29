#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// For each condition: scores of the leading method, clean against noisy items, all seeds together.
void add_histogram_figures(Figures& out, FigureSource const& source, std::size_t set);

}  // namespace ablatrix::report::detail
