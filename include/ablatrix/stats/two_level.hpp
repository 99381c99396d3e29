#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Mean over seeds and items with an interval for new seeds *and* new items, and the test of mean 0.
struct TwoLevel
{
    Estimate estimate;
    Test test;                           ///< t test; statistic = value / standard error
    double var_items = undefined_value;  ///< variance of the mean from items
    double var_seeds = undefined_value;  ///< from seeds
    double var_cells = undefined_value;  ///< from item x seed, counted in both of the above
};

/// Moment interval of a crossed design, all seeds on the same items (Satterthwaite 1946 degrees of freedom).
///
/// \param contributions row-major [seed x item]: 0/1 correctness, differences of two arms, or the contributions below
/// \param group one code per item, empty for independent items
/// One seed gives `undefined`; no variance gives `degenerate`.
TwoLevel two_level(std::span<double const> contributions, std::size_t n_seeds, double level = 0.95,
                   std::span<std::int32_t const> group = {});

/// Difference of two arms whose seeds are not shared; the items are. Row-major [seed x item].
TwoLevel two_level_unshared(std::span<double const> a, std::size_t seeds_a, std::span<double const> b,
                            std::size_t seeds_b, double level = 0.95, std::span<std::int32_t const> group = {});

/// Contribution of each item to the AUROC of one seed: theta + n * influence (DeLong et al. 1988). Their mean is the
/// AUROC. Empty when a class is absent.
std::vector<double> auroc_contributions(std::span<double const> scores, std::span<std::uint8_t const> positive);
/// Jackknife pseudo-values of the average precision, n theta - (n-1) theta(-i). Empty with fewer than 2 positives.
std::vector<double> average_precision_contributions(std::span<double const> scores,
                                                    std::span<std::uint8_t const> positive);

}  // namespace ablatrix::stats
