#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/baselines/stage_run.hpp"

namespace ablatrix::ecg {
namespace {

plan::Params crossval_params(int folds)
{
    auto params = test::training_params();
    params.set("folds", folds);
    return params;
}

TEST(Train, records_dynamics_of_every_epoch_and_row)
{
    auto const problem = test::make_problem(200, 5);

    auto const found =
        test::run(train_stage(), test::training_params(), {{"vectors", &problem.vectors}, {"labels", &problem.labels}});

    for (char const* const name : {"loss", "train_margin", "eval_margin"}) {
        EXPECT_EQ(found.shape(name), (base::Bundle::Shape{4, 200})) << name;
    }
    EXPECT_EQ(found.shape("probs"), (base::Bundle::Shape{200, 2}));
    double mean = 0;
    for (float const loss : found.get<float>("loss").last(200))
        mean += double{loss} / 200;
    EXPECT_NEAR(found.scalar("train_loss"), mean, 1e-6);
    auto const p = found.get<float>("probs");
    auto const margin = found.get<float>("eval_margin").last(200);
    for (std::size_t i = 0; i < 200; ++i) {
        auto const own = static_cast<std::size_t>(problem.observed[i]);
        EXPECT_NEAR(margin[i], std::log(p[2 * i + own] / p[2 * i + 1 - own]), 1e-3);
    }
}

TEST(Train, scales_features_by_what_moves_the_decision)
{
    auto const problem = test::make_problem(200, 5);

    auto const found =
        test::run(train_stage(), test::training_params(), {{"vectors", &problem.vectors}, {"labels", &problem.labels}});

    // With two classes the class-centred weights are +-(w1 - w0) / 2.
    auto const w = found.get<float>("weight");
    auto const x = problem.vectors.get<float>("vectors");
    auto const f = found.get<float>("features");
    std::array<double, 5> expected{};
    double norm = 0;
    for (std::size_t d = 0; d < 5; ++d) {
        expected[d] = x[d] * std::abs(w[5 + d] - w[d]);
        norm += expected[d] * expected[d];
    }
    for (std::size_t d = 0; d < 5; ++d)
        EXPECT_NEAR(f[d], expected[d] / std::sqrt(norm), 1e-5);
}

TEST(CrossVal, deals_every_class_evenly)
{
    auto const problem = test::make_problem(203, 3);

    auto const found =
        test::run(crossval_stage(), crossval_params(5), {{"vectors", &problem.vectors}, {"labels", &problem.labels}});

    std::array<std::array<int, 2>, 5> count{};
    auto const fold = found.get<std::int32_t>("fold");
    for (std::size_t i = 0; i < fold.size(); ++i) {
        ++count[static_cast<std::size_t>(fold[i])][static_cast<std::size_t>(problem.observed[i])];
    }
    for (std::size_t c = 0; c < 2; ++c) {
        auto const by_class = [&](auto const& a, auto const& b) { return a[c] < b[c]; };
        auto const [least, most] = std::minmax_element(count.begin(), count.end(), by_class);
        EXPECT_LE((*most)[c] - (*least)[c], 1);
    }
    for (auto const& sizes : count) {
        EXPECT_GE(sizes[0] + sizes[1], 40);
        EXPECT_LE(sizes[0] + sizes[1], 41);
    }
}

TEST(CrossVal, predicts_every_row_with_a_model_that_did_not_train_on_it)
{
    auto const problem = test::make_problem(100, 4);
    test::Inputs const inputs{{"vectors", &problem.vectors}, {"labels", &problem.labels}};
    auto const before = test::run(crossval_stage(), crossval_params(4), inputs);
    auto const fold = before.get<std::int32_t>("fold");

    for (std::size_t changed : {std::size_t{0}, std::size_t{17}, std::size_t{99}}) {
        auto features = test::values<float>(problem.vectors, "vectors");
        for (std::size_t d = 0; d < 4; ++d)
            features[4 * changed + d] = 5;
        base::Bundle vectors;
        vectors.put("vectors", features, {100, 4});
        auto const after =
            test::run(crossval_stage(), crossval_params(4), {{"vectors", &vectors}, {"labels", &problem.labels}});

        ASSERT_EQ(test::values<std::int32_t>(after, "fold"), test::values<std::int32_t>(before, "fold"));
        for (std::size_t i = 0; i < 100; ++i) {
            if (i == changed) continue;
            bool const same = after.get<float>("probs")[2 * i] == before.get<float>("probs")[2 * i];
            EXPECT_EQ(same, fold[i] == fold[changed]) << "row " << i << " after changing row " << changed;
        }
    }
}

TEST(CrossVal, does_not_depend_on_threads)
{
    auto const problem = test::make_problem(150, 4);
    test::Inputs const inputs{{"vectors", &problem.vectors}, {"labels", &problem.labels}};

    EXPECT_EQ(test::run(crossval_stage(), crossval_params(5), inputs, 1),
              test::run(crossval_stage(), crossval_params(5), inputs, 4));
}

TEST(CrossVal, refuses_more_folds_than_rows)
{
    auto const problem = test::make_problem(4, 2);

    EXPECT_THROW(
        test::run(crossval_stage(), crossval_params(5), {{"vectors", &problem.vectors}, {"labels", &problem.labels}}),
        Error);
}

/// Inputs of the retraining stage: the rows to train on are also those to predict.
struct Retraining
{
    test::Problem problem = test::make_problem(120, 4, 1000);
    base::Bundle cleaned, evaluation;

    explicit Retraining(std::vector<float> const& weights)
    {
        cleaned.put("label", problem.observed);
        cleaned.put("weight", weights);
        cleaned.put_scalar("classes", 2);
        evaluation.put("vectors/clean", test::values<float>(problem.vectors, "vectors"), {120, 4});
        evaluation.put("vectors/aligned", test::values<float>(problem.vectors, "vectors"), {120, 4});
    }
    base::Bundle run() const
    {
        return test::run(retrain_stage(), test::training_params(),
                         {{"cleaned", &cleaned}, {"vectors", &problem.vectors}, {"evaluation", &evaluation}});
    }
};

TEST(Retrain, equals_training_on_the_rows_that_are_left)
{
    std::vector<float> weights(120, 1.0F);
    for (std::size_t i = 60; i < 120; ++i)
        weights[i] = 0;
    Retraining retraining(weights);
    base::Bundle half, half_cleaned;
    auto const features = test::values<float>(retraining.problem.vectors, "vectors");
    auto const& labels = retraining.problem.observed;
    half.put("vectors", std::vector<float>(features.begin(), features.begin() + 240), {60, 4});
    half_cleaned.put("label", std::vector<std::int32_t>(labels.begin(), labels.begin() + 60));
    half_cleaned.put("weight", std::vector<float>(60, 1.0F));
    half_cleaned.put_scalar("classes", 2);

    auto const found = retraining.run();
    auto const expected =
        test::run(retrain_stage(), test::training_params(),
                  {{"cleaned", &half_cleaned}, {"vectors", &half}, {"evaluation", &retraining.evaluation}});

    EXPECT_EQ(found, expected);
    EXPECT_EQ(test::values<std::int32_t>(found, "prediction/clean"),
              test::values<std::int32_t>(found, "prediction/aligned"));
    int right = 0;
    for (std::size_t i = 0; i < 120; ++i)
        right += found.get<std::int32_t>("prediction/clean")[i] == labels[i] ? 1 : 0;
    EXPECT_GT(right, 96);
}

// Of two classes with logits a > b the softmax is 1 / (1 + exp(b - a)).
TEST(Retrain, gives_the_probability_of_each_predicted_class)
{
    auto const found = Retraining(std::vector<float>(120, 1.0F)).run();

    auto const predicted = test::values<std::int32_t>(found, "prediction/clean");
    auto const confidence = test::values<double>(found, "confidence/prediction/clean");
    auto const logits = test::values<float>(found, "logits/prediction/clean");
    ASSERT_EQ(confidence.size(), 120U);
    ASSERT_EQ(logits.size(), 240U);
    for (std::size_t i = 0; i < 120; ++i) {
        double const margin = double{logits[2 * i + 1]} - double{logits[2 * i]};
        EXPECT_EQ(predicted[i], margin > 0 ? 1 : 0);
        EXPECT_NEAR(confidence[i], 1 / (1 + std::exp(-std::abs(margin))), 1e-15);
    }
}

TEST(Retrain, refuses_to_train_on_nothing)
{
    EXPECT_THROW(Retraining(std::vector<float>(120, 0.0F)).run(), Error);
}

}  // namespace
}  // namespace ablatrix::ecg
