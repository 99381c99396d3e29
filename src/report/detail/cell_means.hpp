#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/estimate.hpp>

#include "grid_view.hpp"

/// \file
/// Estimates of one cell, by the rules of statistics.md 0.5.

namespace ablatrix::report::detail {

/// Mean over seeds of one method's metric with an interval, and what the interval speaks about.
struct Mean
{
    stats::Estimate estimate;
    stats::EndpointRange mc;  ///< of a bootstrap interval, else NaN
    std::string scope;        ///< "seeds", "items", "both"
    std::string design;       ///< "nested", "crossed", "one seed"
    std::size_t n_seeds = 0;
    std::size_t n_excluded = 0;
    std::int64_t n_items = -1, n_positive = -1;  ///< of each seed; -1 when they differ
    std::int64_t n_unknown = 0;                  ///< items left out, no clean label; the most of a seed
    std::string seed_set;
    double sd = stats::undefined_value;  ///< over seeds
    Resampling resampling;
};

/// Means of all \p methods of an item set in one cell. One seed: bootstrap or Wilson over items; several seeds: t over
/// seeds, and the two-level interval for accuracy, AUROC and average precision on shared items. [method][metric]
std::vector<std::vector<Mean>> cell_means(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
                                          std::vector<std::size_t> const& methods,
                                          std::vector<std::size_t> const& metrics, int threads);

}  // namespace ablatrix::report::detail
