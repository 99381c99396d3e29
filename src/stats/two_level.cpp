#include <ablatrix/stats/two_level.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

/// A [seed x item] table with its margins.
struct Table
{
    std::span<double const> cells;
    std::size_t seeds;
    std::size_t items;
    std::vector<double> seed_mean, item_mean;
    double mean = 0;

    Table(std::span<double const> values, std::size_t n_seeds)
        : cells(values), seeds(n_seeds), items(n_seeds == 0 ? 0 : values.size() / n_seeds)
    {
        ABLATRIX_VALIDATE(n_seeds > 0 && items > 0 && values.size() == n_seeds * items,
                          std::to_string(values.size()) + " contributions do not make " + std::to_string(n_seeds) +
                              " seeds of equal items. A crossed design needs every item in every seed");
        ABLATRIX_VALIDATE(detail::all_finite(values), "a contribution is NaN or infinite. Leave that seed out");
        seed_mean.assign(seeds, 0.0);
        item_mean.assign(items, 0.0);
        for (std::size_t s = 0; s < seeds; ++s) {
            for (std::size_t i = 0; i < items; ++i) {
                double const x = cells[s * items + i];
                seed_mean[s] += x;
                item_mean[i] += x;
            }
        }
        for (double& value : seed_mean)
            value /= static_cast<double>(items);
        for (double& value : item_mean)
            value /= static_cast<double>(seeds);
        for (double const value : seed_mean)
            mean += value;
        mean /= static_cast<double>(seeds);
    }
};

/// Sample variance (ddof 1) of the mean of \p values around their \p mean.
double variance_of_mean(std::span<double const> values, double mean)
{
    auto const n = static_cast<double>(values.size());
    double squares = 0;
    for (double const v : values)
        squares += (v - mean) * (v - mean);
    return squares / ((n - 1) * n);
}

double cell_variance(Table const& table)
{
    double squares = 0;
    for (std::size_t s = 0; s < table.seeds; ++s) {
        for (std::size_t i = 0; i < table.items; ++i) {
            double const e = table.cells[s * table.items + i] - table.item_mean[i] - table.seed_mean[s] + table.mean;
            squares += e * e;
        }
    }
    auto const n = static_cast<double>(table.items);
    auto const S = static_cast<double>(table.seeds);
    return squares / ((n - 1) * (S - 1) * n * S);
}

struct Items
{
    double variance;
    double units;  // items or groups
};

Items item_variance(std::span<double const> item_mean, double mean, std::span<std::int32_t const> group)
{
    if (group.empty()) return {variance_of_mean(item_mean, mean), static_cast<double>(item_mean.size())};
    ABLATRIX_VALIDATE(group.size() == item_mean.size(), "groups and items differ in number");
    std::map<std::int32_t, double> sums;
    for (std::size_t i = 0; i < group.size(); ++i)
        sums[group[i]] += item_mean[i] - mean;
    auto const n = static_cast<double>(item_mean.size());
    auto const G = static_cast<double>(sums.size());
    double squares = 0;
    for (auto const& [code, sum] : sums)
        squares += (sum / n) * (sum / n);
    return {G / (G - 1) * squares, G};
}

/// Satterthwaite's share of one variance: v^2 / df, nothing when it has no variance.
double share(double variance, double df)
{
    return variance == 0 ? 0 : variance * variance / df;
}

TwoLevel finish(TwoLevel result, double squared_error, double df_denominator, double level)
{
    Estimate& estimate = result.estimate;
    Test& test = result.test;
    // Rounding leaves a trace where every contribution is equal; it is not a spread.
    double const scale = std::max(1.0, std::abs(estimate.value));
    if (!(squared_error > 1e-28 * scale * scale)) {
        estimate.status = Status::degenerate;
        estimate.note = "no_variance";
        bool const same = std::abs(estimate.value) <= detail::equality_tolerance(0);
        test.status = same ? Status::ok : Status::degenerate;
        if (same) test.p = 1;
        test.note = estimate.note;
        return result;
    }
    double const se = std::sqrt(squared_error);
    double const df = std::max(1.0, squared_error * squared_error / df_denominator);
    double const half = detail::student_two_sided(level, df) * se;
    estimate.standard_error = se;
    estimate.low = estimate.value - half;
    estimate.high = estimate.value + half;
    estimate.status = Status::ok;
    test.statistic = estimate.value / se;
    test.df = df;
    test.p = detail::student_p(test.statistic, df);
    test.status = Status::ok;
    return result;
}

void judge_groups(TwoLevel& result, double groups)
{
    if (groups >= 10) return;
    for (std::string* note : {&result.estimate.note, &result.test.note})
        add_note(*note, "few_groups");
    if (groups >= 5) return;
    for (Status* status : {&result.estimate.status, &result.test.status}) {
        if (*status == Status::ok) *status = Status::not_reliable;
    }
}

TwoLevel start(double value, double level)
{
    TwoLevel result;
    result.estimate.method = "two_level";
    result.estimate.level = level;
    result.estimate.value = value;
    result.test.method = "two_level";
    return result;
}

TwoLevel refuse(TwoLevel result, char const* note)
{
    result.estimate.note = note;
    result.test.note = note;
    return result;
}

}  // namespace

TwoLevel two_level(std::span<double const> contributions, std::size_t n_seeds, double level,
                   std::span<std::int32_t const> group)
{
    Table const table(contributions, n_seeds);
    TwoLevel result = start(table.mean, level);
    if (table.seeds < 2) return refuse(std::move(result), "one_seed");
    if (table.items < 2) return refuse(std::move(result), "one_item");
    Items const items = item_variance(table.item_mean, table.mean, group);
    if (items.units < 2) return refuse(std::move(result), "one_group");
    auto const S = static_cast<double>(table.seeds);
    result.var_items = items.variance;
    result.var_seeds = variance_of_mean(table.seed_mean, table.mean);
    result.var_cells = group.empty() ? cell_variance(table) : 0;
    double const sum = result.var_items + result.var_seeds - result.var_cells;
    double const squared_error = std::max({sum, result.var_items, result.var_seeds});
    double const denominator = share(result.var_items, items.units - 1) + share(result.var_seeds, S - 1) +
                               share(result.var_cells, (items.units - 1) * (S - 1));
    result = finish(std::move(result), squared_error, denominator, level);
    if (!group.empty()) judge_groups(result, items.units);
    return result;
}

TwoLevel two_level_unshared(std::span<double const> a, std::size_t seeds_a, std::span<double const> b,
                            std::size_t seeds_b, double level, std::span<std::int32_t const> group)
{
    Table const left(a, seeds_a);
    Table const right(b, seeds_b);
    ABLATRIX_VALIDATE(left.items == right.items, "the arms have different numbers of items. Compare shared items only");
    TwoLevel result = start(left.mean - right.mean, level);
    if (left.seeds < 2 || right.seeds < 2) return refuse(std::move(result), "one_seed");
    if (left.items < 2) return refuse(std::move(result), "one_item");
    std::vector<double> difference(left.items);
    for (std::size_t i = 0; i < left.items; ++i)
        difference[i] = left.item_mean[i] - right.item_mean[i];
    Items const items = item_variance(difference, left.mean - right.mean, group);
    if (items.units < 2) return refuse(std::move(result), "one_group");
    double const seeds_of_a = variance_of_mean(left.seed_mean, left.mean);
    double const seeds_of_b = variance_of_mean(right.seed_mean, right.mean);
    result.var_items = items.variance;
    result.var_seeds = seeds_of_a + seeds_of_b;
    result.var_cells = 0;
    double const denominator = share(items.variance, items.units - 1) +
                               share(seeds_of_a, static_cast<double>(left.seeds - 1)) +
                               share(seeds_of_b, static_cast<double>(right.seeds - 1));
    result = finish(std::move(result), result.var_items + result.var_seeds, denominator, level);
    if (!group.empty()) judge_groups(result, items.units);
    return result;
}

std::vector<double> auroc_contributions(std::span<double const> scores, std::span<std::uint8_t const> positive)
{
    detail::Placements const places = detail::placements(scores, positive);
    if (!places.defined()) return {};
    std::vector<double> values = detail::auroc_influence(places, positive);
    double const theta = places.theta();
    auto const n = static_cast<double>(values.size());
    for (double& value : values)
        value = theta + n * value;
    return values;
}

std::vector<double> average_precision_contributions(std::span<double const> scores,
                                                    std::span<std::uint8_t const> positive)
{
    std::vector<double> values = detail::average_precision_left_out(scores, positive);
    if (std::count(positive.begin(), positive.end(), 1) < 2) return {};
    double const theta = Ranking(scores, positive).average_precision();
    auto const n = static_cast<double>(values.size());
    for (double& value : values)
        value = n * theta - (n - 1) * value;
    return values;
}

}  // namespace ablatrix::stats
