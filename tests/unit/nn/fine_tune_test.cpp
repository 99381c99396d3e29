#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "src/nn/detail/fine_tune.hpp"
#include "src/nn/detail/row_groups.hpp"
#include "src/nn/detail/threads.hpp"
#include "src/nn/detail/transfer.hpp"
#include "unit/nn/sample_training.hpp"

// Agreement with transformers' Trainer is the matter of parity/.

namespace ablatrix::nn::detail {
namespace {

double farthest(std::vector<float> const& a, std::vector<float> const& b)
{
    EXPECT_EQ(a.size(), b.size());
    double out = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        out = std::max(out, static_cast<double>(std::abs(a[i] - b[i])));
    return out;
}

bool all_finite(std::vector<float> const& values)
{
    return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
}

TEST(BatchOrder, IsAPermutationOfItsOwnForEverySeedFoldAndEpoch)
{
    auto const order = batch_order(100, {42, 3}, 1);
    auto sorted = order;
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, all_rows(100));
    EXPECT_EQ(order, batch_order(100, {42, 3}, 1));
    EXPECT_NE(order, batch_order(100, {42, 3}, 0));
    EXPECT_NE(order, batch_order(100, {42, 2}, 1));
    EXPECT_NE(order, batch_order(100, {43, 3}, 1));
}

TEST(RowGroups, AreSortedByLengthAndBounded)
{
    text::TokenRows tokens;
    tokens.row_begin = {0, 5, 7, 17, 20, 22};  // lengths 5 2 10 3 2
    using Groups = std::vector<std::vector<std::size_t>>;
    auto const groups = [&](std::vector<std::size_t> rows, std::size_t most_rows, std::int64_t most_tokens) {
        return group_by_length(tokens, std::move(rows), most_rows, most_tokens, /*padded=*/false);
    };
    EXPECT_EQ(groups(all_rows(5), 2, 100), (Groups{{1, 4}, {3, 0}, {2}}));
    EXPECT_EQ(groups(all_rows(5), 5, 8), (Groups{{1, 4, 3}, {0}, {2}}));  // row 2 is longer than 8
    EXPECT_EQ(groups({4, 3, 1}, 5, 8), (Groups{{4, 1, 3}}));
    EXPECT_EQ(group_by_length(tokens, all_rows(5), 5, 8, /*padded=*/true), (Groups{{1, 4}, {3}, {0}, {2}}));
}

/// Keeps what each pass computes on: rows times the longest of them.
struct Watched : Backbone
{
    at::Tensor hidden(Batch const&, Dropout const&) override { return {}; }
    at::Tensor sentence(Batch const& batch, Dropout const&) override
    {
        places.push_back(batch.rows() * batch.longest());
        return at::zeros({batch.rows(), 16});
    }
    bool pads(at::Device) const override { return true; }
    std::vector<std::int64_t> places;
};

TEST(Evaluate, ALongRowDoesNotFillUpManyShortOnes)
{
    Rows rows(0);
    for (std::int64_t i = 1; i <= 600; ++i)
        rows.tokens.row_begin.push_back(3 * i);
    rows.tokens.row_begin.push_back(3 * 600 + 200);
    rows.tokens.id.assign(2000, 5);
    rows.tokens.type.assign(2000, 0);
    Classifier const classifier;
    Watched backbone;
    auto const found = evaluate({backbone, *classifier.sample.head, at::kCPU, 3}, rows.tokens);
    EXPECT_EQ(backbone.places, (std::vector<std::int64_t>{1800, 200}));
    EXPECT_EQ(found.logits.size(0), 601);
    EXPECT_FALSE(found.sentences.defined()) << "nobody asked for them";
}

TEST(Evaluate, KnowsWhichFamiliesPadWhere)
{
    auto config = tiny_bert();
    EXPECT_FALSE(make_backbone(config, Precision::fp32)->pads(at::kCPU));
    EXPECT_TRUE(make_backbone(config, Precision::fp32)->pads(at::kCUDA));
    config.family = Family::deberta_v2;
    EXPECT_TRUE(make_backbone(config, Precision::fp32)->pads(at::kCPU));
}

TEST(FineTune, GivesTheSameBitsAgain)
{
    Rows const rows(18);
    Classifier first, second;
    auto const a = first.train(rows, options());
    auto const b = second.train(rows, options());
    EXPECT_EQ(first.encoder(), second.encoder());
    EXPECT_EQ(first.head(), second.head());
    EXPECT_EQ(a.train_margin, b.train_margin);
    EXPECT_EQ(a.final_loss, b.final_loss);
}

TEST(FineTune, DependsOnTheFold)
{
    Rows const rows(18);
    Classifier first, second;
    first.train(rows, options(), {}, {7, 1});
    second.train(rows, options(), {}, {7, 2});
    EXPECT_NE(first.encoder(), second.encoder());
}

TEST(FineTune, DoesNotDependOnTheNumberOfThreads)
{
    Rows const rows(18);
    std::vector<std::vector<float>> found;
    for (int const count : {1, 2}) {
        Threads const threads(count);
        Classifier classifier;
        classifier.train(rows, options());
        found.push_back(classifier.encoder());
    }
    EXPECT_EQ(found[0], found[1]);
}

// Large enough for libtorch to share products, sums and norms out among its threads.
TEST(FineTune, DoesNotDependOnThreadsThatShareAPass)
{
    auto config = tiny_bert();
    config.hidden = config.embedding = 64;
    config.ffn = 256;
    Rows const rows(64, 18);
    auto recipe = options();
    recipe.batch = 64;
    recipe.warmup_ratio = 0;
    std::vector<std::vector<float>> encoder, head;
    for (int const count : {1, 2}) {
        Threads const threads(count);
        Classifier classifier(config);
        classifier.train(rows, recipe);
        encoder.push_back(classifier.encoder());
        head.push_back(classifier.head());
    }
    EXPECT_EQ(encoder[0], encoder[1]);
    EXPECT_EQ(head[0], head[1]);
}

TEST(OrderedSum, DoesNotDependOnTheNumberOfThreads)
{
    auto const values = (at::arange(140000, at::kDouble) * 0.7).sin().mul(8).exp();
    std::vector<double> found;
    for (int const count : {1, 2, 3}) {
        Threads const threads(count);
        found.push_back(ordered_sum(values));
    }
    EXPECT_EQ(found[0], found[1]);
    EXPECT_EQ(found[0], found[2]);
}

// With dropout: its masks belong to examples, not to places in a batch.
TEST(FineTune, DoesNotDependOnMicroBatches)
{
    Rows const rows(18);
    std::vector<std::vector<float>> parameters, margins;
    for (int const micro_batch : {0, 1, 3}) {
        auto recipe = options();
        recipe.micro_batch = micro_batch;
        Classifier classifier;
        margins.push_back(classifier.train(rows, recipe).train_margin);
        parameters.push_back(classifier.encoder());
    }
    for (std::size_t i = 1; i < parameters.size(); ++i) {
        EXPECT_LT(farthest(parameters[0], parameters[i]), 2e-5);
        EXPECT_LT(farthest(margins[0], margins[i]), 2e-5);
    }
}

// Weighted by examples, 2 batches of 3 rows (the last of 2 and then none) are one batch of 6 rows.
TEST(FineTune, AccumulatesTheMeanOverAllRowsOfAStep)
{
    Rows const rows(20);
    auto accumulated = options();
    accumulated.batch = 3;
    accumulated.accumulation = 2;
    auto whole = options();
    whole.batch = 6;
    Classifier first, second;
    first.train(rows, accumulated);
    second.train(rows, whole);
    EXPECT_LT(farthest(first.encoder(), second.encoder()), 2e-5);
    EXPECT_LT(farthest(first.head(), second.head()), 2e-5);
}

TEST(FineTune, DropoutCanBeLeftOut)
{
    Rows const rows(18);
    auto without = options();
    without.dropout = false;
    auto rates_of_zero = tiny_bert();
    rates_of_zero.hidden_dropout = rates_of_zero.attention_dropout = rates_of_zero.classifier_dropout = 0;
    Classifier first, second(rates_of_zero), third;
    first.train(rows, without);
    second.train(rows, options());
    third.train(rows, options());
    EXPECT_EQ(first.encoder(), second.encoder());
    EXPECT_GT(farthest(first.encoder(), third.encoder()), 1e-4);
}

TEST(FineTune, RecordsDynamicsOfEveryRowAndEpoch)
{
    Rows const rows(18);
    auto recipe = options();
    recipe.epochs = 3;
    Classifier classifier;
    auto const found = classifier.train(rows, recipe);
    EXPECT_EQ(found.loss.size(), 3 * 18u);
    EXPECT_EQ(found.train_margin.size(), 3 * 18u);
    EXPECT_EQ(found.eval_margin.size(), 3 * 18u);
    EXPECT_EQ(found.epoch_loss.size(), 3u);

    // The last epoch's are those of the trained model: a second implementation of both from its logits.
    auto const logits = evaluate(classifier.modules(), rows.tokens).logits;
    double sum = 0;
    for (std::size_t i = 0; i < 18; ++i) {
        auto const* z = logits.data_ptr<float>() + 3 * i;
        auto const y = rows.labels[i];
        double other = -std::numeric_limits<double>::infinity(), normaliser = 0;
        for (int c = 0; c < 3; ++c) {
            normaliser += std::exp(static_cast<double>(z[c]));
            if (c != y) other = std::max<double>(other, z[c]);
        }
        EXPECT_NEAR(found.eval_margin[36 + i], z[y] - other, 1e-5);
        EXPECT_NEAR(found.loss[36 + i], std::log(normaliser) - z[y], 1e-5);
        sum += std::log(normaliser) - z[y];
    }
    EXPECT_NEAR(found.final_loss, sum / 18, 1e-5);
}

// One batch holds all rows and its update has rate 0: the first epoch trains nothing.
TEST(FineTune, MarginsOfTrainingAreThoseThatTheForwardPassesSaw)
{
    Rows const rows(18);
    auto recipe = options();
    recipe.batch = 18;
    recipe.dropout = false;
    recipe.warmup_ratio = 0.5;
    Classifier classifier;
    auto const found = classifier.train(rows, recipe);
    std::vector<float> const seen(found.train_margin.begin(), found.train_margin.begin() + 18);
    std::vector<float> const evaluated(found.eval_margin.begin(), found.eval_margin.begin() + 18);
    std::vector<float> const seen_next(found.train_margin.begin() + 18, found.train_margin.end());
    EXPECT_LT(farthest(seen, evaluated), 1e-5);
    EXPECT_LT(farthest(seen_next, evaluated), 1e-5);
    EXPECT_NEAR(found.epoch_loss[0], found.epoch_loss[1], 1e-6);
}

TEST(FineTune, KeepsDynamicsToItselfUnlessAsked)
{
    Rows const rows(18);
    Classifier classifier;
    auto const found = fine_tune(classifier.modules(), {rows.tokens, rows.labels, {}}, options(), {}, {});
    EXPECT_TRUE(found.loss.empty() && found.train_margin.empty() && found.eval_margin.empty());
    EXPECT_EQ(found.epoch_loss.size(), 2u);
    EXPECT_EQ(found.final_loss, 0);
}

TEST(FineTune, OfTheHeadAloneLeavesTheEncoderAsItIs)
{
    Rows const rows(18);
    Classifier classifier;
    auto const encoder = classifier.encoder(), head = classifier.head();
    auto recipe = options();
    recipe.trained = Trained::head;
    auto const found = classifier.train(rows, recipe);
    EXPECT_EQ(classifier.encoder(), encoder);
    EXPECT_GT(farthest(classifier.head(), head), 1e-4);
    EXPECT_EQ(found.train_margin.size(), 2 * 18u);
    EXPECT_TRUE(all_finite(found.eval_margin));
    auto const logits = evaluate(classifier.modules(), rows.tokens).logits;
    auto const loss =
        at::cross_entropy_loss(logits, at::tensor(std::vector<std::int64_t>(rows.labels.begin(), rows.labels.end())));
    EXPECT_NEAR(found.final_loss, loss.item<double>(), 1e-5);
}

TEST(FineTune, ChangesNothingWithRowsOfWeightZero)
{
    Rows const rows(18);
    Classifier classifier;
    auto const encoder = classifier.encoder(), head = classifier.head();
    auto const found = classifier.train(rows, options(), std::vector<float>(18, 0.0f));
    EXPECT_EQ(classifier.encoder(), encoder);
    EXPECT_EQ(classifier.head(), head);
    EXPECT_TRUE(all_finite(found.train_margin));
    EXPECT_EQ(found.epoch_loss[0], 0);
}

// One batch, no dropout: order and keys do not matter.
TEST(FineTune, RowsOfWeightZeroCountAsAbsent)
{
    Rows const rows(18);
    std::vector<float> weights(18, 1.0f);
    for (auto const i : {1, 5, 6, 17})
        weights[static_cast<std::size_t>(i)] = 0;
    auto recipe = options();
    recipe.batch = 18;
    recipe.epochs = 3;
    recipe.dropout = false;
    Classifier with, without;
    with.train(rows, recipe, weights);
    without.train(rows.only(weights), recipe);
    EXPECT_LT(farthest(with.encoder(), without.encoder()), 2e-5);
}

class FineTuneFamily : public testing::TestWithParam<char const*>
{
  protected:
    EncoderConfig const config =
        read_encoder_config(std::filesystem::path(ABLATRIX_SOURCE_DIR) / "tests/parity/models" / GetParam());
};

TEST_P(FineTuneFamily, DependsNeitherOnMicroBatchesNorOnThreads)
{
    Rows const rows(18);
    auto recipe = options();
    Classifier whole(config), cut(config), threaded(config);
    auto const expected = whole.train(rows, recipe);
    EXPECT_GT(expected.final_loss, 0);
    {
        Threads const two(2);
        auto const found = threaded.train(rows, recipe);
        EXPECT_EQ(found.train_margin, expected.train_margin);
        EXPECT_EQ(threaded.encoder(), whole.encoder());
    }
    recipe.micro_batch = 3;
    EXPECT_LT(farthest(cut.train(rows, recipe).train_margin, expected.train_margin), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Of, FineTuneFamily,
                         testing::Values("bert-tiny", "roberta-tiny", "electra-tiny", "deberta-tiny-a", "bart-tiny"),
                         [](auto const& info) {
                             std::string const name = info.param;
                             return name.substr(0, name.find('-'));
                         });

TEST(FineTune, InBfloat16KeepsParametersInFloat32AndComesClose)
{
    Rows const rows(18);
    auto recipe = options();
    recipe.dropout = false;
    Classifier exact, rounded;
    auto const backbone = make_backbone(tiny_bert(), Precision::bf16);
    randomize(*backbone, 1);
    randomize(*exact.sample.backbone, 1);
    auto const expected = exact.train(rows, recipe);
    ClassifierModules const modules{*backbone, *rounded.sample.head, at::kCPU, 3};
    auto const found = fine_tune(modules, {rows.tokens, rows.labels, {}}, recipe, {7, 1}, {.record_dynamics = true});
    for (auto const& parameter : backbone->parameters())
        EXPECT_EQ(parameter.scalar_type(), at::kFloat);
    EXPECT_NE(found.final_loss, expected.final_loss);
    EXPECT_NEAR(found.final_loss, expected.final_loss, 0.05 * expected.final_loss);
}

TEST(FineTune, LearnsWhichTokenStandsInARow)
{
    Rows const rows(60);
    auto recipe = options();
    recipe.epochs = 20;
    recipe.batch = 8;
    recipe.learning_rate = 5e-3;
    Classifier classifier;
    auto const found = classifier.train(rows, recipe);
    EXPECT_GT(found.epoch_loss.front(), 0.8);
    EXPECT_LT(found.final_loss, 0.1);
    auto const right =
        std::count_if(found.eval_margin.end() - 60, found.eval_margin.end(), [](float m) { return m > 0; });
    EXPECT_EQ(right, 60);
}

TEST(FineTune, TellsProgressOfEveryStep)
{
    Rows const rows(18);
    Classifier classifier;
    std::vector<std::int64_t> steps;
    std::vector<int> epochs;
    auto const hear = [&](FineTuneProgress const& progress) {
        steps.push_back(progress.step);
        epochs.push_back(progress.epoch);
        EXPECT_EQ(progress.steps, 10);
        EXPECT_TRUE(progress.loss > 0 && progress.loss < 20);
    };
    fine_tune(classifier.modules(), {rows.tokens, rows.labels, {}}, options(), {}, {.progress = hear});
    EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(epochs, (std::vector<int>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
}

TEST(FineTune, NamesEpochAndStepOfALossThatIsNotFinite)
{
    Rows const rows(18);
    auto recipe = options();
    recipe.learning_rate = 1e30;  // the second update, the first of a positive rate, destroys the parameters
    recipe.gradient_clip = 0;
    Classifier classifier;
    try {
        classifier.train(rows, recipe);
        FAIL() << "no error";
    }
    catch (Error const& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("the loss is not finite (fine-tuning, epoch 1, step 3 of 10)"));
    }
}

TEST(FineTune, RefusesWhatItCannotTrainOn)
{
    Rows const rows(4);
    Classifier classifier;
    auto wrong = rows;
    wrong.labels[2] = 3;
    EXPECT_THROW(classifier.train(wrong, options()), Error);
    EXPECT_THROW(classifier.train(Rows(0), options()), Error);
    EXPECT_THROW(classifier.train(rows, options(), {1, 1, -1, 1}), Error);
    auto none = options();
    none.epochs = 0;
    EXPECT_THROW(classifier.train(rows, none), Error);
}

}  // namespace
}  // namespace ablatrix::nn::detail
