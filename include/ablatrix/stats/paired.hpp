#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// Comparisons over seeds: \p d holds one difference per seed. Values that differ by less than 1e-12 (relatively, above
/// 1) are equal, and such differences 0: .85 - .8 and .75 - .7 have no spread, whatever their last bits say.

namespace ablatrix::stats {

/// Sample standard deviation (ddof 1); NaN for fewer than two values, 0 for equal ones.
double sample_sd(std::span<double const> values);

/// Mean over seeds with the t interval. One seed: value only, `undefined`. No spread: `degenerate`.
Estimate seed_mean(std::span<double const> values, double level = 0.95);

/// Paired t test. No spread: p = 1 when all differences are 0, else no p and `degenerate`.
Test paired_t(std::span<double const> d);

/// Sign-flip test of the mean (Fisher 1935): all 2^S sign vectors up to 20 seeds, beyond that \p resamples random ones
/// from the stream (seed, frame).
Test sign_flip(std::span<double const> d, std::string_view frame = "", std::uint64_t seed = 42,
               std::size_t resamples = 10000);

enum class Zeros : std::uint8_t
{
    drop,   ///< Wilcoxon 1945
    pratt,  ///< rank them, then drop (Pratt 1959)
};
/// Exact signed-rank test, ties by mid-ranks. statistic = sum of positive ranks.
Test wilcoxon(std::span<double const> d, Zeros zeros = Zeros::drop);

/// Two-sample t test without equal variances (Welch 1947), for arms whose seeds are not shared. Fewer than two values
/// in an arm are `undefined`.
Test welch_t(std::span<double const> a, std::span<double const> b);

/// Label permutation of the difference of means, for arms whose seeds are not shared: every split of the pooled values
/// while there are at most 200,000, beyond that \p resamples random ones from the stream (seed, frame). With S seeds in
/// each arm the smallest p is 2 / C(2S, S): .1 for 3, .0079 for 5.
Test label_permutation(std::span<double const> a, std::span<double const> b, std::string_view frame = "",
                       std::uint64_t seed = 42, std::size_t resamples = 10000);

/// Corrected resampled t test (Nadeau and Bengio 2003) for \p d from overlapping resplits of one data set, not from
/// training seeds on one split. \p n_train, \p n_test: items of each split.
Test corrected_resampled_t(std::span<double const> d, std::int64_t n_train, std::int64_t n_test);

}  // namespace ablatrix::stats
