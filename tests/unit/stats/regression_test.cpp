#include <ablatrix/stats/regression.hpp>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

std::vector<double> const y = {1, 2, 3, 4, 5};

TEST(Regression, r_squared_agrees_with_scikit_learn)  // M9
{
    EXPECT_NEAR(r_squared(y, std::vector<double>{1.1, 1.9, 3.2, 3.8, 5.1}), .989, tolerance);
    EXPECT_NEAR(r_squared(y, std::vector<double>{4, 5, 6, 7, 8}), -3.5, tolerance);
    EXPECT_NEAR(r_squared(y, std::vector<double>{5, 4, 3, 2, 1}), -3, tolerance);
    EXPECT_NEAR(r_squared(y, std::vector<double>(5, 4)), -.5, tolerance);
    EXPECT_NEAR(r_squared(y, std::vector<double>{.2, .4, .6, .8, 1}), -2.52, tolerance);
}

TEST(Regression, parts_name_the_cause)
{
    RSquaredParts const offset = r_squared_parts(y, std::vector<double>{4, 5, 6, 7, 8});
    EXPECT_NEAR(offset.debiased, 1, tolerance);
    EXPECT_NEAR(offset.bias, 3, tolerance);
    RSquaredParts const flipped = r_squared_parts(y, std::vector<double>{5, 4, 3, 2, 1});
    EXPECT_NEAR(flipped.correlation, -1, tolerance);
    EXPECT_NEAR(flipped.spread_ratio, 1, tolerance);
    RSquaredParts const shrunk = r_squared_parts(y, std::vector<double>{.2, .4, .6, .8, 1});
    EXPECT_NEAR(shrunk.debiased, .36, tolerance);
    EXPECT_NEAR(shrunk.spread_ratio, .2, tolerance);
    RSquaredParts const constant = r_squared_parts(y, std::vector<double>(5, 4));
    EXPECT_EQ(constant.spread_ratio, 0);
    EXPECT_TRUE(std::isnan(constant.correlation));
    // R^2 = 2 r k - k^2 - (bias / sd)^2
    for (RSquaredParts const& p : {offset, flipped, shrunk}) {
        double const shift = p.bias / p.sd_truth;
        EXPECT_NEAR(p.r_squared, 2 * p.correlation * p.spread_ratio - p.spread_ratio * p.spread_ratio - shift * shift,
                    tolerance);
    }
}

TEST(Regression, errors_are_in_units_of_the_truth)
{
    std::vector<double> const predicted = {1, 2, 3, 4, 9};
    EXPECT_NEAR(mean_absolute_error(y, predicted), .8, tolerance);
    EXPECT_NEAR(root_mean_squared_error(y, predicted), std::sqrt(16.0 / 5), tolerance);
    EXPECT_EQ(median_absolute_error(y, predicted), 0);
    EXPECT_TRUE(std::isnan(mean_absolute_error({}, {})));
    EXPECT_TRUE(std::isnan(r_squared(std::vector<double>(3, 2), std::vector<double>{1, 2, 3})));
    EXPECT_TRUE(std::isnan(r_squared(std::vector<double>{1}, std::vector<double>{1})));
    EXPECT_THROW(r_squared(y, std::vector<double>(4, 1)), Error);
    EXPECT_THROW(r_squared(std::vector<double>{1, std::nan("")}, std::vector<double>{1, 2}), Error);
}

}  // namespace
}  // namespace ablatrix::stats
