#include <ablatrix/nn/softmax_regression.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <numeric>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/base/random.hpp>

#include "src/nn/detail/softmax_gradient.hpp"

namespace ablatrix::nn {
namespace {

struct Problem
{
    std::int64_t dim;
    std::int32_t classes;
    std::vector<float> features;
    std::vector<std::int32_t> labels;
};

/// Overlapping Gaussian classes.
Problem make_problem(std::int64_t rows, std::int64_t dim, std::int32_t classes)
{
    base::Stream stream(17, "softmax_test");
    Problem out{dim, classes, {}, {}};
    for (std::int64_t i = 0; i < rows; ++i) {
        auto const label = static_cast<std::int32_t>(i % classes);
        out.labels.push_back(label);
        for (std::int64_t d = 0; d < dim; ++d) {
            out.features.push_back(static_cast<float>(stream.normal() + (d % classes == label ? 1.0 : 0.0)));
        }
    }
    return out;
}

TrainingDynamics train(Problem const& p, SoftmaxRegressionOptions const& options = {}, TrainingSeed seed = {1, 0},
                       std::vector<float> const& weights = {})
{
    return train_softmax_regression(p.features, p.dim, p.labels, p.classes, weights, options, seed, true);
}

double mean_of_epoch(std::vector<float> const& values, std::size_t n, std::size_t epoch)
{
    auto const begin = values.begin() + static_cast<std::ptrdiff_t>(epoch * n);
    return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(n), 0.0) / static_cast<double>(n);
}

double largest_difference(std::vector<float> const& found, std::vector<float> const& expected)
{
    EXPECT_EQ(found.size(), expected.size());
    double out = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
        out = std::max(out, std::abs(double{found[i]} - double{expected[i]}));
    return out;
}

TEST(SoftmaxGradient, agrees_with_finite_differences)
{
    at::manual_seed(3);
    auto const inputs = at::cat({at::randn({7, 4}, at::kDouble), at::ones({7, 1}, at::kDouble)}, 1);
    auto const one_hot = at::eye(3, at::kDouble).index_select(0, at::arange(7).remainder(3));
    auto const share = at::rand({7, 1}, at::kDouble);
    auto const theta = at::randn({3, 5}, at::kDouble);
    auto const loss = [&](at::Tensor const& at_theta) {
        auto const log_p = at::log_softmax(at::mm(inputs, at_theta.t()), 1);
        return -(log_p * one_hot * share).sum().item<double>();
    };

    auto const pass = detail::softmax_pass(inputs, one_hot, share, theta);

    for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t d = 0; d < 5; ++d) {
            double const step = 1e-5;
            auto up = theta.clone(), down = theta.clone();
            up[c][d] += step;
            down[c][d] -= step;
            EXPECT_NEAR(pass.gradient[c][d].item<double>(), (loss(up) - loss(down)) / (2 * step), 1e-8);
        }
    }
}

TEST(SoftmaxRegression, lowers_the_loss_from_epoch_to_epoch)
{
    auto const problem = make_problem(400, 10, 2);

    auto const found = train(problem);

    ASSERT_EQ(found.loss.size(), 10U * 400U);
    EXPECT_LT(mean_of_epoch(found.loss, 400, 9), 0.5 * std::log(2.0));
    EXPECT_LT(mean_of_epoch(found.loss, 400, 9), mean_of_epoch(found.loss, 400, 0));
    EXPECT_NEAR(found.final_loss, mean_of_epoch(found.loss, 400, 9), 1e-6);
}

TEST(SoftmaxRegression, finds_the_optimum_that_scikit_learn_finds)
{
    std::ifstream file(ABLATRIX_SOURCE_DIR "/tests/parity/logistic.json");
    auto const fixture = nlohmann::json::parse(file);
    Problem const problem{fixture["dim"], fixture["classes"], fixture["features"], fixture["labels"]};
    SoftmaxRegressionOptions options;
    options.epochs = 3000;
    options.batch = 1000;  // whole-set steps, so that the schedule ends in the optimum
    options.learning_rate = 0.05;
    options.weight_decay = 0;

    auto const plain = train(problem, options);
    auto const weighted = train(problem, options, {1, 0}, fixture["weights"]);

    EXPECT_LT(largest_difference(probabilities(plain.model, problem.features), fixture["probabilities"]), 1e-3);
    EXPECT_LT(largest_difference(probabilities(weighted.model, problem.features), fixture["weighted_probabilities"]),
              1e-3);
    EXPECT_GT(largest_difference(fixture["probabilities"], fixture["weighted_probabilities"]), 1e-2);
}

TEST(SoftmaxRegression, is_bit_identical_when_many_train_at_once)
{
    auto const problem = make_problem(300, 16, 3);
    auto const alone = train(problem);

    std::vector<TrainingDynamics> together(6);
    base::parallel_for(together.size(), 3, [&](std::size_t i) { together[i] = train(problem); });

    for (auto const& other : together) {
        EXPECT_EQ(other.model.weight, alone.model.weight);
        EXPECT_EQ(other.model.bias, alone.model.bias);
        EXPECT_EQ(other.loss, alone.loss);
        EXPECT_EQ(other.train_margin, alone.train_margin);
    }
}

TEST(SoftmaxRegression, depends_on_the_seed_and_on_the_fold)
{
    auto const problem = make_problem(100, 5, 2);

    auto const first = train(problem, {}, {1, 0});

    EXPECT_NE(first.model.weight, train(problem, {}, {2, 0}).model.weight);
    EXPECT_NE(first.model.weight, train(problem, {}, {1, 1}).model.weight);
}

TEST(SoftmaxRegression, learns_nothing_from_rows_of_weight_zero)
{
    auto problem = make_problem(120, 6, 2);
    std::vector<float> weights(120, 1.0F);
    for (std::size_t i = 0; i < weights.size(); i += 3)
        weights[i] = 0;
    auto const before = train(problem, {}, {1, 0}, weights);

    for (std::size_t i = 0; i < weights.size(); i += 3)
        problem.labels[i] = 1 - problem.labels[i];
    auto const after = train(problem, {}, {1, 0}, weights);

    EXPECT_EQ(before.model.weight, after.model.weight);
    EXPECT_EQ(before.model.bias, after.model.bias);
    EXPECT_NE(train(problem).model.weight, after.model.weight);
}

TEST(SoftmaxRegression, keeps_the_fresh_head_when_no_row_has_weight)
{
    auto const problem = make_problem(40, 6, 2);

    auto const found = train(problem, {}, {1, 0}, std::vector<float>(40, 0.0F));

    EXPECT_EQ(found.model.bias, (std::vector<float>{0, 0}));
    for (float const weight : found.model.weight)
        EXPECT_LT(std::abs(weight), 0.12);  // six standard deviations
}

TEST(SoftmaxRegression, records_margins_before_and_after_each_epoch)
{
    auto const problem = make_problem(60, 4, 3);
    SoftmaxRegressionOptions one;
    one.epochs = 1;
    one.batch = 60;  // the only forward pass of training sees the fresh head

    auto const found = train(problem, one);

    for (float const margin : found.train_margin)
        EXPECT_LT(std::abs(margin), 0.5);
    auto const z = logits(found.model, problem.features);
    for (std::size_t i = 0; i < 60; ++i) {
        auto const own = static_cast<std::size_t>(problem.labels[i]);
        float const other = std::max(z[3 * i + (own + 1) % 3], z[3 * i + (own + 2) % 3]);
        EXPECT_NEAR(found.eval_margin[i], z[3 * i + own] - other, 1e-5);
    }
}

TEST(SoftmaxRegression, gives_probabilities_that_sum_to_one)
{
    SoftmaxModel const model{1, 3, {100, 0, -100}, {0, 1, 2}};
    std::vector<float> const features{1, 0};

    auto const p = probabilities(model, features);

    EXPECT_FLOAT_EQ(p[0], 1);
    EXPECT_NEAR(p[3] + p[4] + p[5], 1, 1e-6);
    EXPECT_NEAR(p[5], std::exp(2) / (1 + std::exp(1) + std::exp(2)), 1e-6);  // softmax of (0, 1, 2)
}

TEST(SoftmaxRegression, refuses_what_it_cannot_learn_from)
{
    std::vector<float> const features{1, 2};
    std::vector<std::int32_t> const labels{0, 1};
    auto const attempt = [&](std::vector<std::int32_t> const& y, std::int32_t classes,
                             std::vector<float> const& weights) {
        auto const rows = static_cast<std::size_t>(y.size());
        train_softmax_regression(std::span(features).first(rows), 1, y, classes, weights, {}, {}, false);
    };

    EXPECT_NO_THROW(attempt(labels, 2, {}));
    EXPECT_THROW(attempt({}, 2, {}), Error);
    EXPECT_THROW(attempt({0, 0}, 1, {}), Error);
    EXPECT_THROW(attempt({0, 2}, 2, {}), Error);
    EXPECT_THROW(attempt({0, -1}, 2, {}), Error);
    EXPECT_THROW(attempt(labels, 2, {1, -1}), Error);
}

TEST(SoftmaxRegression, says_so_when_the_loss_is_not_finite)
{
    std::vector<float> const features{1, std::numeric_limits<float>::quiet_NaN(), 3};
    std::vector<std::int32_t> const labels{0, 1, 1};

    EXPECT_THROW(train_softmax_regression(features, 1, labels, 2, {}, {}, {}, false), Error);
}

}  // namespace
}  // namespace ablatrix::nn
