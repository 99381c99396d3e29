#include <ablatrix/stats/calibration.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

TEST(Calibration, errors_agree_with_hand_and_scikit_learn)  // M7
{
    testing::Binary const d = testing::d12();
    Confidence const c = confidence_of(d.a, d.y);
    EXPECT_NEAR(calibration_error(c.confidence, c.right).ece, .15, tolerance);
    EXPECT_NEAR(calibration_error(c.confidence, c.right).mce, .3, tolerance);
    EXPECT_NEAR(calibration_error(c.confidence, c.right, {Bins::equal_mass, 4}).ece, .1166666667, tolerance);
    EXPECT_NEAR(calibration_error(d.a, d.y).ece, .2166666667, tolerance);
    EXPECT_NEAR(calibration_error(d.a, d.y, {Bins::equal_mass, 4}).ece, .1833333333, tolerance);
    EXPECT_NEAR(calibration_error(d.a, d.y, {Bins::equal_width, 5}).ece, .15, tolerance);
    // The older definition: bins on p(class 1), outcome = the decision was right.
    EXPECT_NEAR(calibration_error(d.a, c.right, {Bins::half_open, 10}).ece, .30, tolerance);
}

TEST(Calibration, edges_belong_to_the_bin_below)
{
    std::vector<double> const c = {0, .1, .3, .30000000000000004, .7, 1};
    EXPECT_EQ(bin_of(c), (std::vector<int>{0, 0, 2, 3, 6, 9}));
    EXPECT_EQ(bin_of(c, {Bins::half_open, 10}), (std::vector<int>{0, 1, 3, 3, 7, -1}));
    std::vector<double> const ties = {.2, .2, .2, .9};
    EXPECT_EQ(bin_of(ties, {Bins::equal_mass, 2}), (std::vector<int>{0, 0, 0, 1}));  // mid-ranks 2 2 2 4
    EXPECT_THROW(bin_of(std::vector<double>{1.5}), Error);
    EXPECT_THROW(bin_of(std::vector<double>{std::nan("")}), Error);
}

TEST(Calibration, empty_bins_are_kept_in_the_diagram)
{
    testing::Binary const d = testing::d12();
    std::vector<ReliabilityBin> const bins = reliability(d.a, d.y);
    ASSERT_EQ(bins.size(), 10U);
    EXPECT_EQ(bins[1].n, 0);
    EXPECT_TRUE(std::isnan(bins[1].confidence));
    EXPECT_EQ(bins[1].accuracy.status, Status::undefined);
    EXPECT_EQ(bins[7].n, 2);  // the two .8, one positive
    EXPECT_NEAR(bins[7].confidence, .8, tolerance);
    EXPECT_NEAR(bins[7].gap, -.3, tolerance);
    EXPECT_NEAR(bins[7].accuracy.value, .5, tolerance);
    EXPECT_EQ(bins[7].high, .8);
    std::vector<ReliabilityBin> const mass = reliability(d.a, d.y, {Bins::equal_mass, 4});
    EXPECT_EQ(mass[0].low, .1);
    EXPECT_EQ(mass[3].high, .9);
}

/// max(u, 1 - u) for u ~ Beta(5, 2): the 5th smallest of 6 uniforms.
std::vector<double> beta_confidence(std::size_t n)
{
    std::vector<double> c;
    for (std::size_t i = 0; i < n; ++i) {
        base::Stream stream(11, "beta_5_2", i);
        std::vector<double> u;
        for (int k = 0; k < 6; ++k)
            u.push_back(static_cast<double>(stream.below(1U << 30)) / (1U << 30));
        std::sort(u.begin(), u.end());
        c.push_back(std::max(u[4], 1 - u[4]));
    }
    return c;
}

TEST(Calibration, a_calibrated_model_has_an_error_too)
{
    // Published means over random confidences: .146, .073, .036 at n = 24, 100, 400. One set of confidences moves the
    // mean of 1000 outcomes a little; five sets are averaged.
    std::size_t const n[] = {24, 100, 400};
    double const expected[] = {.146, .073, .036};
    for (std::size_t k = 0; k < 3; ++k) {
        std::vector<double> const all = beta_confidence(5 * n[k]);
        double mean = 0;
        for (std::size_t part = 0; part < 5; ++part)
            mean += ece_null(std::span(all).subspan(part * n[k], n[k]), {}, "beta", part) / 5;
        EXPECT_NEAR(mean, expected[k], .06 * expected[k]) << n[k];
    }
    EXPECT_EQ(ece_null(std::vector<double>(5, 1.0)), 0);
}

// The ten items of statistics.md section 8. Of the 1024 sets of outcomes, weighted by their probability, .2828061 have
// an ECE of at least the observed .2027134 (numpy, all sets); 1000 draws miss that by .0142 (standard error).
TEST(Calibration, says_how_often_a_calibrated_model_has_as_large_an_error)
{
    std::vector<double> confidence;
    for (double const d : {3.2, 2.5, -1.0, 4.0, -2.2, .8, -3.5, 1.5, -.6, 2.0})
        confidence.push_back(1 / (1 + std::exp(-std::abs(d))));
    std::vector<std::uint8_t> const right{1, 1, 0, 1, 1, 0, 1, 0, 1, 1};

    Answers const once{confidence, right};
    auto const test = calibration_test({&once, 1});

    EXPECT_NEAR(test.ece, .2027133753, tolerance);
    EXPECT_EQ(test.ece_null, ece_null(confidence));
    EXPECT_NEAR(test.p, .2828061, 4 * .0142);

    // The same answers again are no further evidence.
    std::vector<Answers> const twice(2, once);
    EXPECT_EQ(calibration_test(twice).p, test.p);
}

// Going through all outcomes of five items that two models share: an item's number in [0, 1] makes both right below the
// lower confidence, one right up to the higher, none above (3^5 sets, a Python loop): p = 0.3198947.
TEST(Calibration, seeds_share_the_luck_of_their_items)
{
    std::vector<double> const a{.95, .85, .75, .65, .55}, b{.55, .95, .65, .85, .75};
    std::vector<std::uint8_t> const right_a{1, 0, 1, 1, 0}, right_b{1, 1, 0, 1, 1};
    std::vector<Answers> const seeds{{a, right_a}, {b, right_b}};

    auto const test = calibration_test(seeds);

    EXPECT_NEAR(test.ece, 0.36, tolerance);
    EXPECT_NEAR(test.p, 0.3198947, 4 * 0.0147);
}

TEST(Calibration, certainty_that_is_right_is_calibrated_and_wrong_certainty_is_not)
{
    std::vector<double> const certain(5, 1.0);

    std::vector<std::uint8_t> const ones(5, 1), zeros(5, 0);
    Answers const right{certain, ones}, wrong{certain, zeros}, nothing;

    EXPECT_EQ(calibration_test({&right, 1}).p, 1);
    EXPECT_EQ(calibration_test({&wrong, 1}).p, 1.0 / 1001);
    EXPECT_TRUE(std::isnan(calibration_test({&nothing, 1}).p));
    EXPECT_TRUE(std::isnan(calibration_test({}).p));
}

TEST(Calibration, intervals_come_from_resampled_items)
{
    testing::Binary const d = testing::d12();
    Estimate const e = ece_interval(d.a, d.y, {}, "demo");
    EXPECT_NEAR(e.value, .2166666667, tolerance);
    EXPECT_LT(e.low, e.high);
    EXPECT_GT(e.high, e.value);  // biased upwards
    EXPECT_EQ(e.status, Status::ok);
    // Column t, frame "demo", seed 42 (stream vector R4). Replicate 0 draws items 11 8 8 3 7 0 0 7 0 0 7 2: gaps of
    // 4 x .2, 2 x .5, .2 (.8, positive), 4 x .4 (.6, positive) and .3.
    double const first = (.8 + 1 + .2 + 1.6 + .3) / 12;
    // Replicate 1 draws 7 9 11 0 8 0 2 7 6 11 7 5: 5 x .2, 4 x .4 (positive), .5, .3, .7.
    double const second = (1 + 1.6 + .5 + .3 + .7) / 12;
    Estimate const two = ece_interval(d.b, d.y, {}, "demo", 42, 2);
    EXPECT_EQ(two.status, Status::not_reliable);
    EXPECT_NEAR(two.low + two.high, first + second, tolerance);
    EXPECT_EQ(ece_interval({}, {}).status, Status::undefined);
}

TEST(Calibration, confidence_is_of_the_first_highest_class)
{
    std::vector<double> const p = {.4, .4, .2, .1, .2, .7};
    std::vector<std::int32_t> const truth = {1, 2};
    Confidence const c = confidence_of(p, truth, 3);
    EXPECT_EQ(c.confidence, (std::vector<double>{.4, .7}));
    EXPECT_EQ(c.right, (std::vector<std::uint8_t>{0, 1}));
}

}  // namespace
}  // namespace ablatrix::stats
