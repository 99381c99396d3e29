#include <ablatrix/stats/two_level.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/stats/delong.hpp>
#include <ablatrix/stats/detection.hpp>
#include <ablatrix/stats/paired.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

double mean_of(std::vector<double> const& values)
{
    double sum = 0;
    for (double const v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
}

TEST(TwoLevel, m24_agrees_with_the_worked_values)  // B11
{
    TwoLevel const result = two_level(testing::m24().differences(), 3);
    EXPECT_NEAR(result.estimate.value, .1805555556, tolerance);
    EXPECT_NEAR(std::sqrt(result.var_items), .0940653802, tolerance);
    EXPECT_NEAR(std::sqrt(result.var_seeds), .0367465460, tolerance);
    EXPECT_NEAR(result.var_cells, .0017528851, tolerance);
    EXPECT_NEAR(result.test.df, 17.8648591688, tolerance);
    EXPECT_NEAR(result.estimate.low, -.0171756868, tolerance);
    EXPECT_NEAR(result.estimate.high, .3782867979, tolerance);
    EXPECT_NEAR(result.test.p, .0710415751, tolerance);
    EXPECT_EQ(result.estimate.status, Status::ok);
}

TEST(TwoLevel, swapping_the_arms_negates_the_interval)
{
    std::vector<double> d = testing::m24().differences();
    TwoLevel const left = two_level(d, 3);
    for (double& v : d)
        v = -v;
    TwoLevel const right = two_level(d, 3);
    EXPECT_EQ(left.estimate.low, -right.estimate.high);
    EXPECT_EQ(left.test.p, right.test.p);
}

TEST(TwoLevel, without_item_differences_it_is_the_seed_t_interval)
{
    std::vector<double> const per_seed = {.1, .4, .2, .5};
    std::vector<double> cells;
    for (double const v : per_seed)
        cells.insert(cells.end(), 50, v);
    TwoLevel const result = two_level(cells, 4);
    Estimate const seeds = seed_mean(per_seed);
    EXPECT_NEAR(result.estimate.low, seeds.low, 1e-9);
    EXPECT_NEAR(result.estimate.high, seeds.high, 1e-9);
}

TEST(TwoLevel, groups_of_one_item_give_the_item_variance)
{
    std::vector<double> const d = testing::m24().differences();
    std::vector<std::int32_t> own, shared;
    for (int i = 0; i < 24; ++i)
        own.push_back(i), shared.push_back(i / 12);
    EXPECT_NEAR(two_level(d, 3, .95, own).var_items, two_level(d, 3).var_items, 1e-15);
    EXPECT_EQ(two_level(d, 3, .95, own).var_cells, 0);
    EXPECT_EQ(two_level(d, 3, .95, shared).estimate.status, Status::not_reliable);
    EXPECT_EQ(two_level(d, 3, .95, shared).estimate.note, "few_groups");
}

TEST(TwoLevel, unshared_seeds_add_their_variances)
{
    testing::Arms const m = testing::m24();
    std::vector<double> a, b;
    for (std::size_t s = 0; s < 3; ++s) {
        a.insert(a.end(), m.a[s].begin(), m.a[s].end());
        b.insert(b.end(), m.b[s].begin(), m.b[s].end());
    }
    TwoLevel const result = two_level_unshared(a, 3, b, 3);
    TwoLevel const shared = two_level(m.differences(), 3);
    EXPECT_NEAR(result.estimate.value, shared.estimate.value, 1e-15);
    EXPECT_NEAR(result.var_items, shared.var_items, 1e-15);
    EXPECT_EQ(result.var_cells, 0);
    // Accuracies of the seeds are 19 17 19 and 13 13 16 of 24: s^2 / 3 = (4/3 + 3) / 576 / 3.
    std::vector<double> rates_a, rates_b;
    for (std::size_t s = 0; s < 3; ++s) {
        rates_a.push_back(mean_of({m.a[s].begin(), m.a[s].end()}));
        rates_b.push_back(mean_of({m.b[s].begin(), m.b[s].end()}));
    }
    double const expected = (std::pow(sample_sd(rates_a), 2) + std::pow(sample_sd(rates_b), 2)) / 3;
    EXPECT_NEAR(result.var_seeds, expected, 1e-15);
    EXPECT_NEAR(result.estimate.standard_error, std::sqrt(result.var_items + expected), 1e-15);
}

TEST(TwoLevel, one_seed_is_undefined_and_no_variance_degenerate)
{
    std::vector<double> const one(10, .5);
    EXPECT_EQ(two_level(one, 1).estimate.status, Status::undefined);
    EXPECT_EQ(two_level(one, 1).estimate.note, "one_seed");
    EXPECT_EQ(two_level(one, 2).estimate.status, Status::degenerate);
    EXPECT_TRUE(std::isnan(two_level(one, 2).estimate.low));
    EXPECT_EQ(two_level(std::vector<double>(10, 0.0), 2).test.p, 1);
    EXPECT_THROW(two_level(one, 3), Error);
    EXPECT_THROW(two_level(std::vector<double>{1, std::nan("")}, 2), Error);
}

TEST(Contributions, average_to_the_metric_and_carry_delongs_variance)
{
    testing::Binary const d = testing::d200();
    std::vector<double> const values = auroc_contributions(d.a, d.y);
    EXPECT_NEAR(mean_of(values), auroc(d.a, d.y), 1e-12);
    std::vector<std::span<double const>> const columns = {d.a};
    double squares = 0;
    for (double const v : values)
        squares += std::pow(v - auroc(d.a, d.y), 2);
    double const se = std::sqrt(squares) / 200;
    EXPECT_NEAR(se, std::sqrt(delong(columns, d.y).variance(0)), 5e-4);
}

TEST(Contributions, average_precision_is_a_jackknife)
{
    testing::Binary const d = testing::d12();
    std::vector<double> const values = average_precision_contributions(d.a, d.y);
    double const theta = average_precision(d.a, d.y);
    for (std::size_t i = 0; i < 12; ++i) {
        std::vector<std::uint32_t> weights(12, 1);
        weights[i] = 0;
        double const without = Ranking(d.a, d.y, weights).average_precision();
        EXPECT_NEAR(values[i], 12 * theta - 11 * without, 1e-12);
    }
    EXPECT_TRUE(average_precision_contributions(std::vector<double>{1, 2}, std::vector<std::uint8_t>{1, 0}).empty());
    EXPECT_TRUE(auroc_contributions(std::vector<double>{1, 2}, std::vector<std::uint8_t>{1, 1}).empty());
}

}  // namespace
}  // namespace ablatrix::stats
