#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ablatrix/stats/errors.hpp>
#include <ablatrix/stats/estimate.hpp>

/// \file
/// Percentile bootstrap intervals of chance-corrected agreement: items are drawn with replacement, or whole groups of
/// items, and every rater's answers to an item stay together.

namespace ablatrix::stats {

struct AgreementOptions
{
    std::string frame;  ///< "dataset/split": equal frames share resamples
    std::uint64_t seed = 42;
    std::size_t resamples = 10000;
    double level = 0.95;
};

/// Of Fleiss' kappa (1971). \param raters [rater][item]
/// \param group group of each item, codes in canonical order; empty: items are drawn. Fewer than 5 are `not_reliable`
Estimate fleiss_kappa_interval(std::span<std::span<std::int32_t const> const> raters,
                               std::span<std::int32_t const> group, AgreementOptions const& options);
/// Of Cohen's kappa (1960).
Estimate cohen_kappa_interval(std::span<std::int32_t const> a, std::span<std::int32_t const> b,
                              std::span<std::int32_t const> group, AgreementOptions const& options);

}  // namespace ablatrix::stats
