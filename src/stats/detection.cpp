#include <ablatrix/stats/detection.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <ablatrix/base/error.hpp>

#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double ratio(std::int64_t numerator, std::int64_t denominator)
{
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace

Ranking::Ranking(std::span<double const> scores, std::span<std::uint8_t const> positive,
                 std::span<std::uint32_t const> weights)
{
    detail::check_scores(scores, positive);
    ABLATRIX_VALIDATE(weights.empty() || weights.size() == scores.size(), "weights and scores differ in length");
    detail::TieOrder const order = detail::order_descending(scores);
    std::size_t begin = 0;
    for (std::size_t const end : order.group_end) {
        TieGroup group{0, 0};
        for (std::size_t i = begin; i < end; ++i) {
            std::uint32_t const row = order.rows[i];
            std::int64_t const weight = weights.empty() ? 1 : weights[row];
            (positive[row] != 0 ? group.positives : group.negatives) += weight;
        }
        if (group.positives + group.negatives > 0) groups_.push_back(group);
        positives_ += group.positives;
        negatives_ += group.negatives;
        begin = end;
    }
}

double Ranking::auroc() const
{
    if (positives_ == 0 || negatives_ == 0) return nan;
    std::int64_t twice_u = 0;
    std::int64_t true_positives = 0;
    for (TieGroup const& group : groups_) {
        twice_u += group.negatives * (2 * true_positives + group.positives);
        true_positives += group.positives;
    }
    return static_cast<double>(twice_u) / (2.0 * static_cast<double>(positives_) * static_cast<double>(negatives_));
}

double Ranking::average_precision() const
{
    if (positives_ == 0) return nan;
    double sum = 0;
    std::int64_t true_positives = 0;
    std::int64_t count = 0;
    for (TieGroup const& group : groups_) {
        true_positives += group.positives;
        count += group.positives + group.negatives;
        if (group.positives > 0) sum += ratio(group.positives * true_positives, count);
    }
    return sum / static_cast<double>(positives_);
}

double Ranking::tnr_at_95_tpr() const
{
    if (positives_ == 0 || negatives_ == 0) return nan;
    std::int64_t true_positives = 0;
    std::int64_t false_positives = 0;
    for (TieGroup const& group : groups_) {
        true_positives += group.positives;
        false_positives += group.negatives;
        if (20 * true_positives >= 19 * positives_) break;
    }
    return 1 - ratio(false_positives, negatives_);
}

AtK Ranking::at_fraction(double K) const
{
    ABLATRIX_VALIDATE(K > 0 && K <= 1,
                      "the share K = " + std::to_string(K) + " is not in (0, 1]. Use at_count for counts");
    std::int64_t const n = positives_ + negatives_;
    if (n == 0) return {nan, nan, nan, 0};
    return at_count(
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(static_cast<double>(n) * K + 1e-9))));
}

AtK Ranking::at_count(std::int64_t k) const
{
    ABLATRIX_VALIDATE(k >= 1 && k <= positives_ + negatives_,
                      "k = " + std::to_string(k) + " is not between 1 and the number of items, " +
                          std::to_string(positives_ + negatives_) + ". Choose a smaller k");
    std::int64_t true_positives = 0;
    std::int64_t count = 0;
    double hits = 0;
    for (TieGroup const& group : groups_) {
        std::int64_t const size = group.positives + group.negatives;
        if (count + size >= k) {
            hits = static_cast<double>(true_positives) + ratio((k - count) * group.positives, size);
            break;
        }
        true_positives += group.positives;
        count += size;
    }
    double const recall = positives_ > 0 ? hits / static_cast<double>(positives_) : nan;
    return {hits / static_cast<double>(k), recall, 2 * hits / static_cast<double>(k + positives_), k};
}

std::vector<double> Ranking::roc_curve(std::size_t points) const
{
    ABLATRIX_VALIDATE(points >= 2, "a curve needs at least 2 points");
    if (positives_ == 0 || negatives_ == 0) return {};
    auto const steps = static_cast<std::int64_t>(points) - 1;
    std::vector<double> curve;
    curve.reserve(points);
    std::int64_t tp = 0;  // vertex at or left of the wanted FPR
    std::int64_t fp = 0;
    std::size_t next = 0;
    for (std::int64_t i = 0; i <= steps; ++i) {
        while (next < groups_.size() && (fp + groups_[next].negatives) * steps <= i * negatives_) {
            tp += groups_[next].positives;
            fp += groups_[next].negatives;
            ++next;
        }
        double height = static_cast<double>(tp);
        if (next < groups_.size()) {
            double const along = ratio(i * negatives_ - fp * steps, groups_[next].negatives * steps);
            height += along * static_cast<double>(groups_[next].positives);
        }
        curve.push_back(height / static_cast<double>(positives_));
    }
    return curve;
}

std::vector<double> Ranking::pr_curve(std::size_t points) const
{
    ABLATRIX_VALIDATE(points >= 2, "a curve needs at least 2 points");
    if (positives_ == 0) return {};
    auto const steps = static_cast<std::int64_t>(points) - 1;
    std::vector<double> curve(points);
    std::int64_t tp = positives_;  // at the end of group g
    std::int64_t count = positives_ + negatives_;
    std::size_t g = groups_.size();
    double best = 0;
    for (std::int64_t i = steps; i >= 0; --i) {
        while (g > 0 && tp * steps >= i * positives_) {
            best = std::max(best, ratio(tp, count));
            --g;
            tp -= groups_[g].positives;
            count -= groups_[g].positives + groups_[g].negatives;
        }
        curve[static_cast<std::size_t>(i)] = best;
    }
    return curve;
}

double auroc(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    return Ranking(scores, positive).auroc();
}

double average_precision(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    return Ranking(scores, positive).average_precision();
}

double tnr_at_95_tpr(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    return Ranking(scores, positive).tnr_at_95_tpr();
}

AtK at_fraction(std::span<double const> scores, std::span<std::uint8_t const> positive, double K)
{
    return Ranking(scores, positive).at_fraction(K);
}

AtK at_count(std::span<double const> scores, std::span<std::uint8_t const> positive, std::int64_t k)
{
    return Ranking(scores, positive).at_count(k);
}

std::vector<double> roc_curve(std::span<double const> scores, std::span<std::uint8_t const> positive,
                              std::size_t points)
{
    return Ranking(scores, positive).roc_curve(points);
}

std::vector<double> pr_curve(std::span<double const> scores, std::span<std::uint8_t const> positive, std::size_t points)
{
    return Ranking(scores, positive).pr_curve(points);
}

std::vector<double> mid_ranks(std::span<double const> values)
{
    bool const has_nan = std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
    ABLATRIX_VALIDATE(!has_nan, "cannot rank NaN values. Remove or replace them first");
    detail::TieOrder const order = detail::order_descending(values);
    std::vector<double> ranks(values.size());
    std::size_t begin = 0;
    for (std::size_t const end : order.group_end) {
        // Descending positions begin+1 .. end are ascending positions n-end+1 .. n-begin.
        double const rank = static_cast<double>(2 * values.size() - end - begin + 1) / 2;
        for (std::size_t i = begin; i < end; ++i)
            ranks[order.rows[i]] = rank;
        begin = end;
    }
    return ranks;
}

double quantile(std::span<double const> values, double p)
{
    ABLATRIX_EXPECT(p >= 0 && p <= 1);
    if (values.empty()) return nan;
    bool const has_nan = std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
    ABLATRIX_VALIDATE(!has_nan, "cannot take a quantile of NaN values. Remove them first");
    std::vector<double> sorted(values.begin(), values.end());
    double const h = static_cast<double>(sorted.size() - 1) * p;
    auto const below = static_cast<std::size_t>(h);
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(below), sorted.end());
    double const low = sorted[below];
    if (below + 1 == sorted.size()) return low;
    double const high = *std::min_element(sorted.begin() + static_cast<std::ptrdiff_t>(below) + 1, sorted.end());
    return low + (h - static_cast<double>(below)) * (high - low);
}

}  // namespace ablatrix::stats
