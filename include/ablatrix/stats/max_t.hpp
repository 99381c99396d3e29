#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// A family of paired differences that share their resamples, tested together (Westfall and Young 1993; Romano and
/// Wolf 2005): sharper than Holm when the columns correlate.
struct MaxT
{
    std::vector<Test> tests;            ///< [contrast] statistic = |difference| / se, p adjusted step-down
    std::vector<Estimate> intervals;    ///< [contrast] simultaneous: difference +- critical * se
    double critical = undefined_value;  ///< quantile of the largest resampled statistic
};

/// \param contrasts pairs (a, b) of columns: value of a minus value of b
/// A contrast without spread is `degenerate` and leaves the family, one with invalid or undefined columns too.
MaxT max_t(Bootstrap const& bootstrap, std::span<std::pair<std::size_t, std::size_t> const> contrasts,
           std::size_t metric, double level = 0.95);

}  // namespace ablatrix::stats
