#include "detail/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats::detail {

bool all_finite(std::span<double const> values)
{
    return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

double equality_tolerance(double value)
{
    return 1e-12 * std::max(1.0, std::abs(value));
}

bool all_equal(std::span<double const> values)
{
    if (values.empty()) return true;
    auto const [least, most] = std::minmax_element(values.begin(), values.end());
    return *most - *least <= equality_tolerance(std::max(std::abs(*least), std::abs(*most)));
}

std::vector<double> without_rounding(std::span<double const> values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> clean(values.begin(), values.end());
    for (double& value : clean) {
        if (std::abs(value) <= equality_tolerance(0)) value = 0;
    }
    for (std::size_t i = 1; i < order.size(); ++i) {
        double const lower = clean[order[i - 1]];
        double& value = clean[order[i]];
        if (value - lower <= equality_tolerance(lower)) value = lower;
    }
    return clean;
}

void check_scores(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    ABLATRIX_VALIDATE(scores.size() == positive.size(), std::to_string(scores.size()) + " scores for " +
                                                            std::to_string(positive.size()) +
                                                            " labels. Join scores and labels by item first");
    auto const bad = std::find_if(scores.begin(), scores.end(), [](double v) { return !std::isfinite(v); });
    ABLATRIX_VALIDATE(bad == scores.end(), "a score is NaN or infinite (item " + std::to_string(bad - scores.begin()) +
                                               "). Fix the method that made it");
    auto const label = std::find_if(positive.begin(), positive.end(), [](std::uint8_t y) { return y > 1; });
    ABLATRIX_VALIDATE(label == positive.end(), "a label is neither 0 nor 1 (item " +
                                                   std::to_string(label - positive.begin()) +
                                                   "). Ranking metrics need one positive class");
}

TieOrder order_descending(std::span<double const> scores)
{
    TieOrder order;
    order.rows.resize(scores.size());
    std::iota(order.rows.begin(), order.rows.end(), 0U);
    std::sort(order.rows.begin(), order.rows.end(),
              [&](std::uint32_t a, std::uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    for (std::size_t i = 0; i < order.rows.size(); ++i) {
        bool const last = i + 1 == order.rows.size() || scores[order.rows[i]] != scores[order.rows[i + 1]];
        if (last) order.group_end.push_back(static_cast<std::uint32_t>(i + 1));
    }
    return order;
}

namespace {

/// Calls visit(begin, end, p, q) for each tie group, rows[begin, end), by descending score.
template <typename Visit>
void for_each_group(TieOrder const& order, std::span<std::uint8_t const> positive, Visit const& visit)
{
    std::size_t begin = 0;
    for (std::size_t const end : order.group_end) {
        std::int64_t p = 0;
        for (std::size_t i = begin; i < end; ++i)
            p += positive[order.rows[i]];
        visit(begin, end, p, static_cast<std::int64_t>(end - begin) - p);
        begin = end;
    }
}

}  // namespace

Placements placements(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    check_scores(scores, positive);
    Placements result;
    for (std::uint8_t const y : positive)
        result.positives += y;
    result.negatives = static_cast<std::int64_t>(positive.size()) - result.positives;
    result.twice.resize(scores.size());
    TieOrder const order = order_descending(scores);
    std::int64_t true_positives = 0;
    std::int64_t false_positives = 0;
    for_each_group(order, positive, [&](std::size_t begin, std::size_t end, std::int64_t p, std::int64_t q) {
        std::int64_t const of_negative = 2 * true_positives + p;
        std::int64_t const of_positive = 2 * (result.negatives - false_positives - q) + q;
        for (std::size_t i = begin; i < end; ++i) {
            std::uint32_t const row = order.rows[i];
            result.twice[row] = positive[row] != 0 ? of_positive : of_negative;
        }
        result.twice_u += q * of_negative;
        true_positives += p;
        false_positives += q;
    });
    return result;
}

std::vector<double> auroc_influence(Placements const& places, std::span<std::uint8_t const> positive)
{
    double const theta = places.theta();
    auto const P = static_cast<double>(places.positives);
    auto const N = static_cast<double>(places.negatives);
    std::vector<double> influence(positive.size());
    for (std::size_t i = 0; i < positive.size(); ++i) {
        auto const twice = static_cast<double>(places.twice[i]);
        influence[i] = positive[i] != 0 ? (twice / (2 * N) - theta) / P : (twice / (2 * P) - theta) / N;
    }
    return influence;
}

std::vector<double> auroc_left_out(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    Placements const places = placements(scores, positive);
    auto const P = static_cast<double>(places.positives);
    auto const N = static_cast<double>(places.negatives);
    std::vector<double> values(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        auto const rest = static_cast<double>(places.twice_u - places.twice[i]);
        double const pairs = positive[i] != 0 ? (P - 1) * N : P * (N - 1);
        values[i] = pairs > 0 ? rest / (2 * pairs) : std::numeric_limits<double>::quiet_NaN();
    }
    return values;
}

std::vector<double> average_precision_left_out(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    check_scores(scores, positive);
    // Per group g: p TP/C as it is; TP/(C-1) once a negative before or in g is gone; (TP-1)/(C-1) once a positive is.
    struct Group
    {
        double p, tp, c;
        double before;         // sum of p TP/C over the groups above
        double less_negative;  // sum of p TP/(C-1) from this group on
        double less_positive;  // sum of p (TP-1)/(C-1) over the groups below
    };
    TieOrder const order = order_descending(scores);
    std::vector<Group> groups;
    double tp = 0;
    double c = 0;
    double before = 0;
    for_each_group(order, positive, [&](std::size_t, std::size_t, std::int64_t p, std::int64_t q) {
        auto const here = static_cast<double>(p);
        tp += here;
        c += static_cast<double>(p + q);
        groups.push_back({here, tp, c, before, 0, 0});
        before += here * tp / c;
    });
    double less_negative = 0;
    double less_positive = 0;
    for (std::size_t g = groups.size(); g-- > 0;) {
        Group& group = groups[g];
        group.less_positive = less_positive;
        if (group.p > 0 && group.c > 1) {
            less_negative += group.p * group.tp / (group.c - 1);
            less_positive += group.p * (group.tp - 1) / (group.c - 1);
        }
        group.less_negative = less_negative;
    }
    double const P = tp;
    std::vector<double> values(scores.size(), std::numeric_limits<double>::quiet_NaN());
    std::size_t begin = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        Group const& group = groups[g];
        double const own = group.c > 1 ? (group.p - 1) * (group.tp - 1) / (group.c - 1) : 0;
        for (std::size_t i = begin; i < order.group_end[g]; ++i) {
            std::uint32_t const row = order.rows[i];
            if (positive[row] == 0 && P > 0) values[row] = (group.before + group.less_negative) / P;
            if (positive[row] != 0 && P > 1) values[row] = (group.before + own + group.less_positive) / (P - 1);
        }
        begin = order.group_end[g];
    }
    return values;
}

}  // namespace ablatrix::stats::detail
