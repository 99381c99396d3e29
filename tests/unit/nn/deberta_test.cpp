#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "detail/disentangled_attention.hpp"
#include "unit/nn/sample_encoders.hpp"

namespace ablatrix::nn {
namespace {

EncoderConfig tiny()
{
    EncoderConfig config;
    config.family = Family::deberta_v2;
    config.vocabulary = 200;
    config.hidden = config.embedding = 32;
    config.layers = 2;
    config.heads = 4;
    config.ffn = 64;
    config.positions = 32;
    config.norm_epsilon = 1e-7;
    return config;
}

/// As v3 has it, with few buckets: distances beyond 4 share them.
EncoderConfig v3()
{
    EncoderConfig config = tiny();
    config.deberta = {.relative_attention = true,
                      .position_biased_input = false,
                      .c2p = true,
                      .p2c = true,
                      .share_key = true,
                      .norm_relative = true,
                      .buckets = 8};
    return config;
}

std::vector<std::pair<std::string, EncoderConfig>> options()
{
    std::vector<std::pair<std::string, EncoderConfig>> out{{"v3", v3()}};
    auto const with = [&](std::string name, auto change) {
        out.emplace_back(std::move(name), v3());
        change(out.back().second);
    };
    with("keys of their own", [](auto& c) { c.deberta.share_key = c.deberta.norm_relative = false; });
    with("c2p alone", [](auto& c) { c.deberta.p2c = false; });
    with("p2c alone, own key", [](auto& c) { c.deberta.c2p = c.deberta.share_key = false; });
    with("no buckets", [](auto& c) { c.deberta.buckets = -1, c.deberta.max_relative = 16; });
    with("convolution", [](auto& c) { c.deberta.conv_kernel = 3, c.deberta.conv_activation = Activation::gelu; });
    with("convolution in groups, one layer",
         [](auto& c) { c.deberta.conv_kernel = 5, c.deberta.conv_groups = 4, c.layers = 1; });
    with("positions, types, narrow words",
         [](auto& c) { c.deberta.position_biased_input = true, c.types = 2, c.embedding = 16; });
    with("no relative attention",
         [](auto& c) { c.deberta.relative_attention = false, c.deberta.position_biased_input = true; });
    return out;
}

std::vector<oracle::Row> rows()
{
    std::vector<oracle::Row> out;
    for (std::int64_t const length : {24, 1, 9, 32})
        out.push_back(random_row(length, 1, 200, 3));
    return out;
}

// Buckets 256, farthest 512 (models.md 9: values of transformers' make_log_bucket_position).
TEST(Deberta, BucketsDistancesLogarithmicallyBeyondTheMiddle)
{
    using Pair = std::pair<std::int64_t, std::int64_t>;
    std::array const known{Pair{0, 0},     Pair{1, 1},     Pair{128, 128}, Pair{129, 129}, Pair{131, 131},
                           Pair{132, 131}, Pair{150, 143}, Pair{200, 169}, Pair{255, 192}, Pair{300, 207},
                           Pair{383, 229}, Pair{400, 233}, Pair{500, 254}, Pair{511, 255}};
    for (auto const& [distance, expected] : known) {
        EXPECT_EQ(detail::relative_bucket(distance, 256, 512), expected) << distance;
        EXPECT_EQ(detail::relative_bucket(-distance, 256, 512), -expected) << distance;
        EXPECT_EQ(oracle::bucket(distance, 256, 512), expected) << distance;
    }
    EXPECT_EQ(detail::relative_bucket(400, -1, 512), 400);
}

TEST(Deberta, AgreesWithTheEquationsInDoublePrecisionUnderEveryOption)
{
    for (auto const& [name, config] : options()) {
        EXPECT_LE(farthest_from_oracle(SampleEncoder(config), rows()), 1e-5) << name;
    }
}

TEST(Deberta, HasTheGradientsOfTheEquationsUnderEveryOption)
{
    for (auto const& [name, config] : options()) {
        SampleEncoder sample(config);
        EXPECT_LE(farthest_gradient(sample, {rows()[1], rows()[2]}, 60), 1e-5) << name;
    }
}

TEST(Deberta, RegistersTheNamesOfItsCheckpoints)
{
    SampleEncoder const sample(options()[5].second);
    for (char const* name :
         {"embeddings.word_embeddings.weight", "embeddings.LayerNorm.bias", "encoder.rel_embeddings.weight",
          "encoder.LayerNorm.weight", "encoder.conv.conv.weight", "encoder.conv.LayerNorm.bias",
          "encoder.layer.1.attention.self.query_proj.weight", "encoder.layer.1.attention.output.LayerNorm.weight",
          "encoder.layer.1.intermediate.dense.bias", "encoder.layer.1.output.dense.weight", "pooler.dense.weight",
          "classifier.bias"})
    {
        EXPECT_TRUE(sample.weights.contains(name)) << name;
    }
    EXPECT_EQ(sample.weights.at("encoder.rel_embeddings.weight").rows, 16);
    EXPECT_FALSE(sample.weights.contains("embeddings.position_embeddings.weight"));
    EXPECT_FALSE(sample.weights.contains("encoder.layer.0.attention.self.pos_key_proj.weight"));
}

TEST(Deberta, TrainsOnTheStatesThatItEvaluates)
{
    for (auto const& [name, config] : options()) {
        SampleEncoder const sample(config);
        auto const trained = sample.backbone->hidden(batch_of(rows()), {});
        EXPECT_TRUE(trained.requires_grad()) << name;
        EXPECT_LE((trained.detach() - sample.hidden(rows())).abs().max().item<float>(), 1e-5) << name;
    }
}

TEST(Deberta, EvaluatesWithTheWeightsThatTrainingLeft)
{
    SampleEncoder sample(v3());
    sample.logits(rows());  // projects the relative embeddings once and keeps them
    sample.loss(rows()).backward();
    {
        c10::NoGradGuard const no_grad;
        sample.backbone->named_parameters()["encoder.rel_embeddings.weight"].mul_(-1.5);
    }
    copy_weights(*sample.backbone, sample.weights);
    EXPECT_LE(farthest_from_oracle(sample, rows()), 1e-5);
}

TEST(Deberta, DropsRelativeEmbeddingsAlikeForAllRowsOfAStep)
{
    SampleEncoder const sample(v3());
    auto const hidden = [&](std::vector<oracle::Row> const& given, std::uint64_t step) {
        return sample.backbone->hidden(batch_of(given), detail::Dropout(1, 0, 0, step)).detach();
    };
    auto const together = hidden({rows()[0], rows()[2]}, 5);
    EXPECT_LE((together.narrow(0, 0, 24) - hidden({rows()[0]}, 5)).abs().max().item<float>(), 1e-5);
    EXPECT_GT((together.narrow(0, 0, 24) - hidden({rows()[0]}, 6)).abs().max().item<float>(), 1e-2);
}

TEST(Deberta, TakesABatchWithoutRows)
{
    for (auto const& [name, config] : options()) {
        SampleEncoder const sample(config);
        EXPECT_EQ(sample.hidden({}).sizes(), (at::IntArrayRef{0, 32})) << name;
        EXPECT_EQ(sample.logits({}).sizes(), (at::IntArrayRef{0, 3})) << name;
    }
}

TEST(Deberta, RoundsOnlyProductsInBrainFloat)
{
    for (auto const& [name, config] : options()) {
        auto const exact = SampleEncoder(config).sentence(rows());
        auto const rounded = SampleEncoder(config, 1, Precision::bf16).sentence(rows());
        EXPECT_EQ(rounded.scalar_type(), at::kFloat) << name;
        EXPECT_LE((rounded - exact).abs().mean().item<float>(), 0.05) << name;
        EXPECT_GE((rounded - exact).abs().max().item<float>(), 1e-4) << name;
    }
}

}  // namespace
}  // namespace ablatrix::nn
