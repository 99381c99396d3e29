// Numbers of sentence-transformers and transformers' Trainer from texts, by tests/parity/make_text_fixtures.py.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/text_classifier.hpp>

#include "fixture.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {
namespace {

std::vector<std::string> texts_of(test::Fixture const& fixture, char const* key)
{
    return fixture.cases.at(key).get<std::vector<std::string>>();
}

at::Tensor matrix(std::vector<float> const& values, std::size_t rows)
{
    return at::tensor(values).view({static_cast<std::int64_t>(rows), -1});
}

TEST(TextParity, embeddings_of_sentence_transformers)
{
    test::Fixture const fixture("tiny-embedder");
    auto const texts = texts_of(fixture, "texts");
    auto const embedder = Embedder::load(fixture.folder, {});
    EXPECT_EQ(embedder.options().max_length, 48);  // the longest text has more tokens
    EXPECT_LE(test::away(matrix(embedder.embed(texts), texts.size()), fixture.expected("embeddings")), 1e-5);
}

TEST(TextParity, logits_of_texts_and_pairs)
{
    test::Fixture const fixture("tiny-classifier");
    auto const texts = texts_of(fixture, "texts");
    auto const model = TextClassifier::load(fixture.folder, {});
    auto const found = model.classify(texts, {}, 64);
    EXPECT_LE(test::away(matrix(found.logits, texts.size()), fixture.expected("logits")), 1e-5);

    std::vector<std::string> first, second;
    for (auto const& pair : fixture.cases.at("pairs")) {
        first.push_back(pair.at(0));
        second.push_back(pair.at(1));
    }
    auto const pairs = model.classify(first, second, 64);
    EXPECT_LE(test::away(matrix(pairs.logits, first.size()), fixture.expected("pair_logits")), 1e-5);
}

FineTuneOptions recipe_of(test::Fixture const& fixture)
{
    auto const& recipe = fixture.cases.at("training");
    FineTuneOptions out;
    out.epochs = recipe.at("epochs");
    out.batch = recipe.at("batch");
    out.learning_rate = recipe.at("learning_rate");
    out.weight_decay = recipe.at("weight_decay");
    out.gradient_clip = recipe.at("gradient_clip");
    out.dropout = false;
    out.max_length = 64;
    return out;
}

TEST(TextParity, parameters_after_the_trainers_three_epochs)
{
    test::Fixture const fixture("tiny-classifier");
    auto const texts = texts_of(fixture, "training_texts");
    auto const labels = fixture.cases.at("training_labels").get<std::vector<std::int32_t>>();
    auto const stride = fixture.cases.at("training").at("stride").get<std::int64_t>();
    for (int const micro_batch : {0, 3}) {
        auto model = TextClassifier::load(fixture.folder, {});
        auto options = recipe_of(fixture);
        options.micro_batch = micro_batch;
        model.fine_tune(texts, {}, labels, {}, options, {});

        ablatrix::test::TemporaryFolder const folder;
        model.save(folder.path());
        auto const saved = Safetensors::open(folder.path());
        EXPECT_EQ(saved.tensors().size(), Safetensors::open(fixture.folder).tensors().size());
        for (auto const& [name, view] : saved.tensors()) {
            auto const found = test::tensor_of(view);
            auto const sample = found.flatten().slice(0, 0, {}, stride);
            double const bound = 2e-5 * std::max(1.0, found.abs().max().item<double>());
            EXPECT_LE(test::away(sample, fixture.expected("trained." + name)), bound) << name;
        }
    }
}

}  // namespace
}  // namespace ablatrix::nn
