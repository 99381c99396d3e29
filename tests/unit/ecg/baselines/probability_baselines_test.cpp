#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/stats/detection.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/baselines/stage_run.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle make_crossval(std::vector<float> const& probs, std::int64_t classes)
{
    base::Bundle out;
    out.put("probs", probs, {static_cast<std::int64_t>(probs.size()) / classes, classes});
    return out;
}

TEST(ProbabilityBaselines, follow_their_formulas)
{
    auto const crossval = make_crossval({0.5F, 0.25F, 0.25F, 0.125F, 0.75F, 0.125F}, 3);
    auto const labels = test::make_labels({2, 1}, {2, 1}, 3);

    auto const found = test::run(probability_baselines_stage(), {}, {{"crossval", &crossval}, {"labels", &labels}});

    EXPECT_EQ(test::values<double>(found, "score/self_confidence"), (std::vector<double>{0.75, 0.25}));
    EXPECT_EQ(test::values<double>(found, "score/margin"), (std::vector<double>{0.25, -0.625}));
    EXPECT_EQ(test::values<double>(found, "score/least_confidence"), (std::vector<double>{-0.5, -0.75}));
    EXPECT_DOUBLE_EQ(found.get<double>("score/high_loss")[0], -std::log(0.250001));
    EXPECT_DOUBLE_EQ(found.get<double>("score/entropy")[0], -0.5 * std::log(0.500001) - 0.5 * std::log(0.250001));
    EXPECT_EQ(found.get<double>("score/confident_learning").size(), 2U);
}

TEST(ProbabilityBaselines, of_two_classes_share_one_auroc)
{
    auto const problem = test::make_problem(500, 8);
    auto params = test::training_params();
    params.set("folds", 5);
    auto const crossval =
        test::run(crossval_stage(), params, {{"vectors", &problem.vectors}, {"labels", &problem.labels}});

    auto const found =
        test::run(probability_baselines_stage(), {}, {{"crossval", &crossval}, {"labels", &problem.labels}});

    auto const is_noisy = problem.labels.get<std::uint8_t>("is_noisy");
    double const expected = stats::auroc(found.get<double>("score/self_confidence"), is_noisy);
    EXPECT_GT(expected, 0.75);  // flips of a learnable problem are seen
    EXPECT_EQ(stats::auroc(found.get<double>("score/high_loss"), is_noisy), expected);
    EXPECT_EQ(stats::auroc(found.get<double>("score/margin"), is_noisy), expected);
}

TEST(ProbabilityBaselines, do_not_depend_on_the_order_of_rows)
{
    base::Stream stream(4, "probabilities");
    std::vector<float> probs;
    std::vector<std::int32_t> y;
    for (int i = 0; i < 200; ++i) {
        auto const p = static_cast<float>(std::floor(stream.uniform() * 20) / 20);  // many ties
        probs.insert(probs.end(), {p, 1 - p});
        y.push_back(static_cast<std::int32_t>(stream.below(2)));
    }
    auto const crossval = make_crossval(probs, 2);
    auto const labels = test::make_labels(y, y, 2);
    auto const order = test::random_order(200, 1);
    auto const crossval2 = test::permuted(crossval, order);
    auto const labels2 = test::permuted(labels, order);

    auto const found = test::run(probability_baselines_stage(), {}, {{"crossval", &crossval}, {"labels", &labels}});
    auto const found2 = test::run(probability_baselines_stage(), {}, {{"crossval", &crossval2}, {"labels", &labels2}});

    EXPECT_EQ(found2, test::permuted(found, order));
}

TEST(AumBaseline, is_the_negative_mean_of_the_training_margins)
{
    base::Bundle dynamics;
    dynamics.put("train_margin", std::vector<float>{1, -2, 0, 3, -4, 1}, {2, 3});

    auto const found = test::run(aum_baseline_stage(), {}, {{"dynamics", &dynamics}});

    EXPECT_EQ(test::values<double>(found, "score/aum"), (std::vector<double>{-2, 3, -0.5}));
}

}  // namespace
}  // namespace ablatrix::ecg
