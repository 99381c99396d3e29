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

TEST(TestMetrics, measure_every_variant_against_the_declared_classes)
{
    base::Bundle retrained, texts;
    retrained.put("prediction/clean", std::vector<std::int32_t>{0, 1, 1, 1});
    retrained.put("prediction/swapped", std::vector<std::int32_t>{1, 0, 0, 0});
    retrained.put_scalar("classes", 2);
    texts.put("label", std::vector<std::int32_t>{0, 0, 0, 1});

    auto const found = test::run(test_metrics_stage(), {}, {{"retrained", &retrained}, {"evaluation_texts", &texts}});

    auto const clean = test::values<double>(found, "metrics/prediction/clean");
    ASSERT_EQ(clean.size(), test_metrics().size());
    EXPECT_DOUBLE_EQ(clean[0], 0.5);
    EXPECT_DOUBLE_EQ(clean[1], (1.0 / 3.0 + 1.0) / 2.0);
    EXPECT_DOUBLE_EQ(found.get<double>("metrics/prediction/swapped")[0], 0.5);
    EXPECT_DOUBLE_EQ(found.get<double>("metrics/prediction/swapped")[1], 1.0 / 3.0);
}

}  // namespace
}  // namespace ablatrix::ecg
