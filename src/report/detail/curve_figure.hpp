#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

enum class CurveKind
{
    roc,
    pr
};

/// For each condition: curves of the best methods, mean over seeds; the band goes from the lowest to the highest seed.
void add_curve_figures(Figures& out, FigureSource const& source, std::size_t set, CurveKind kind);

}  // namespace ablatrix::report::detail
