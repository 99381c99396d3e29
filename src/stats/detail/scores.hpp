#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ablatrix::stats::detail {

/// \throws Error unless lengths agree, scores are finite and labels are 0 or 1
void check_scores(std::span<double const> scores, std::span<std::uint8_t const> positive);
bool all_finite(std::span<double const> values);

/// Up to this, a difference from \p value is rounding: .85 - .8 and .75 - .7 are the same difference.
double equality_tolerance(double value);
/// Whether the values are one but for rounding; true for none.
bool all_equal(std::span<double const> values);
/// The values, those that differ by rounding from the next lower one (or from 0) made equal to it: fit for ranks.
std::vector<double> without_rounding(std::span<double const> values);

/// Rows by descending score and, for each tie group, where it ends in \p rows.
struct TieOrder
{
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> group_end;
};
TieOrder order_descending(std::span<double const> scores);

/// Kernel sums behind AUROC and its variance, exact in integers.
///
/// With psi = 1 when the positive scores higher, 1/2 for a tie: twice[i] is 2 * sum of psi over the negatives for a
/// positive row i, over the positives for a negative row.
struct Placements
{
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
    std::int64_t twice_u = 0;
    std::vector<std::int64_t> twice;

    bool defined() const { return positives > 0 && negatives > 0; }
    double theta() const
    {
        return static_cast<double>(twice_u) / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
    }
};
Placements placements(std::span<double const> scores, std::span<std::uint8_t const> positive);

/// Influence of each row on the AUROC: (V10 - theta) / P or (V01 - theta) / N (DeLong et al. 1988).
std::vector<double> auroc_influence(Placements const& places, std::span<std::uint8_t const> positive);

/// Value of the metric without row i, for all i; NaN where it is undefined. O(n log n).
std::vector<double> auroc_left_out(std::span<double const> scores, std::span<std::uint8_t const> positive);
std::vector<double> average_precision_left_out(std::span<double const> scores, std::span<std::uint8_t const> positive);

}  // namespace ablatrix::stats::detail
