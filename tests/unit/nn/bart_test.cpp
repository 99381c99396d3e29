#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <vector>

#include <ablatrix/base/error.hpp>

#include "unit/nn/sample_encoders.hpp"

namespace ablatrix::nn {
namespace {

constexpr std::int64_t start = 0, end = 2;

EncoderConfig tiny()
{
    EncoderConfig config;
    config.family = Family::bart;
    config.vocabulary = 200;
    config.hidden = config.embedding = 32;
    config.layers = 2;
    config.heads = 4;
    config.ffn = 64;
    config.decoder_layers = 3;
    config.decoder_heads = 2;
    config.decoder_ffn = 48;
    config.positions = 40;
    config.norm_epsilon = 1e-5;
    config.pad = 1;
    config.bos = start;
    config.eos = config.decoder_start = end;
    return config;
}

/// <s>A</s></s>B</s>
oracle::Row pair(std::int64_t first, std::int64_t second)
{
    oracle::Row row{{start}, {}};
    auto const text = [&](std::int64_t length) {
        auto const ids = random_row(length, 3, 200, 7).ids;
        row.ids.insert(row.ids.end(), ids.begin(), ids.end());
        row.ids.push_back(end);
    };
    text(first);
    row.ids.push_back(end);
    text(second);
    return row;
}

std::vector<oracle::Row> pairs()
{
    return {pair(9, 11), pair(3, 2), pair(20, 16), pair(1, 17)};
}

/// More end marks in one text than in the others: transformers refuses such a batch.
oracle::Row pair_with_end_in_text()
{
    oracle::Row row = pair(8, 5);
    row.ids[4] = end;
    return row;
}

TEST(Bart, AgreesWithTheEquationsInDoublePrecision)
{
    EXPECT_LE(farthest_from_oracle(SampleEncoder(tiny()), pairs()), 1e-5);
    EncoderConfig scaled = tiny();
    scaled.scale_embedding = true;
    EXPECT_LE(farthest_from_oracle(SampleEncoder(scaled), pairs()), 1e-5);
}

TEST(Bart, HasTheGradientsOfTheEquations)
{
    SampleEncoder sample(tiny());
    EXPECT_LE(farthest_gradient(sample, {pair(2, 3), pair(4, 1)}, 90), 1e-5);
}

TEST(Bart, ReadsTheLastEndOfEachRow)
{
    SampleEncoder const sample(tiny());
    std::vector<oracle::Row> given = pairs();
    given.push_back(pair_with_end_in_text());
    EXPECT_LE(farthest_from_oracle(sample, given), 1e-5);
    given.back().ids.insert(given.back().ids.end(), {9, 10});  // a row that goes on behind its last end
    EXPECT_LE(farthest_from_oracle(sample, given), 1e-5);
}

TEST(Bart, DropsAlikeHoweverRowsAreBatched)
{
    EncoderConfig config = tiny();
    config.attention_dropout = config.activation_dropout = 0.1;
    SampleEncoder const sample(config);
    auto const sentence = [&](std::vector<oracle::Row> const& given, std::uint64_t epoch) {
        return sample.backbone->sentence(batch_of(given), detail::Dropout(1, 0, epoch)).detach();
    };
    auto const together = sentence(pairs(), 5).narrow(0, 0, 1);
    EXPECT_LE((together - sentence({pairs()[0]}, 5)).abs().max().item<float>(), 1e-5);
    EXPECT_GT((together - sentence({pairs()[0]}, 6)).abs().max().item<float>(), 1e-2);
}

TEST(Bart, TakesABatchWithoutRows)
{
    SampleEncoder const sample(tiny());
    EXPECT_EQ(sample.hidden({}).sizes(), (at::IntArrayRef{0, 32}));
    EXPECT_EQ(sample.logits({}).sizes(), (at::IntArrayRef{0, 3}));
}

TEST(Bart, RefusesARowWithoutEnd)
{
    SampleEncoder const sample(tiny());
    try {
        sample.sentence({pair(3, 3), random_row(5, 3, 200, 1)});
        FAIL();
    }
    catch (Error const& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("end-of-sequence"));
    }
}

TEST(Bart, HasOneTableOfWordsForBothSides)
{
    SampleEncoder const sample(tiny());
    EXPECT_TRUE(sample.weights.contains("shared.weight"));
    EXPECT_FALSE(sample.weights.contains("encoder.embed_tokens.weight"));
    EXPECT_FALSE(sample.weights.contains("decoder.embed_tokens.weight"));
    EXPECT_EQ(sample.weights.at("decoder.embed_positions.weight").rows, 42);
    for (char const* name :
         {"encoder.layernorm_embedding.weight", "encoder.layers.1.self_attn.out_proj.bias",
          "encoder.layers.1.self_attn_layer_norm.weight", "decoder.layers.2.encoder_attn.k_proj.weight",
          "decoder.layers.2.encoder_attn_layer_norm.bias", "decoder.layers.2.fc1.weight", "decoder.layers.2.fc2.bias",
          "decoder.layers.2.final_layer_norm.weight", "classification_head.dense.weight",
          "classification_head.out_proj.bias"})
    {
        EXPECT_TRUE(sample.weights.contains(name)) << name;
    }
}

}  // namespace
}  // namespace ablatrix::nn
