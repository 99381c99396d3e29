#include <ablatrix/stats/thresholds.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>

namespace ablatrix::stats {
namespace {

std::vector<double> const margin = {3.2, 2.5, -1, 4, -2.2, .8, -3.5, 1.5, -.6, 2};
std::vector<std::uint8_t> const label = {1, 1, 1, 1, 0, 0, 0, 0, 0, 1};

double brier_at(double temperature)
{
    std::vector<double> p;
    for (double const d : margin)
        p.push_back(1 / (1 + std::exp(-d / temperature)));
    return brier(p, label);
}

TEST(TemperatureScaling, two_classes_agree_with_scipy)  // K1
{
    Temperature const t = fit_temperature(margin, label);
    EXPECT_EQ(t.status, TemperatureStatus::ok);
    EXPECT_NEAR(t.value, 1.4580140655, 1e-8);
    EXPECT_NEAR(t.nll_before, .5022018326, 1e-10);
    EXPECT_NEAR(t.nll_after, .4787394762, 1e-10);
    EXPECT_NEAR(brier_at(1), .1837129532, 1e-10);
    EXPECT_NEAR(brier_at(t.value), .1663195842, 1e-8);
    EXPECT_LE(t.steps, 8);
}

TEST(TemperatureScaling, three_classes_agree_with_scipy)  // K1
{
    std::vector<double> const logits = {2, .5, -1, .2, 1.5, .3, -.5, .1, 2.2, 1, .9, -.2, 0, 2, 1.5, 1.2, -.3, .4};
    std::vector<std::int32_t> const truth = {0, 1, 2, 1, 2, 0};
    Temperature const t = fit_temperature(logits, truth, 3);
    EXPECT_NEAR(t.value, .4484947, 5e-8);
    EXPECT_NEAR(t.nll_before, .5548122985, 1e-10);
    EXPECT_NEAR(t.nll_after, .4341577646, 1e-10);
}

TEST(TemperatureScaling, what_cannot_be_fitted_keeps_temperature_one)
{
    std::vector<double> const d = {1, 2, -1, -2};
    auto const status = [&](std::vector<double> const& z, std::vector<std::uint8_t> const& y) {
        Temperature const t = fit_temperature(z, y);
        EXPECT_TRUE(t.fitted() || t.value == 1);
        return t.status;
    };
    EXPECT_EQ(status(d, {1, 1, 0, 0}), TemperatureStatus::at_lower_bound);
    EXPECT_EQ(status(d, {0, 0, 1, 1}), TemperatureStatus::at_upper_bound);
    EXPECT_EQ(status({0, 0}, {0, 1}), TemperatureStatus::flat);
    EXPECT_EQ(status(d, {1, 1, 1, 1}), TemperatureStatus::one_class);
    EXPECT_EQ(status({1, 2, -1, .5}, {1, 1, 1, 0}), TemperatureStatus::few_per_class);
    EXPECT_EQ(status({900, 800, -850, -700, 1}, {1, 1, 0, 0, 0}), TemperatureStatus::at_upper_bound);
}

TEST(TemperatureScaling, refuses_test_rows_and_bad_input)
{
    std::vector<std::uint8_t> test(margin.size(), 0);
    EXPECT_NO_THROW(fit_temperature(margin, label, test));
    test[3] = 1;
    EXPECT_THROW(fit_temperature(margin, label, test), Error);
    EXPECT_THROW(choose_threshold(margin, label, ThresholdGoal::f1, test), Error);
    EXPECT_THROW(fit_temperature(std::vector<double>{1, std::nan("")}, std::vector<std::uint8_t>{0, 1}), Error);
    EXPECT_THROW(fit_temperature(std::vector<double>{1, 2}, std::vector<std::int32_t>{2}, 2), Error);
}

TEST(ThresholdChoice, agrees_with_enumeration)  // K1
{
    Threshold const t = choose_threshold(margin, label);
    EXPECT_NEAR(t.value, 1.75, 1e-12);
    EXPECT_NEAR(t.goal, .9, 1e-12);
    EXPECT_NEAR(choose_threshold(margin, label, ThresholdGoal::accuracy).goal, .9, 1e-12);
    EXPECT_NEAR(choose_threshold(margin, label, ThresholdGoal::f1).goal, 8.0 / 9, 1e-12);
}

TEST(ThresholdChoice, takes_the_widest_gap_among_equals)
{
    // Balanced accuracy .75 between 1 and 2 and between 3 and 5; the second gap is wider.
    std::vector<double> const s = {1, 2, 3, 5};
    EXPECT_EQ(choose_threshold(s, std::vector<std::uint8_t>{0, 1, 0, 1}).value, 4);
    // Equal gaps: the one nearest 0.
    std::vector<double> const even = {-1, 0, 1, 2};
    EXPECT_EQ(choose_threshold(even, std::vector<std::uint8_t>{0, 1, 0, 1}).value, -.5);
    // Upside down, everything is as good as nothing: no finite threshold reaches one half.
    std::vector<double> const down = {1, 2};
    EXPECT_TRUE(std::isinf(choose_threshold(down, std::vector<std::uint8_t>{1, 0}).value));
    EXPECT_EQ(choose_threshold(down, std::vector<std::uint8_t>{1, 1}).status, Status::undefined);
}

}  // namespace
}  // namespace ablatrix::stats
