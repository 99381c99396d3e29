#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/estimate.hpp>
#include <ablatrix/stats/mcnemar.hpp>

#include "grid_view.hpp"

/// \file
/// Paired contrasts of two cells, by the rules of statistics.md 0.5.

namespace ablatrix::report::detail {

/// A minus B in one condition.
struct Contrast
{
    std::size_t condition = 0;
    std::size_t set = 0;
    std::size_t arm_a = 0, method_a = 0;
    std::size_t arm_b = 0, method_b = 0;
};

struct SeedContrast
{
    std::string seed;
    stats::Estimate difference;  ///< of the metric on this seed's items, bootstrap interval when asked for
    stats::EndpointRange mc;     ///< of that interval
    stats::Test resampled;       ///< of the metric's difference, with that bootstrap
    Resampling resampling;
    stats::PairedTable table;
    stats::Test exact;
};

struct ContrastResult
{
    Contrast contrast;
    std::string metric;
    std::string design, scope;
    double mean_a = stats::undefined_value, mean_b = stats::undefined_value;  ///< over the seeds that both have
    stats::Estimate difference;  ///< of the metric, over seeds (one seed: over items)
    stats::EndpointRange mc;     ///< of a bootstrap interval, else NaN
    stats::Test test;
    double p_adjusted = stats::undefined_value, p_min_adjusted = stats::undefined_value;
    std::size_t family_size = 0;
    std::size_t n_seeds = 0, n_excluded = 0;
    std::int64_t n_items = -1, n_positive = -1;  ///< of each seed; -1 when they differ
    std::int64_t n_unknown = 0;                  ///< items left out, no clean label; the most of a seed
    std::string seed_set;
    double sd = stats::undefined_value;  ///< of the seeds' differences
    Resampling resampling;

    // McNemar's question: which items does only one side get right?
    std::vector<SeedContrast> seeds;
    bool has_items = false;
    stats::Test flips;  ///< exact sign flip over items, seeds fixed
    double flips_adjusted = stats::undefined_value, flips_min_adjusted = stats::undefined_value;
    stats::Estimate share;  ///< difference of the shares of right items, new seeds and items
    stats::Test share_test;
    double share_adjusted = stats::undefined_value;
    std::string share_scope;

    /// Items that only one side gets right, summed over seeds.
    stats::PairedTable discordants() const;
};

struct ContrastOptions
{
    std::string metric;
    bool wants_items = true;       ///< McNemar tables
    bool wants_bootstrap = false;  ///< per-seed intervals of the metric
    std::size_t resamples = 10000;
    int threads = 2;
};

ContrastResult contrast(GridView const& grid, Contrast const& what, ContrastOptions const& options);

/// Holm within \p results, which are one family: the metric's tests, and McNemar's.
void adjust_family(std::vector<ContrastResult>& results);

constexpr double alpha = 0.05;

}  // namespace ablatrix::report::detail
