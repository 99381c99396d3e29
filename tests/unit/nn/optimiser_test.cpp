#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "src/nn/detail/adamw.hpp"
#include "src/nn/detail/arena.hpp"
#include "src/nn/detail/head_init.hpp"
#include "src/nn/detail/schedule.hpp"
#include "src/nn/detail/threads.hpp"

namespace ablatrix::nn::detail {
namespace {

at::Tensor parameter(std::vector<float> const& values)
{
    return at::tensor(values).requires_grad_(true);
}

at::Tensor random_parameter(std::int64_t size, char const* purpose)
{
    base::Stream stream(3, purpose);
    std::vector<float> values(static_cast<std::size_t>(size));
    for (auto& value : values)
        value = static_cast<float>(stream.normal());
    return parameter(values);
}

std::vector<float> values_of(at::Tensor const& tensor)
{
    auto const* data = tensor.data_ptr<float>();
    return {data, data + tensor.numel()};
}

// Vectors of models.md 9, computed there from the rule of transformers' get_linear_schedule_with_warmup.
TEST(Schedule, WarmsUpFromRateZeroAndDecaysLinearly)
{
    Schedule const schedule("linear", 2e-5, 0.1, 1173);
    EXPECT_EQ(schedule.warmup(), 118);
    EXPECT_EQ(schedule.rate(0), 0);
    EXPECT_NEAR(schedule.rate(1), 1.694915e-7, 1e-13);
    EXPECT_NEAR(schedule.rate(117), 1.983051e-5, 1e-11);
    EXPECT_NEAR(schedule.rate(118), 2e-5, 1e-20);
    EXPECT_NEAR(schedule.rate(600), 1.086256e-5, 1e-11);
    EXPECT_NEAR(schedule.rate(1172), 1.895735e-8, 1e-14);
}

TEST(Schedule, WarmUpIsRoundedUpAndZeroMeansNone)
{
    EXPECT_EQ(Schedule("linear", 1, 0.1, 939).warmup(), 94);
    EXPECT_EQ(Schedule("linear", 1, 0.1, 10).warmup(), 1);
    Schedule const none("linear", 1, 0, 4);
    EXPECT_EQ(none.rate(0), 1);
    EXPECT_EQ(none.rate(1), 0.75);
}

TEST(Schedule, CosineFallsByHalfAPeriodAndConstantStays)
{
    Schedule const cosine("cosine", 2, 0.2, 10);  // W = 2: progress (t - 2) / 8
    EXPECT_EQ(cosine.rate(1), 1);
    EXPECT_EQ(cosine.rate(2), 2);
    EXPECT_NEAR(cosine.rate(4), 1 + std::sqrt(0.5), 1e-12);
    EXPECT_NEAR(cosine.rate(6), 1, 1e-12);
    Schedule const constant("constant", 2, 0.2, 10);
    EXPECT_EQ(constant.rate(0), 0);
    EXPECT_EQ(constant.rate(1), 1);
    EXPECT_EQ(constant.rate(9), 2);
}

TEST(Schedule, RefusesWhatTrainsNothing)
{
    EXPECT_THROW(Schedule("linear", 1, 0.1, 1), Error);  // the only update would have rate 0
    EXPECT_THROW(Schedule("linear", 1, 1, 10), Error);
    EXPECT_THROW(Schedule("linear", 1, -0.1, 10), Error);
    EXPECT_THROW(Schedule("polynomial", 1, 0.1, 10), Error);
}

TEST(Decay, LeavesBiasesAndNormsAlone)
{
    for (auto const* name : {"embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight",
                             "pooler.dense.weight", "classifier.out_proj.weight", "encoder.rel_embeddings.weight",
                             "encoder.conv.conv.weight", "encoder.embed_positions.weight", "normaliser.weight"})
    {
        EXPECT_TRUE(decays(name)) << name;
    }
    for (auto const* name :
         {"encoder.layer.0.attention.self.query.bias", "embeddings.LayerNorm.weight",
          "encoder.layernorm_embedding.weight", "decoder.layers.1.self_attn_layer_norm.weight", "model.norm.weight",
          "model.layers.0.self_attn.q_norm.weight", "norm.weight", "audio_tower.layer_norm.weight", "x.RMSNorm.scale"})
    {
        EXPECT_FALSE(decays(name)) << name;
    }
}

TEST(Arena, HoldsDecayedParametersFirstAndSharesMemoryWithAllOfThem)
{
    auto const bias = parameter({7, 8});
    auto const weight = at::arange(6, at::kFloat).view({2, 3}).contiguous().requires_grad_(true);
    ParameterArena arena({{"a.bias", bias}, {"a.weight", weight}, {"tied.weight", weight}});
    EXPECT_EQ(arena.decayed, 16);
    EXPECT_EQ(arena.values.numel(), 32);
    EXPECT_EQ(weight.data_ptr<float>(), arena.values.data_ptr<float>());
    EXPECT_EQ(bias.data_ptr<float>(), arena.values.data_ptr<float>() + 16);
    EXPECT_EQ(values_of(weight), (std::vector<float>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(values_of(bias), (std::vector<float>{7, 8}));
}

TEST(Arena, CollectsGradientsOfSeveralBackwardPasses)
{
    auto const weight = parameter({1, 2, 3});
    ParameterArena arena({{"weight", weight}});
    for (int pass = 0; pass < 2; ++pass)
        (weight * weight).sum().backward();
    auto const found = values_of(arena.gradients);
    EXPECT_EQ((std::vector<float>{found.begin(), found.begin() + 3}), (std::vector<float>{4, 8, 12}));
    EXPECT_EQ(std::accumulate(found.begin() + 3, found.end(), 0.0f), 0);
}

TEST(Arena, LeavesValuesBehindWhenItGoes)
{
    auto const weight = parameter({1, 2, 3});
    {
        ParameterArena arena({{"weight", weight}});
        arena.values.add_(1);
    }
    EXPECT_EQ(values_of(weight), (std::vector<float>{2, 3, 4}));
    EXPECT_FALSE(weight.grad().defined());
}

// Values of models.md 9; the parameter that does not decay by hand: 1 - 1e-3 * (.5 / .5), then
// m = .9 * .05 - .1 * .25 = .02, v = .999 * .00025 + .001 * .0625 = .00031225, so the second step is
// 1e-3 * (.02 / .19) / (sqrt(.00031225 / .001999) + 1e-8) = 2.6633771e-4.
TEST(AdamW, TakesTheStepsOfAHandCalculation)
{
    auto const weight = parameter({1});
    auto const bias = parameter({1});
    ParameterArena arena({{"weight", weight}, {"bias", bias}});
    AdamW optimiser(arena, {});
    arena.gradients.fill_(0.5);
    optimiser.step(1e-3);
    EXPECT_NEAR(weight.item<float>(), .99899000, 1e-7);
    EXPECT_NEAR(bias.item<float>(), .99900000, 1e-7);
    arena.gradients.fill_(-0.25);
    optimiser.step(1e-3);
    EXPECT_NEAR(weight.item<float>(), .99871367, 1e-7);
    EXPECT_NEAR(bias.item<float>(), .99900000 - 2.6633771e-4, 1e-7);
}

TEST(AdamW, ZeroesGradientsAndCountsAnUpdateOfRateZero)
{
    auto const weight = parameter({1});
    ParameterArena arena({{"weight", weight}});
    AdamW optimiser(arena, {});
    arena.gradients.fill_(0.5);
    optimiser.step(0);
    EXPECT_EQ(weight.item<float>(), 1);
    EXPECT_EQ(weight.grad().item<float>(), 0);
    arena.gradients.fill_(-0.25);  // moments of the first update are kept: the step of the hand calculation above
    optimiser.step(1e-3);
    EXPECT_NEAR(weight.item<float>(), 1 - 1e-5 - 2.6633771e-4, 1e-7);
}

// Gradients (3, 4) have norm 5. Scaled to norm 1 they are (.6, .8), and with b1 = b2 = 0 and a large epsilon the step
// is g / (|g| + 1): .6 / 1.6 and .8 / 1.8.
TEST(AdamW, ClipsTheNormOfAllParametersTogether)
{
    auto const a = parameter({0});
    auto const b = parameter({0});
    ParameterArena arena({{"a.weight", a}, {"b.bias", b}});
    AdamW optimiser(arena, {.beta1 = 0, .beta2 = 0, .epsilon = 1, .weight_decay = 0, .clip = 1});
    a.mutable_grad().fill_(3);
    b.mutable_grad().fill_(4);
    optimiser.step(1);
    EXPECT_NEAR(a.item<float>(), -0.6 / 1.6, 1e-6);
    EXPECT_NEAR(b.item<float>(), -0.8 / 1.8, 1e-6);
    a.mutable_grad().fill_(0.3);  // below the limit: as they are
    b.mutable_grad().fill_(0.4);
    optimiser.step(1);
    EXPECT_NEAR(a.item<float>(), -0.6 / 1.6 - 0.3 / 1.3, 1e-6);
    EXPECT_NEAR(b.item<float>(), -0.8 / 1.8 - 0.4 / 1.4, 1e-6);
}

std::vector<float> trained(int threads)
{
    Threads const guard(threads);
    auto const weight = random_parameter(100'003, "weight");
    auto const bias = random_parameter(40'001, "bias");
    ParameterArena arena({{"weight", weight}, {"bias", bias}});
    AdamW optimiser(arena, {.clip = 1});
    for (int step = 0; step < 3; ++step) {
        weight.mutable_grad().copy_(weight.detach() * (step + 1));
        bias.mutable_grad().copy_(bias.detach() - step);
        optimiser.step(1e-2);
    }
    return values_of(arena.values);
}

TEST(AdamW, GivesTheSameBitsForAnyNumberOfThreads)
{
    EXPECT_EQ(trained(1), trained(2));
}

// Second implementation: the textbook form with one tensor operation after another, in fp64.
TEST(AdamW, AgreesWithTensorOperationsInDoublePrecision)
{
    auto const weight = random_parameter(50'000, "weight");
    auto p = weight.detach().to(at::kDouble);
    auto m = at::zeros_like(p), v = at::zeros_like(p);
    ParameterArena arena({{"weight", weight}});
    AdamW optimiser(arena, {.clip = 1});
    for (int t = 1; t <= 4; ++t) {
        auto const gradient = random_parameter(50'000, t % 2 == 0 ? "even" : "odd").detach() * t;
        weight.mutable_grad().copy_(gradient);
        optimiser.step(1e-2);
        auto g = gradient.to(at::kDouble);
        g = g * std::min(1.0, 1 / (g.norm().item<double>() + 1e-6));
        p = p * (1 - 1e-2 * 0.01);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        p = p - 1e-2 / (1 - std::pow(0.9, t)) * m / ((v / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
    }
    EXPECT_LT((weight.detach().to(at::kDouble) - p).abs().max().item<double>(), 2e-6);
}

TEST(AdamW, ByTensorsAsOnDevicesAgreesWithThePassOverMemory)
{
    auto const weight = random_parameter(5'000, "weight"), bias = random_parameter(300, "bias");
    auto const own_weight = weight.detach().clone().requires_grad_(true);
    auto const own_bias = bias.detach().clone().requires_grad_(true);
    AdamWOptions const options{.clip = 1};
    ParameterArena by_pass({{"weight", weight}, {"bias", bias}});
    ParameterArena by_tensors({{"weight", own_weight}, {"bias", own_bias}});
    AdamW optimiser(by_pass, options);
    auto first = at::zeros_like(by_tensors.values), second = at::zeros_like(by_tensors.values);
    for (int t = 1; t <= 3; ++t) {
        for (auto const& gradients : {by_pass.gradients, by_tensors.gradients})
            gradients.copy_(at::arange(gradients.numel(), at::kFloat).mul(0.1 * t).sin());
        optimiser.step(1e-2);
        adamw_by_tensors(by_tensors, first, second, options, 1e-2, 1 - std::pow(0.9, t), 1 - std::pow(0.999, t));
        EXPECT_LT((weight - own_weight).abs().max().item<double>(), 1e-6);
        EXPECT_LT((bias - own_bias).abs().max().item<double>(), 1e-6);
        EXPECT_EQ(by_tensors.gradients.abs().max().item<float>(), 0);
    }
}

struct TwoLayers : torch::nn::Module
{
    explicit TwoLayers(bool reversed)
    {
        auto const add = [this](char const* name, std::vector<std::int64_t> const& shape) {
            register_parameter(name, at::full(shape, 5.0f));
        };
        if (reversed) add("out", {3, 50});
        add("dense", {50, 60});
        add("bias", {50});
        if (!reversed) add("out", {3, 50});
    }
    at::Tensor at(char const* name) { return named_parameters()[name].detach(); }
};

TEST(HeadInit, DependsOnNamesSeedAndFoldAlone)
{
    TwoLayers a(false), b(true), other_fold(false), other_seed(false);
    initialise_head(a, {"dense", "bias", "out"}, 0.02, 42, 1);
    initialise_head(b, {"out", "dense", "bias"}, 0.02, 42, 1);
    initialise_head(other_fold, {"dense", "bias", "out"}, 0.02, 42, 2);
    initialise_head(other_seed, {"dense", "bias", "out"}, 0.02, 43, 1);
    EXPECT_TRUE(at::equal(a.at("dense"), b.at("dense")));
    EXPECT_TRUE(at::equal(a.at("out"), b.at("out")));
    EXPECT_FALSE(at::equal(a.at("dense"), other_fold.at("dense")));
    EXPECT_FALSE(at::equal(a.at("dense"), other_seed.at("dense")));
    EXPECT_FALSE(at::equal(a.at("dense").narrow(0, 0, 3).narrow(1, 0, 50), a.at("out")));
}

TEST(HeadInit, DrawsNormalWeightsAndZeroBiasesAndLeavesOthersAlone)
{
    TwoLayers head(false);
    initialise_head(head, {"dense", "bias"}, 0.02, 42, 0);
    EXPECT_NEAR(head.at("dense").std().item<double>(), 0.02, 0.001);  // 3000 values: standard error 2.6e-4
    EXPECT_NEAR(head.at("dense").mean().item<double>(), 0, 0.0015);
    EXPECT_TRUE(at::equal(head.at("bias"), at::zeros({50})));
    EXPECT_TRUE(at::equal(head.at("out"), at::full({3, 50}, 5.0f)));
}

}  // namespace
}  // namespace ablatrix::nn::detail
