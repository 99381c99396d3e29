#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ablatrix::stats {

enum class Adjustment : std::uint8_t
{
    none,
    holm,                ///< Holm 1979: family-wise error, any dependence
    hochberg,            ///< Hochberg 1988: family-wise, independence or positive dependence
    benjamini_hochberg,  ///< Benjamini and Hochberg 1995: false discovery rate
};

/// Adjusted p-values in input order. The family is \p p as declared: a missing p (NaN) counts as 1 and stays NaN.
std::vector<double> adjust(std::span<double const> p, Adjustment method);

/// Adjusted value of each test had it reached its p_min, the others as observed: at or above alpha, the test could not
/// have reached significance in this family. NaN p_min stays NaN.
std::vector<double> adjusted_minimum(std::span<double const> p, std::span<double const> p_min, Adjustment method);

}  // namespace ablatrix::stats
