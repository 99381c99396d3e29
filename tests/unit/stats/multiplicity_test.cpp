#include <ablatrix/stats/multiplicity.hpp>

#include <cmath>
#include <vector>

#include <gmock/gmock.h>

namespace ablatrix::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;

MATCHER_P(AreNear, expected, "")
{
    return ::testing::ExplainMatchResult(Pointwise(::testing::DoubleNear(1e-12), expected), arg, result_listener);
}

std::vector<double> const p = {.010, .040, .030, .005, .200};

TEST(Multiplicity, agrees_with_statsmodels)  // H1
{
    EXPECT_THAT(adjust(p, Adjustment::holm), AreNear(std::vector<double>{.04, .09, .09, .025, .2}));
    EXPECT_THAT(adjust(p, Adjustment::hochberg), AreNear(std::vector<double>{.04, .08, .08, .025, .2}));
    EXPECT_THAT(adjust(p, Adjustment::benjamini_hochberg), AreNear(std::vector<double>{.025, .05, .05, .025, .2}));
    EXPECT_THAT(adjust(p, Adjustment::none), AreNear(p));
}

TEST(Multiplicity, ties_get_equal_values)  // H1
{
    std::vector<double> const tied(3, .04);
    EXPECT_THAT(adjust(tied, Adjustment::holm), AreNear(std::vector<double>(3, .12)));
    EXPECT_THAT(adjust(tied, Adjustment::hochberg), AreNear(std::vector<double>(3, .04)));
    EXPECT_THAT(adjust(tied, Adjustment::benjamini_hochberg), AreNear(std::vector<double>(3, .04)));
}

TEST(Multiplicity, a_missing_test_still_counts)
{
    std::vector<double> const adjusted = adjust(std::vector<double>{.01, std::nan(""), .02}, Adjustment::holm);
    EXPECT_NEAR(adjusted[0], .03, 1e-15);
    EXPECT_TRUE(std::isnan(adjusted[1]));
    EXPECT_NEAR(adjusted[2], .04, 1e-15);
}

TEST(Multiplicity, the_best_attainable_value_shows_hopeless_tests)  // gate table: Holm with p_min 2^-7, 2^-4, ...
{
    std::vector<double> const observed = {.0703125, .0625, .001, .02};
    std::vector<double> const least = {std::ldexp(1, -7), std::ldexp(1, -4), std::ldexp(1, -10), std::ldexp(1, -8)};
    EXPECT_THAT(adjust(observed, Adjustment::holm), AreNear(std::vector<double>{.125, .125, .004, .06}));
    EXPECT_THAT(adjusted_minimum(observed, least, Adjustment::holm),
                AreNear(std::vector<double>{.0234375, .125, .00390625, .01171875}));
}

}  // namespace
}  // namespace ablatrix::stats
