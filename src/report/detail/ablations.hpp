#pragma once

#include <ablatrix/report/report.hpp>

#include "set_means.hpp"

namespace ablatrix::report::detail {

/// Every method that depends on the arm, in each arm against the baseline arm: a sentence over all comparisons, tables
/// of differences and of McNemar's items, and their records. Nothing for a grid without arms.
/// \param is_short  what the end of a run shows: fewer tables
void add_ablations(Report& report, SetMeans const& set, bool is_short, int threads);

}  // namespace ablatrix::report::detail
