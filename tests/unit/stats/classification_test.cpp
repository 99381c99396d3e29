#include <ablatrix/stats/classification.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

TEST(Classification, d12_probabilities_agree_with_scikit_learn)  // M6
{
    testing::Binary const d = testing::d12();
    std::vector<std::int32_t> const truth(d.y.begin(), d.y.end());
    std::vector<std::int32_t> predicted;
    for (double const p : d.a)
        predicted.push_back(p > .5 ? 1 : 0);
    EXPECT_NEAR(accuracy(truth, predicted), .5833333333, tolerance);
    EXPECT_NEAR(balanced_accuracy(truth, predicted, 2), .5857142857, tolerance);
    EXPECT_NEAR(f1(truth, predicted), .5454545455, tolerance);
    EXPECT_NEAR(macro_f1(truth, predicted, 2), .5804195804, tolerance);
    EXPECT_NEAR(brier(d.a, d.y), .24, tolerance);
    EXPECT_NEAR(log_loss(d.a, d.y).value, .6648340591, tolerance);
    EXPECT_EQ(log_loss(d.a, d.y).clipped, 0);
}

TEST(Classification, three_classes_agree_with_scikit_learn)  // M8
{
    std::vector<std::int32_t> const truth = {0, 0, 1, 1, 2, 2, 2};
    std::vector<std::int32_t> const predicted = {0, 1, 1, 1, 2, 0, 2};
    EXPECT_NEAR(accuracy(truth, predicted), .7142857143, tolerance);
    EXPECT_NEAR(balanced_accuracy(truth, predicted, 3), .7222222222, tolerance);
    EXPECT_NEAR(macro_f1(truth, predicted, 3), .7, tolerance);
    EXPECT_NEAR(recall(truth, predicted, 2), 2.0 / 3, tolerance);
}

TEST(Classification, an_absent_class_is_undefined_not_dropped)
{
    std::vector<std::int32_t> const truth = {0, 0, 1};
    EXPECT_TRUE(std::isnan(balanced_accuracy(truth, truth, 3)));
    EXPECT_TRUE(std::isnan(f1(truth, truth, 2)));
    EXPECT_TRUE(std::isnan(accuracy({}, {})));
}

TEST(Classification, logits_and_probabilities_give_one_log_loss)
{
    std::vector<double> const logits = {2, .5, -1, .2, 1.5, .3};
    std::vector<std::int32_t> const truth = {0, 2};
    std::vector<double> probability;
    for (std::size_t i = 0; i < 2; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < 3; ++c)
            sum += std::exp(logits[3 * i + c]);
        for (std::size_t c = 0; c < 3; ++c)
            probability.push_back(std::exp(logits[3 * i + c]) / sum);
    }
    EXPECT_NEAR(log_loss_of_logits(logits, truth, 3), log_loss(probability, truth, 3).value, 1e-14);
    // Logits too large for exp: log-sum-exp gives 2000 + log(1 + e^-2000) - 0.
    EXPECT_DOUBLE_EQ(log_loss_of_logits(std::vector<double>{2000, 0}, std::vector<std::int32_t>{1}, 2), 2000);
}

TEST(Classification, sure_and_wrong_is_clipped_and_counted)
{
    LogLoss const loss = log_loss(std::vector<double>{0, 1}, std::vector<std::uint8_t>{1, 1});
    EXPECT_EQ(loss.clipped, 2);
    EXPECT_NEAR(loss.value, 26 * std::log(2.0), 1e-12);  // half of -log 2^-52
}

TEST(Classification, multi_class_brier_counts_every_class)
{
    // (.7-1)^2 + .2^2 + .1^2 = .14
    EXPECT_NEAR(brier(std::vector<double>{.7, .2, .1}, std::vector<std::int32_t>{0}, 3), .14, 1e-15);
}

TEST(Classification, bad_input_is_an_error)
{
    EXPECT_THROW(brier(std::vector<double>{1.5}, std::vector<std::uint8_t>{1}), Error);
    EXPECT_THROW(log_loss(std::vector<double>{std::nan("")}, std::vector<std::uint8_t>{1}), Error);
    EXPECT_THROW(log_loss(std::vector<double>{.5, .5}, std::vector<std::int32_t>{2}, 2), Error);
    EXPECT_THROW(accuracy(std::vector<std::int32_t>{1}, std::vector<std::int32_t>{1, 2}), Error);
}

TEST(Wilson, agrees_with_published_values)  // B10 and the gate table
{
    Estimate const e = wilson(146, 200);
    EXPECT_NEAR(e.low, .6645656480, tolerance);
    EXPECT_NEAR(e.high, .7867655019, tolerance);
    EXPECT_NEAR(wilson(4, 8).low, .2152161, 5e-8);
    EXPECT_NEAR(wilson(4, 8).high, .7847839, 5e-8);
    EXPECT_NEAR(wilson(16, 16).low, .8063923, 5e-8);
    EXPECT_EQ(wilson(16, 16).high, 1);
    EXPECT_EQ(wilson(0, 9).low, 0);
    EXPECT_EQ(wilson(0, 0).status, Status::undefined);
}

TEST(ClopperPearson, agrees_with_beta_quantiles)
{
    // 0 of n: high = 1 - (alpha/2)^(1/n); n of n is its mirror image.
    EXPECT_NEAR(clopper_pearson(0, 10).high, 1 - std::pow(.025, .1), 1e-12);
    EXPECT_NEAR(clopper_pearson(10, 10).low, std::pow(.025, .1), 1e-12);
    // scipy.stats.binomtest(7, 20).proportion_ci(): .1539092, .5921885
    EXPECT_NEAR(clopper_pearson(7, 20).low, .1539092, 5e-8);
    EXPECT_NEAR(clopper_pearson(7, 20).high, .5921885, 5e-8);
}

}  // namespace
}  // namespace ablatrix::stats
