#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// AUROCs of K columns on the same items with their covariance (DeLong et al. 1988; Sun and Xu 2014).
struct DeLong
{
    Status status = Status::undefined;  ///< undefined with fewer than 2 positives or negatives
    std::string note;
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
    std::vector<double> theta;       ///< [K]
    std::vector<double> covariance;  ///< row-major [K x K]

    double variance(std::size_t column) const { return covariance[column * theta.size() + column]; }
};

/// With \p group, the cluster-robust covariance for groups of one class each (after Obuchowski 1997): fewer than 5
/// groups in a class are not_reliable, one is undefined. \throws Error on bad scores, lengths or groups of two classes
DeLong delong(std::span<std::span<double const> const> columns, std::span<std::uint8_t const> positive,
              std::span<std::int32_t const> group = {});

/// Logit interval. AUROC 0 or 1 gives a one-sided conservative bound, `degenerate` and "perfect_separation".
Estimate delong_interval(DeLong const& result, std::size_t column, double level = 0.95);
/// Wald interval of the paired difference theta[a] - theta[b].
Estimate delong_difference(DeLong const& result, std::size_t a, std::size_t b, double level = 0.95);
/// Paired z test.
Test delong_test(DeLong const& result, std::size_t a, std::size_t b);
/// Unpaired z test of columns on different items.
Test delong_test_unpaired(DeLong const& left, std::size_t a, DeLong const& right, std::size_t b);
/// Chi-square test that all columns have one AUROC.
Test delong_omnibus(DeLong const& result);

}  // namespace ablatrix::stats
