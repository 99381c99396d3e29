#pragma once

#include <cstddef>

#include "figure.hpp"
#include "figure_source.hpp"

namespace ablatrix::report::detail {

/// Mean ranks of the methods over all conditions with Nemenyi's critical difference (Demsar 2006; statistics.md section
/// 7). Its data: method, mean rank, rank -+ half the critical difference; and which methods are not separated.
void add_rank_figure(Figures& out, FigureSource const& source, std::size_t set);

}  // namespace ablatrix::report::detail
