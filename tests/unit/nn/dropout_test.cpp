#include "detail/dropout.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "detail/dropout_kernel.hpp"
#include "packed_rows.hpp"

namespace ablatrix::nn::detail {
namespace {

using Site = Dropout::Site;

at::Tensor token_mask(Dropout const& dropout, Batch const& batch, std::int64_t width, std::uint32_t layer = 3,
                      Site site = Site::ffn_output)
{
    return dropout.apply(at::ones({batch.tokens(), width}), 0.1, layer, site, batch);
}

TEST(Dropout, masks_are_the_documented_philox_words)
{
    auto const rows = random_rows({5, 7}, 30);
    auto batch = whole_batch(rows);
    batch.example[1] = 0x1234567890ULL;
    Dropout const dropout(11, 2, 4);

    auto const mask = token_mask(dropout, batch, 6);

    auto const key = base::Stream(11, "dropout", 2).next();
    for (std::int64_t t = 0; t < 7; ++t) {
        for (std::int64_t c = 0; c < 6; ++c) {
            auto const element = static_cast<std::uint32_t>(t * 6 + c);
            std::uint32_t out[4];
            base::philox4x32({element / 4, (4U << 16) + (3U << 8) + 3U, 0x34567890U, 0x12U},
                             {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}, out);
            bool const kept = out[element % 4] >= std::llround(0.1 * 0x1p32);
            EXPECT_EQ(mask[5 + t][c].item<float>(), kept ? 1 / 0.9F : 0.0F) << t << ' ' << c;
        }
    }
}

TEST(Dropout, mask_of_a_row_does_not_depend_on_the_rows_around_it)
{
    auto const rows = random_rows({3, 9, 1, 17, 4}, 30);
    Dropout const dropout(1, 0, 2);
    auto const whole = whole_batch(rows);
    auto const together = token_mask(dropout, whole, 20);
    auto const scores = dropout.attention_mask(0.1, 1, Site::attention, whole, 3);
    auto const sentences = dropout.apply(at::ones({5, 8}), 0.5, 0, Site::classifier, whole);
    for (std::size_t const i : {4, 1, 3}) {
        auto const pair = batch_of(rows, {2, i});
        auto const b = static_cast<std::int64_t>(i), length = pair.length(1);
        EXPECT_TRUE(row_of(token_mask(dropout, pair, 20), pair, 1).equal(row_of(together, whole, b)));
        auto const alone = dropout.attention_mask(0.1, 1, Site::attention, pair, 3);
        auto const cut = [&](at::Tensor const& x) { return x.slice(1, 0, length).slice(2, 0, length); };
        EXPECT_TRUE(cut(alone[1]).equal(cut(scores[b])));
        EXPECT_TRUE(dropout.apply(at::ones({2, 8}), 0.5, 0, Site::classifier, pair)[1].equal(sentences[b]));
    }
}

TEST(Dropout, masks_differ_in_every_part_of_their_key)
{
    auto const rows = random_rows({40, 40}, 30);
    auto const batch = whole_batch(rows);
    auto const mask = token_mask(Dropout(1, 2, 3), batch, 16);
    auto const differs = [&](at::Tensor const& other) {
        return other.ne(mask).to(at::kFloat).mean().item<double>() > 0.1;
    };
    EXPECT_TRUE(differs(token_mask(Dropout(2, 2, 3), batch, 16)));
    EXPECT_TRUE(differs(token_mask(Dropout(1, 1, 3), batch, 16)));
    EXPECT_TRUE(differs(token_mask(Dropout(1, 2, 4), batch, 16)));
    EXPECT_TRUE(differs(token_mask(Dropout(1, 2, 3), batch, 16, 4)));
    EXPECT_TRUE(differs(token_mask(Dropout(1, 2, 3), batch, 16, 3, Site::attention_output)));
    EXPECT_GT(row_of(mask, batch, 0).ne(row_of(mask, batch, 1)).to(at::kFloat).mean().item<double>(), 0.1);
}

TEST(Dropout, keeps_its_share_and_preserves_the_mean)
{
    auto const batch = whole_batch(random_rows(std::vector<std::int64_t>(50, 40), 30));
    auto const mask = token_mask(Dropout(3, 0, 0), batch, 128);
    auto const n = static_cast<double>(mask.numel());
    double const kept = mask.gt(0).sum().item<double>();
    EXPECT_NEAR(kept, 0.9 * n, 5 * std::sqrt(0.09 * n));
    EXPECT_NEAR(mask.mean().item<double>(), 1, 5 * std::sqrt(0.1 / 0.9 / n));
    auto const by_lane = mask.gt(0).to(at::kFloat).view({-1, 4}).mean(0);  // each word of a Philox block
    EXPECT_LT((by_lane - 0.9).abs().max().item<double>(), 5 * std::sqrt(0.09 * 4 / n));
}

TEST(Dropout, tensor_operations_draw_the_same_numbers_as_the_kernel)
{
    auto const key = Dropout(9, 1, 65535).key(0.3, 200, Site::convolution);
    for (auto const begin : {std::int64_t{0}, std::int64_t{2}, (std::int64_t{1} << 33) + 5}) {
        auto const element = at::arange(begin, begin + 301, at::kLong);
        auto filled = at::empty({301});
        fill_mask(filled.data_ptr<float>(), begin, 301, key, 0xFFFFFFFF00000007ULL);
        auto const example = at::full({1}, static_cast<std::int64_t>(0xFFFFFFFF00000007ULL), at::kLong);
        EXPECT_TRUE(mask_by_tensors(element, example, key).equal(filled)) << begin;
    }
}

TEST(Dropout, masks_drawn_on_a_device_are_those_of_the_cpu)
{
    auto const rows = random_rows({3, 9, 1}, 30);
    auto const batch = batch_of(rows, {2, 1, 0});
    auto there = batch;
    add_mask_keys(there);
    Dropout const dropout(1, 0, 2);
    EXPECT_TRUE(token_mask(dropout, there, 20).equal(token_mask(dropout, batch, 20)));
    auto const sentences = [&](Batch const& of) {
        return dropout.apply(at::ones({3, 8}), 0.5, 0, Site::classifier, of);
    };
    EXPECT_TRUE(sentences(there).equal(sentences(batch)));
    auto const scores = [&](Batch const& of, std::int64_t b) {
        auto const length = of.length(b);
        return dropout.attention_mask(0.1, 1, Site::attention, of, 3)[b].slice(1, 0, length).slice(2, 0, length);
    };
    for (std::int64_t b = 0; b < 3; ++b)
        EXPECT_TRUE(scores(there, b).equal(scores(batch, b))) << b;
    EXPECT_FALSE(batch.example_there.defined()) << "nothing that the CPU would not read";
}

TEST(Dropout, gradient_passes_where_values_passed)
{
    auto const batch = whole_batch(random_rows({6, 3}, 30));
    auto const x = at::randn({9, 4}).set_requires_grad(true);
    Dropout const dropout(7, 0, 0);
    dropout.apply(x, 0.5, 0, Site::embedding, batch).sum().backward();
    EXPECT_TRUE(x.grad().equal(dropout.apply(at::ones({9, 4}), 0.5, 0, Site::embedding, batch)));
    EXPECT_TRUE(Dropout().apply(x, 0.5, 0, Site::embedding, batch).is_same(x));
}

TEST(Dropout, shared_masks_follow_the_step)
{
    auto const ones = at::ones({32, 16});
    auto const mask = [&](std::uint64_t step) {
        return Dropout(1, 0, 0, step).apply_shared(ones, 0.5, 1, Site::relative);
    };
    EXPECT_TRUE(mask(5).equal(mask(5)));
    EXPECT_GT(mask(5).ne(mask(6)).to(at::kFloat).mean().item<double>(), 0.3);
}

TEST(Dropout, masks_do_not_depend_on_threads)
{
    auto const batch = whole_batch(random_rows(std::vector<std::int64_t>(64, 33), 30));
    auto const before = at::get_num_threads();
    at::set_num_threads(1);
    auto const one = token_mask(Dropout(1, 0, 0), batch, 64);
    at::set_num_threads(2);
    auto const two = token_mask(Dropout(1, 0, 0), batch, 64);
    at::set_num_threads(before);
    EXPECT_TRUE(one.equal(two));
}

}  // namespace
}  // namespace ablatrix::nn::detail
