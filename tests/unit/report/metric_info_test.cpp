#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "src/report/detail/metric_info.hpp"

namespace ablatrix::report::detail {
namespace {

TEST(MetricInfo, losses_and_calibration_errors_are_better_when_lower)
{
    for (char const* const name : {"log_loss", "brier", "ece", "mce", "mae", "rmse"})
        EXPECT_EQ(metric_info(name).goal, Goal::lower) << name;
    for (char const* const name : {"auroc", "accuracy", "f1_at_0.05", "r2", "a_metric_of_tomorrow"})
        EXPECT_EQ(metric_info(name).goal, Goal::higher) << name;
    EXPECT_EQ(metric_info("ece_null").goal, Goal::none);
}

TEST(MetricInfo, merit_grows_as_a_value_gets_better)
{
    EXPECT_GT(merit("brier", 0.1), merit("brier", 0.2));
    EXPECT_GT(merit("accuracy", 0.2), merit("accuracy", 0.1));
    EXPECT_TRUE(std::isnan(merit("ece", std::numeric_limits<double>::quiet_NaN())));
}

TEST(MetricInfo, knows_the_limits_of_values)
{
    EXPECT_EQ(metric_info("tnr_at_95").lowest, 0);
    EXPECT_EQ(metric_info("tnr_at_95").highest, 1);
    EXPECT_EQ(metric_info("brier").highest, 2);
    EXPECT_EQ(metric_info("log_loss").lowest, 0);
    EXPECT_TRUE(std::isinf(metric_info("log_loss").highest));
    EXPECT_EQ(metric_info("r2").highest, 1);
    EXPECT_TRUE(std::isinf(metric_info("unknown").lowest));
}

}  // namespace
}  // namespace ablatrix::report::detail
