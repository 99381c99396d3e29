// Numbers of transformers, from tests/parity/make_model_fixtures.py, for a tiny random model of every family.

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>

#include "detail/adamw.hpp"
#include "detail/arena.hpp"
#include "detail/backbone.hpp"
#include "detail/checkpoint.hpp"
#include "detail/checkpoint_names.hpp"
#include "detail/schedule.hpp"
#include "detail/span_head.hpp"
#include "fixture.hpp"

namespace ablatrix::nn {
namespace {

constexpr double tolerance = 1e-5;           // of states, logits and losses
constexpr double gradient_tolerance = 2e-5;  // relative to the largest entry of the tensor
constexpr double rounding_floor = 1e-6;      // of the model's largest gradient: what is zero but for rounding

detail::Dropout const no_dropout;

/// Name in the file of a backbone's or a head's parameter.
std::string file_name(EncoderConfig const& config, std::string const& name, bool of_head)
{
    bool const below_prefix = !of_head || (config.family == Family::bert && name.starts_with("pooler."));
    return (below_prefix ? std::string(detail::checkpoint_prefix(config.family)) : "") + name;
}

struct Model
{
    explicit Model(test::Fixture const& fixture)
        : config(read_encoder_config(fixture.folder)), backbone(detail::make_backbone(config, Precision::fp32))
    {
        if (fixture.batch("labelled").labels.empty()) {
            span = std::make_shared<detail::SpanHead>(config);
        }
        else {
            classifier = detail::make_classifier_head(config, static_cast<std::int64_t>(config.labels.size()));
        }
        detail::load_checkpoint(Safetensors::open(fixture.folder), config, *backbone, &head());
        backbone->eval();
        head().eval();
    }

    torch::nn::Module& head() const
    {
        return span ? static_cast<torch::nn::Module&>(*span) : static_cast<torch::nn::Module&>(*classifier);
    }

    /// [rows x labels]; span QA: [T x 2]
    at::Tensor logits(detail::Batch const& batch) const
    {
        if (span) return span->logits(backbone->hidden(batch, no_dropout));
        return classifier->logits(backbone->sentence(batch, no_dropout), batch, no_dropout);
    }

    /// Sum of the losses of rows [begin, end) / \p examples.
    at::Tensor share_of_loss(test::FixtureBatch const& batch, std::size_t begin, std::size_t end,
                             std::size_t examples) const
    {
        auto const rows = batch.range(begin, end);
        auto const found = logits(rows);
        if (span) {
            std::span const starts(batch.starts), ends(batch.ends);
            auto const share = static_cast<double>(end - begin) / static_cast<double>(examples);
            return detail::span_loss(found, rows, starts.subspan(begin, end - begin),
                                     ends.subspan(begin, end - begin)) *
                   share;
        }
        auto const labels =
            at::tensor(batch.labels).slice(0, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end));
        return at::cross_entropy_loss(found, labels, {}, at::Reduction::Sum) / static_cast<double>(examples);
    }

    /// All parameters under the names of the file.
    std::vector<detail::NamedParameter> parameters() const
    {
        std::vector<detail::NamedParameter> out;
        for (auto const& p : backbone->named_parameters())
            out.push_back({file_name(config, p.key(), false), p.value()});
        for (auto const& p : head().named_parameters())
            out.push_back({file_name(config, p.key(), true), p.value()});
        return out;
    }

    EncoderConfig config;
    std::shared_ptr<detail::Backbone> backbone;
    std::shared_ptr<detail::Head> classifier;
    std::shared_ptr<detail::SpanHead> span;
};

at::Tensor every(std::int64_t stride, at::Tensor const& x)
{
    return x.detach().flatten().slice(0, 0, {}, stride);
}

/// The backbone cut off behind \p layers layers: its last hidden states are the whole model's states there.
std::shared_ptr<detail::Backbone> first_layers(test::Fixture const& fixture, std::int64_t layers)
{
    auto config = read_encoder_config(fixture.folder);
    (config.family == Family::bart ? config.decoder_layers : config.layers) = layers;
    auto backbone = detail::make_backbone(config, Precision::fp32);
    auto const file = Safetensors::open(fixture.folder);
    c10::NoGradGuard const no_gradients;
    for (auto& p : backbone->named_parameters()) {
        p.value().copy_(test::tensor_of(file.tensors().at(file_name(config, p.key(), false))));
    }
    backbone->eval();
    return backbone;
}

void compare_states(test::Fixture const& fixture)
{
    c10::NoGradGuard const no_gradients;
    auto const config = read_encoder_config(fixture.folder);
    bool const bart = config.family == Family::bart;
    for (auto const& [name, batch] : fixture.batches) {
        if (name == "training") continue;
        for (std::int64_t layer = 0; layer <= (bart ? config.decoder_layers : config.layers); ++layer) {
            auto const key = name + (bart ? ".decoder." : ".hidden.") + std::to_string(layer);
            auto const found = first_layers(fixture, layer)->hidden(batch.all(), no_dropout);
            EXPECT_LE(test::away(found, fixture.expected(key)), tolerance) << key;
        }
    }
}

void compare_logits(test::Fixture const& fixture)
{
    c10::NoGradGuard const no_gradients;
    Model const model(fixture);
    for (auto const& [name, batch] : fixture.batches) {
        // A row that begins with padding, or is nothing else, has logits of padding in the reference.
        if (name == "training" || (!model.span && (name == "left" || name == "padded"))) continue;
        EXPECT_LE(test::away(model.logits(batch.all()), fixture.expected(name + ".logits")), tolerance) << name;
        if (!fixture.has(name + ".loss")) continue;
        auto const loss = model.share_of_loss(batch, 0, batch.rows.rows(), batch.rows.rows());
        EXPECT_LE(test::away(loss, fixture.expected(name + ".loss")), tolerance) << name;
    }
}

void compare_rows(test::Fixture const& fixture)
{
    c10::NoGradGuard const no_gradients;
    Model const model(fixture);
    auto const& batch = fixture.batch("labelled");
    auto const expected = fixture.expected("labelled.logits");
    for (std::size_t i = 0; i < batch.rows.rows(); ++i) {
        std::int64_t const begin = model.span ? batch.rows.row_begin[i] : static_cast<std::int64_t>(i);
        std::int64_t const end = model.span ? batch.rows.row_begin[i + 1] : begin + 1;
        EXPECT_LE(test::away(model.logits(batch.range(i, i + 1)), expected.slice(0, begin, end)), tolerance) << i;
    }
}

void compare_gradients(test::Fixture const& fixture)
{
    Model const model(fixture);
    auto const& batch = fixture.batch("labelled");
    auto const loss = model.share_of_loss(batch, 0, batch.rows.rows(), batch.rows.rows());
    EXPECT_LE(test::away(loss, fixture.expected("labelled.loss")), tolerance);
    loss.backward();

    double largest = 0;
    for (auto const& p : model.parameters()) {
        largest = std::max(largest, fixture.expected("gradient." + p.name).abs().max().item<double>());
    }
    for (auto const& p : model.parameters()) {
        auto const expected = fixture.expected("gradient." + p.name);
        double const bound = gradient_tolerance * expected.abs().max().item<double>() + rounding_floor * largest;
        auto const found = p.tensor.grad().defined() ? p.tensor.grad() : at::zeros_like(p.tensor);
        EXPECT_LE(test::away(every(3, found), expected), bound) << p.name;
    }
}

void compare_training(test::Fixture const& fixture)
{
    Model const model(fixture);
    auto const& batch = fixture.batch("training");
    auto const& recipe = fixture.cases.at("training");
    auto const micro = recipe.at("batch").get<std::size_t>();
    std::size_t const per_update = micro * recipe.at("accumulation").get<std::size_t>();
    auto const updates = recipe.at("updates").get<std::int64_t>();

    detail::ParameterArena arena(model.parameters());
    detail::AdamW optimiser(arena, {.weight_decay = recipe.at("weight_decay"), .clip = recipe.at("gradient_clip")});
    detail::Schedule const schedule("linear", recipe.at("learning_rate"), 0.1, updates);
    ASSERT_EQ(schedule.warmup(), recipe.at("warmup_updates").get<std::int64_t>());
    for (std::int64_t update = 0; update < updates; ++update) {
        auto const begin = static_cast<std::size_t>(update) * per_update;
        auto const end = std::min(begin + per_update, batch.rows.rows());
        for (std::size_t i = begin; i < end; i += micro) {
            model.share_of_loss(batch, i, std::min(i + micro, end), end - begin).backward();
        }
        optimiser.step(schedule.rate(update));
    }
    auto const stride = recipe.at("stride").get<std::int64_t>();
    for (auto const& p : model.parameters()) {
        auto const expected = fixture.expected("trained." + p.name);
        double const bound = gradient_tolerance * std::max(1.0, p.tensor.detach().abs().max().item<double>());
        EXPECT_LE(test::away(every(stride, p.tensor), expected), bound) << p.name;
    }
}

/// One test looks at all models: starting a program takes longer than a model.
template <class Check>
void for_every_fixture(Check const& check)
{
    for (char const* const name :
         {"bert-tiny", "roberta-tiny", "electra-tiny", "electra-qa-tiny", "deberta-tiny-a", "deberta-tiny-b",
          "deberta-tiny-c", "deberta-tiny-p2c", "deberta-tiny-c2p", "bart-tiny"})
    {
        SCOPED_TRACE(name);
        check(test::Fixture(name));
    }
}

TEST(Parity, hidden_states_after_every_layer_are_those_of_transformers)
{
    for_every_fixture(compare_states);
}

TEST(Parity, logits_and_losses_are_those_of_transformers)
{
    for_every_fixture(compare_logits);
}

TEST(Parity, a_row_alone_has_the_logits_it_has_in_a_batch)
{
    for_every_fixture(compare_rows);
}

TEST(Parity, gradients_of_the_loss_are_those_of_transformers)
{
    for_every_fixture(compare_gradients);
}

TEST(Parity, updates_leave_the_parameters_that_the_trainer_leaves)
{
    for_every_fixture(compare_training);
}

}  // namespace
}  // namespace ablatrix::nn
