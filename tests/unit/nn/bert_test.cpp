#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "detail/frozen.hpp"
#include "unit/nn/sample_encoders.hpp"

namespace ablatrix::nn {
namespace {

EncoderConfig tiny(Family family)
{
    EncoderConfig config;
    config.family = family;
    config.vocabulary = 200;
    config.hidden = 32;
    config.embedding = family == Family::electra ? 16 : 32;
    config.layers = 2;
    config.heads = 4;
    config.ffn = 64;
    config.positions = 42;
    config.types = family == Family::roberta ? 1 : 2;
    config.norm_epsilon = 1e-5;
    config.pad = family == Family::roberta ? 1 : 0;
    return config;
}

constexpr Family families[] = {Family::bert, Family::roberta, Family::electra};

/// Of one token, of as many as positions allow, of two segments, and with RoBERTa's padding id inside.
std::vector<oracle::Row> sample_rows(EncoderConfig const& config)
{
    std::vector<oracle::Row> out;
    for (std::int64_t const length : {std::int64_t{1}, config.longest_row(), std::int64_t{7}, std::int64_t{12}})
        out.push_back(random_row(length, 0, 200, static_cast<std::uint64_t>(length)));
    out[2].types = {0, 0, 0, 1, 1, 1, 1};
    out[3].ids[4] = 1;
    return out;
}

double difference(at::Tensor const& a, at::Tensor const& b)
{
    return a.sizes() == b.sizes() ? (a - b).abs().max().item<double>() : 1e9;
}

TEST(Bert, agrees_with_the_equations_in_double_precision)
{
    for (auto const family : families) {
        SampleEncoder const sample(tiny(family));
        EXPECT_LE(farthest_from_oracle(sample, sample_rows(sample.config)), 1e-5);
        detail::Frozen const frozen(*sample.backbone);
        EXPECT_LE(farthest_from_oracle(sample, sample_rows(sample.config)), 1e-5);
    }
}

TEST(Bert, is_not_near_the_equations_with_a_state_that_is_no_number)
{
    SampleEncoder const sample(tiny(Family::bert));
    torch::NoGradGuard const no_grad;
    sample.backbone->named_parameters()["encoder.layer.0.output.dense.bias"].fill_(NAN);
    EXPECT_TRUE(std::isnan(farthest_from_oracle(sample, sample_rows(sample.config))));
}

TEST(Bert, has_the_gradients_of_the_equations)
{
    for (auto const family : families) {
        SampleEncoder sample(tiny(family));
        EXPECT_LE(farthest_gradient(sample, {random_row(5, 0, 200, 1), random_row(9, 0, 200, 2)}, 60), 1e-5);
    }
}

TEST(Bert, states_of_a_row_do_not_depend_on_order_nor_company_and_repeat_bit_for_bit)
{
    for (auto const family : families) {
        SampleEncoder const sample(tiny(family));
        auto rows = sample_rows(sample.config);
        auto const whole = sample.sentence(rows);
        EXPECT_TRUE(sample.sentence(rows).equal(whole));
        std::ranges::reverse(rows);
        EXPECT_LE(difference(sample.sentence(rows).flip(0), whole), 2e-5);
        for (std::int64_t b = 0; b < 4; ++b)
            EXPECT_LE(difference(sample.sentence({rows[static_cast<std::size_t>(3 - b)]})[0], whole[b]), 2e-5);
    }
}

TEST(Bert, pruned_last_layer_gives_the_first_state_and_its_gradients_in_training)
{
    SampleEncoder const sample(tiny(Family::bert));
    auto const batch = batch_of(sample_rows(sample.config));
    detail::Dropout const dropout(3, 0, 1);
    std::vector<at::Tensor> gradients[2];
    at::Tensor states[2];
    for (bool const pruned : {false, true}) {
        sample.backbone->zero_grad();
        auto const all = pruned ? sample.backbone->sentence(batch, dropout)
                                : sample.backbone->hidden(batch, dropout).index_select(0, batch.first);
        (all * at::linspace(-1, 1, all.numel()).view(all.sizes())).sum().backward();
        states[pruned] = all.detach();
        for (auto const& parameter : sample.backbone->parameters())
            gradients[pruned].push_back(parameter.grad().clone());
    }
    EXPECT_LE(difference(states[0], states[1]), 1e-6);
    for (std::size_t i = 0; i < gradients[0].size(); ++i)
        EXPECT_LE(difference(gradients[0][i], gradients[1][i]), 2e-5) << i;
}

TEST(Bert, takes_no_rows_and_hardly_depends_on_threads)
{
    SampleEncoder const sample(tiny(Family::roberta));
    EXPECT_EQ(sample.hidden({}).size(0), 0);
    auto const rows = sample_rows(sample.config);
    auto const before = at::get_num_threads();
    at::set_num_threads(1);
    auto const one = sample.hidden(rows);
    at::set_num_threads(2);
    auto const two = sample.hidden(rows);
    at::set_num_threads(before);
    EXPECT_LE(difference(one, two), 1e-6);
}

}  // namespace
}  // namespace ablatrix::nn
