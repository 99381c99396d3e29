#include <ablatrix/stats/delong.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

using testing::Binary;
using testing::d12;
using testing::d200;

constexpr double tolerance = 1e-10;

DeLong of_two(Binary const& d, bool grouped = false)
{
    std::vector<std::span<double const>> const columns = {d.a, d.b};
    return delong(columns, d.y, grouped ? std::span<std::int32_t const>(d.group) : std::span<std::int32_t const>());
}

TEST(DeLong, d12_agrees_with_pROC)  // L1
{
    DeLong const result = of_two(d12());
    EXPECT_NEAR(result.variance(0), .0295238095, tolerance);
    EXPECT_NEAR(result.variance(1), .0085714286, tolerance);
    EXPECT_NEAR(result.covariance[1], .0036734694, tolerance);
    EXPECT_NEAR(delong_test(result, 0, 1).statistic, -1.3035010718, tolerance);
    EXPECT_NEAR(delong_test(result, 0, 1).p, .1924037507, tolerance);
}

TEST(DeLong, d200_agrees_with_pROC)  // L2
{
    DeLong const result = of_two(d200());
    EXPECT_NEAR(result.variance(0), .00147279983, 5e-12);
    EXPECT_NEAR(result.variance(1), .00195859727, 5e-12);
    EXPECT_NEAR(result.covariance[1], 9.75102145e-5, 5e-14);
    EXPECT_NEAR(delong_test(result, 0, 1).statistic, 1.7166055506, tolerance);
    EXPECT_NEAR(delong_test(result, 0, 1).p, .0860512676, tolerance);
    Estimate const interval = delong_interval(result, 0);
    EXPECT_NEAR(interval.value, .8253125, tolerance);
    EXPECT_NEAR(interval.low, .7371176225, tolerance);
    EXPECT_NEAR(interval.high, .8883985186, tolerance);
    EXPECT_NEAR(delong_test_unpaired(result, 0, result, 1).p, .0954923, 5e-8);
    EXPECT_EQ(result.status, Status::ok);
}

TEST(DeLong, grouped_standard_errors_agree)  // L3
{
    DeLong const result = of_two(d200(), true);
    EXPECT_NEAR(std::sqrt(result.variance(0)), .0393431493, tolerance);
    EXPECT_NEAR(delong_difference(result, 0, 1).standard_error, .0662353807, tolerance);
    EXPECT_NEAR(delong_test(result, 0, 1).p, .1403787803, tolerance);
}

TEST(DeLong, swapping_the_arms_negates_the_difference)
{
    DeLong const result = of_two(d200());
    EXPECT_EQ(delong_test(result, 0, 1).p, delong_test(result, 1, 0).p);
    EXPECT_EQ(delong_difference(result, 0, 1).low, -delong_difference(result, 1, 0).high);
}

TEST(DeLong, omnibus_of_two_columns_is_the_squared_z)
{
    DeLong const result = of_two(d200());
    double const z = delong_test(result, 0, 1).statistic;
    stats::Test const omnibus = delong_omnibus(result);
    EXPECT_NEAR(omnibus.statistic, z * z, 1e-9);
    EXPECT_NEAR(omnibus.p, delong_test(result, 0, 1).p, tolerance);
}

TEST(DeLong, omnibus_of_repeated_columns_is_degenerate)
{
    Binary const d = d200();
    std::vector<std::span<double const>> const columns = {d.a, d.b, d.b};
    EXPECT_EQ(delong_omnibus(delong(columns, d.y)).status, Status::degenerate);
    std::vector<std::span<double const>> const distinct = {d.a, d.b, d.c};
    stats::Test const test = delong_omnibus(delong(distinct, d.y));
    EXPECT_EQ(test.df, 2);
    EXPECT_GT(test.statistic, std::pow(delong_test(delong(distinct, d.y), 0, 1).statistic, 2));
}

TEST(DeLong, perfect_separation_gives_a_one_sided_bound)
{
    std::vector<double> const scores = {9, 8, 7, 6, 5, 4, 3, 2, .5, .4, .3, .2, .1, .0, -1, -2, -3};
    std::vector<std::uint8_t> positive(17, 0);
    for (std::size_t i = 0; i < 8; ++i)
        positive[i] = 1;
    std::vector<std::span<double const>> const columns = {scores, scores};
    DeLong const result = delong(columns, positive);
    Estimate const interval = delong_interval(result, 0);
    EXPECT_NEAR(interval.low, .631, 5e-4);  // .025^(1/8)
    EXPECT_EQ(interval.high, 1);
    EXPECT_EQ(interval.status, Status::degenerate);
    EXPECT_EQ(interval.note, "perfect_separation");
    EXPECT_EQ(delong_test(result, 0, 1).p, 1);  // equal columns, no variance
}

TEST(DeLong, one_positive_is_undefined_and_few_groups_not_reliable)
{
    std::vector<double> const scores = {1, 2, 3, 4};
    std::vector<std::span<double const>> const columns = {scores};
    DeLong const one = delong(columns, std::vector<std::uint8_t>{0, 0, 0, 1});
    EXPECT_EQ(one.status, Status::undefined);
    EXPECT_EQ(delong_interval(one, 0).status, Status::undefined);
    EXPECT_EQ(delong_interval(one, 0).value, 1);
    std::vector<std::uint8_t> const half = {0, 1, 0, 1};
    EXPECT_EQ(delong(columns, half, std::vector<std::int32_t>{0, 1, 2, 3}).status, Status::not_reliable);
    EXPECT_THROW(delong(columns, half, std::vector<std::int32_t>{0, 0, 2, 3}), Error);
}

}  // namespace
}  // namespace ablatrix::stats
