#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/baselines/stage_run.hpp"

namespace ablatrix::ecg {
namespace {

double metric(base::Bundle const& found, std::string const& score, std::string const& name)
{
    auto const names = detection_metrics();
    auto const place = std::find(names.begin(), names.end(), name) - names.begin();
    return found.get<double>("metrics/score/" + score)[static_cast<std::size_t>(place)];
}

base::Bundle measure(base::Bundle const& scores, base::Bundle const& labels)
{
    return test::run(detection_metrics_stage(), {}, {{"scores", &scores}, {"labels", &labels}});
}

TEST(DetectionMetrics, have_the_names_of_the_result_file)
{
    EXPECT_EQ(
        detection_metrics(),
        (std::vector<std::string>{"auroc", "auprc", "tnr_at_95", "p_at_0.005", "p_at_0.01", "p_at_0.02", "p_at_0.05",
                                  "p_at_0.1", "r_at_0.005", "r_at_0.01", "r_at_0.02", "r_at_0.05", "r_at_0.1",
                                  "f1_at_0.005", "f1_at_0.01", "f1_at_0.02", "f1_at_0.05", "f1_at_0.1", "p_at_npos"}));
}

// The worked example D12/s of the statistics specification: noisy and clean rows by descending score level.
TEST(DetectionMetrics, agree_with_the_worked_example)
{
    base::Bundle scores;
    scores.put("score/s", std::vector<double>{8, 7, 7, 6, 6, 5, 4, 4, 3, 2, 2, 1});
    auto const labels = test::make_labels({1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0}, std::vector<std::int32_t>(12), 2);

    auto const found = measure(scores, labels);

    EXPECT_NEAR(metric(found, "s", "auroc"), 0.6857142857, 1e-10);
    EXPECT_NEAR(metric(found, "s", "auprc"), 0.6442424242, 1e-10);
    EXPECT_NEAR(metric(found, "s", "tnr_at_95"), 1.0 / 7.0, 1e-12);
    EXPECT_NEAR(metric(found, "s", "p_at_0.1"), 1, 1e-12);  // k = 1
    EXPECT_NEAR(metric(found, "s", "r_at_0.1"), 0.2, 1e-12);
    EXPECT_NEAR(metric(found, "s", "f1_at_0.1"), 1.0 / 3.0, 1e-12);
    EXPECT_NEAR(metric(found, "s", "p_at_npos"), 0.6, 1e-12);  // k = 5
    EXPECT_EQ(found.get<double>("roc/score/s").size(), curve_points);
    EXPECT_EQ(found.get<double>("pr/score/s").size(), curve_points);
}

TEST(DetectionMetrics, do_not_depend_on_the_order_of_rows)
{
    base::Stream stream(2, "scores");
    std::vector<double> constant(300, 0.5), coarse, fine;
    std::vector<std::int32_t> observed;
    for (int i = 0; i < 300; ++i) {
        observed.push_back(stream.uniform() < 0.1 ? 1 : 0);
        fine.push_back(stream.uniform() + 0.3 * observed.back());
        coarse.push_back(std::floor(4 * fine.back()));
    }
    base::Bundle scores;
    scores.put("score/constant", constant);
    scores.put("score/coarse", coarse);
    scores.put("score/fine", fine);
    auto const labels = test::make_labels(observed, std::vector<std::int32_t>(300), 2);
    auto const expected = measure(scores, labels);

    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        auto const order = test::random_order(300, seed);
        EXPECT_EQ(measure(test::permuted(scores, order), test::permuted(labels, order)), expected);
    }
}

TEST(DetectionMetrics, are_undefined_without_noisy_rows)
{
    base::Bundle scores;
    scores.put("score/s", std::vector<double>{1, 2, 3});
    auto const labels = test::make_labels({0, 1, 0}, {0, 1, 0}, 2);

    auto const found = measure(scores, labels);

    for (char const* const name : {"metrics/score/s", "roc/score/s", "pr/score/s"}) {
        for (double const value : found.get<double>(name))
            EXPECT_TRUE(std::isnan(value)) << name;
    }
    EXPECT_EQ(found.get<double>("metrics/score/s").size(), detection_metrics().size());
    EXPECT_EQ(found.get<double>("roc/score/s").size(), curve_points);
}

/// What retraining hands on about one variant: \p logits row-major [row x class].
void add_variant(base::Bundle& retrained, std::string const& variant, std::vector<float> const& logits, int classes)
{
    std::vector<std::int32_t> predicted;
    std::vector<double> confidence;
    for (auto row = logits.begin(); row != logits.end(); row += classes) {
        auto const best = std::max_element(row, row + classes);
        double sum = 0;
        for (auto logit = row; logit != row + classes; ++logit)
            sum += std::exp(double{*logit} - double{*best});
        predicted.push_back(static_cast<std::int32_t>(best - row));
        confidence.push_back(1 / sum);
    }
    auto const rows = static_cast<std::int64_t>(predicted.size());
    retrained.put("prediction/" + variant, predicted);
    retrained.put("confidence/prediction/" + variant, confidence);
    retrained.put("logits/prediction/" + variant, logits, {rows, classes});
}

double test_metric(base::Bundle const& found, std::string const& variant, std::string const& name)
{
    auto const names = test_metrics();
    auto const values = test::values<double>(found, "metrics/prediction/" + variant);
    EXPECT_EQ(values.size(), names.size());
    return values.at(static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
}

TEST(TestMetrics, measure_every_variant_against_the_declared_classes)
{
    base::Bundle retrained, texts;
    add_variant(retrained, "clean", {1, 0, 0, 1, 0, 1, 0, 1}, 2);    // predicts 0 1 1 1
    add_variant(retrained, "swapped", {0, 1, 1, 0, 1, 0, 1, 0}, 2);  // predicts 1 0 0 0
    texts.put("label", std::vector<std::int32_t>{0, 0, 0, 1});

    auto const found = test::run(test_metrics_stage(), {}, {{"retrained", &retrained}, {"evaluation_texts", &texts}});

    EXPECT_DOUBLE_EQ(test_metric(found, "clean", "accuracy"), 0.5);
    EXPECT_DOUBLE_EQ(test_metric(found, "clean", "balanced_accuracy"), (1.0 / 3.0 + 1.0) / 2.0);
    EXPECT_DOUBLE_EQ(test_metric(found, "swapped", "accuracy"), 0.5);
    EXPECT_DOUBLE_EQ(test_metric(found, "swapped", "balanced_accuracy"), 1.0 / 3.0);
}

// Log loss and Brier score are those of statistics.md section 8 (ten items, logit d of class 1); ECE by numpy. ece_null
// by going through all 1024 outcomes of the ten items is .1818966; 1000 draws miss it by .0017 (standard error).
TEST(TestMetrics, judge_the_probabilities_of_two_classes)
{
    base::Bundle retrained, texts;
    std::vector<float> logits;
    for (float const d : {3.2F, 2.5F, -1.0F, 4.0F, -2.2F, 0.8F, -3.5F, 1.5F, -0.6F, 2.0F}) {
        logits.push_back(0);
        logits.push_back(d);
    }
    add_variant(retrained, "clean", logits, 2);
    texts.put("label", std::vector<std::int32_t>{1, 1, 1, 1, 0, 0, 0, 0, 0, 1});

    auto const found = test::run(test_metrics_stage(), {}, {{"retrained", &retrained}, {"evaluation_texts", &texts}});

    EXPECT_NEAR(test_metric(found, "clean", "log_loss"), 0.5022018326, 1e-7);
    EXPECT_NEAR(test_metric(found, "clean", "brier"), 0.1837129532, 1e-7);
    EXPECT_NEAR(test_metric(found, "clean", "ece"), 0.2027133755, 1e-9);
    EXPECT_NEAR(test_metric(found, "clean", "ece_null"), 0.1818966, 4 * 0.0017);
}

// Three classes of statistics.md section 8; Brier score (sum over classes) and ECE by numpy.
TEST(TestMetrics, judge_the_probabilities_of_three_classes)
{
    base::Bundle retrained, texts;
    add_variant(retrained, "clean",
                {2, 0.5F, -1, 0.2F, 1.5F, 0.3F, -0.5F, 0.1F, 2.2F, 1, 0.9F, -0.2F, 0, 2, 1.5F, 1.2F, -0.3F, 0.4F}, 3);
    texts.put("label", std::vector<std::int32_t>{0, 1, 2, 1, 2, 0});

    auto const found = test::run(test_metrics_stage(), {}, {{"retrained", &retrained}, {"evaluation_texts", &texts}});

    EXPECT_NEAR(test_metric(found, "clean", "log_loss"), 0.5548122985, 1e-7);
    EXPECT_NEAR(test_metric(found, "clean", "brier"), 0.3168481842, 1e-9);
    EXPECT_NEAR(test_metric(found, "clean", "ece"), 0.2272858347, 1e-9);
}

}  // namespace
}  // namespace ablatrix::ecg
