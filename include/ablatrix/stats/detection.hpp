#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// \file
/// How well scores rank the positives (noisy items, say) first.
///
/// Scores are "higher = more positive"; equal scores are one tie group. A metric whose definition fails (no positives,
/// no negatives) is NaN. NaN or infinite scores and unequal lengths are an Error. Labels are 0 or 1.

namespace ablatrix::stats {

/// Hits among the k highest scores, in expectation over the order inside the tie group that holds rank k.
struct AtK
{
    double precision, recall, f1;
    std::int64_t k;
};

/// Scores sorted once into tie groups; every metric is then O(groups).
///
/// Weights are integer repetitions of an item; the weighted metrics equal the plain ones of the repeated rows.
class Ranking
{
  public:
    Ranking(std::span<double const> scores, std::span<std::uint8_t const> positive,
            std::span<std::uint32_t const> weights = {});

    /// Area under the ROC curve (Bamber 1975): U / (P N), ties count half.
    double auroc() const;
    /// Average precision: one step per tie group, no interpolation.
    double average_precision() const;
    /// True negative rate at the first threshold that keeps 95 % of the positives.
    double tnr_at_95_tpr() const;
    /// k = max(1, floor(n K + 1e-9)). \throws Error unless 0 < K <= 1
    AtK at_fraction(double K) const;
    /// \throws Error unless 1 <= k <= n
    AtK at_count(std::int64_t k) const;
    std::vector<double> roc_curve(std::size_t points) const;
    std::vector<double> pr_curve(std::size_t points) const;

    std::int64_t positives() const noexcept { return positives_; }
    std::int64_t negatives() const noexcept { return negatives_; }
    std::size_t groups() const noexcept { return groups_.size(); }

  private:
    struct TieGroup
    {
        std::int64_t positives, negatives;
    };
    std::vector<TieGroup> groups_;  // by descending score, none empty
    std::int64_t positives_ = 0;
    std::int64_t negatives_ = 0;
};

double auroc(std::span<double const> scores, std::span<std::uint8_t const> positive);
double average_precision(std::span<double const> scores, std::span<std::uint8_t const> positive);
double tnr_at_95_tpr(std::span<double const> scores, std::span<std::uint8_t const> positive);
AtK at_fraction(std::span<double const> scores, std::span<std::uint8_t const> positive, double K);
AtK at_count(std::span<double const> scores, std::span<std::uint8_t const> positive, std::int64_t k);

/// TPR at FPR = i / (points - 1), linear on the ROC polyline; the upper end where the polyline is vertical.
/// Empty when a class is absent.
std::vector<double> roc_curve(std::span<double const> scores, std::span<std::uint8_t const> positive,
                              std::size_t points);
/// Interpolated precision (highest precision at recall >= r) at r = i / (points - 1). Empty without positives.
std::vector<double> pr_curve(std::span<double const> scores, std::span<std::uint8_t const> positive,
                             std::size_t points);

/// Ranks from 1 in ascending order, ties averaged. \throws Error on NaN
std::vector<double> mid_ranks(std::span<double const> values);
/// Type 7 quantile (numpy's default), NaN for no values. \p p in [0, 1]. \throws Error on NaN values
double quantile(std::span<double const> values, double p);

}  // namespace ablatrix::stats
