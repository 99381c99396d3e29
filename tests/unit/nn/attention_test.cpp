#include "detail/attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "detail/small_product.hpp"
#include "detail/vector_math.hpp"
#include "packed_rows.hpp"

namespace ablatrix::nn::detail {
namespace {

/// softmax(q k^T / sqrt(width)) v with plain loops in double; \p mask [heads x S x S] or undefined.
at::Tensor reference(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, std::int64_t heads, bool causal,
                     at::Tensor const& mask)
{
    auto const length = q.size(0), width = q.size(1) / heads;
    auto const out = at::zeros({length, q.size(1)}, at::kDouble);
    auto const value = [](at::Tensor const& x, std::int64_t i, std::int64_t c) {
        return double{x[i][c].item<float>()};
    };
    for (std::int64_t h = 0; h < heads; ++h) {
        for (std::int64_t i = 0; i < length; ++i) {
            auto const seen = causal ? i + 1 : length;
            std::vector<double> p(static_cast<std::size_t>(seen));
            double sum = 0;
            for (std::int64_t j = 0; j < seen; ++j) {
                double score = 0;
                for (std::int64_t c = h * width; c < (h + 1) * width; ++c)
                    score += value(q, i, c) * value(k, j, c);
                sum += p[static_cast<std::size_t>(j)] = std::exp(score / std::sqrt(static_cast<double>(width)));
            }
            for (std::int64_t j = 0; j < seen; ++j) {
                double const weight =
                    p[static_cast<std::size_t>(j)] / sum * (mask.defined() ? mask[h][i][j].item<float>() : 1);
                for (std::int64_t c = h * width; c < (h + 1) * width; ++c)
                    out[i][c] += weight * value(v, j, c);
            }
        }
    }
    return out;
}

struct Inputs
{
    Batch batch;
    at::Tensor q, k, v;
};

Inputs inputs_of(std::vector<std::int64_t> const& lengths, std::int64_t columns, std::int64_t queries = 0)
{
    at::manual_seed(4);
    Inputs out{whole_batch(random_rows(lengths, 30)), {}, {}, {}};
    auto const tokens = out.batch.tokens();
    out.q = at::randn({queries == 0 ? tokens : queries, columns}).mul_(2);
    out.k = at::randn({tokens, columns});
    out.v = at::randn({tokens, columns});
    return out;
}

AttentionOptions options_of(std::int64_t heads, bool causal = false, double dropout = 0)
{
    AttentionOptions out;
    out.heads = heads;
    out.causal = causal;
    out.dropout = dropout;
    out.layer = 2;
    return out;
}

TEST(Attention, equals_plain_loops_in_double)
{
    auto const in = inputs_of({1, 5, 17}, 24);
    for (bool const causal : {false, true}) {
        for (double const p : {0.0, 0.4}) {
            Dropout const dropout(3, 0, 1);
            auto const options = options_of(3, causal, p);
            auto const packed = attention(in.q, in.k, in.v, in.batch, dropout, options);
            auto const padded = padded_attention(in.q, in.k, in.v, in.batch, dropout, options);
            auto const mask = dropout.attention_mask(p, 2, Dropout::Site::attention, in.batch, 3);
            for (std::int64_t b = 0; b < 3; ++b) {
                auto const expected = reference(row_of(in.q, in.batch, b), row_of(in.k, in.batch, b),
                                                row_of(in.v, in.batch, b), 3, causal, mask[b]);
                EXPECT_LT(largest_difference(row_of(packed, in.batch, b), expected), 3e-6) << b << causal << p;
                EXPECT_LT(largest_difference(row_of(padded, in.batch, b), expected), 3e-6) << b << causal << p;
            }
        }
    }
}

/// Values and gradients of both implementations.
void expect_packed_equals_padded(Inputs const& in, AttentionOptions const& options,
                                 std::vector<std::int64_t> const& query)
{
    Dropout const dropout(8, 1, 0);
    auto const weights = at::randn(in.q.sizes());
    std::vector<at::Tensor> results[2];
    for (bool const packed : {false, true}) {
        auto const leaf = [](at::Tensor const& x) { return x.detach().clone().set_requires_grad(true); };
        auto const q = leaf(in.q), k = leaf(in.k), v = leaf(in.v);
        auto const out = packed ? attention(q, k, v, in.batch, dropout, options, query)
                                : padded_attention(q, k, v, in.batch, dropout, options, query);
        (out * weights).sum().backward();
        results[packed] = {out.detach(), q.grad(), k.grad(), v.grad()};
        c10::NoGradGuard const no_grad;
        if (packed) {
            EXPECT_TRUE(attention(in.q, in.k, in.v, in.batch, dropout, options, query).equal(out));
        }
    }
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_LT(largest_difference(results[0][i], results[1][i]), 2e-5) << i;
}

TEST(Attention, packed_and_padded_ways_agree_with_their_gradients)
{
    for (auto const columns : {16, 60, 128}) {  // heads of 4, 15 and 32
        auto const in = inputs_of({7, 1, 33, 16, 150}, columns);
        expect_packed_equals_padded(in, options_of(4), {});
        expect_packed_equals_padded(in, options_of(4, true), {});
        expect_packed_equals_padded(in, options_of(4, false, 0.2), {});
    }
}

TEST(Attention, one_query_a_row_is_that_line_of_all_queries)
{
    std::vector<std::int64_t> const lengths{7, 1, 33}, query{3, 0, 32};
    auto const all = inputs_of(lengths, 32);
    for (bool const causal : {false, true}) {
        auto const options = options_of(2, causal, 0.3);
        auto one = all;
        auto const entries = all.batch.first + at::tensor(query, at::kLong);
        one.q = all.q.index_select(0, entries);
        Dropout const dropout(8, 1, 0);
        auto const whole = attention(all.q, all.k, all.v, all.batch, dropout, options);
        auto const picked = attention(one.q, one.k, one.v, one.batch, dropout, options, query);
        EXPECT_LT(largest_difference(picked, whole.index_select(0, entries)), 1e-6);
        expect_packed_equals_padded(one, options, query);
    }
}

TEST(Attention, reads_slices_of_one_product)
{
    auto const in = inputs_of({4, 9}, 16);
    auto const joined = at::cat({in.q, in.k, in.v}, 1);
    auto const sliced = attention(joined.slice(1, 0, 16), joined.slice(1, 16, 32), joined.slice(1, 32, 48), in.batch,
                                  Dropout(), options_of(2));
    EXPECT_TRUE(sliced.equal(attention(in.q, in.k, in.v, in.batch, Dropout(), options_of(2))));
}

TEST(Attention, rows_without_tokens_give_zeros)
{
    auto const in = inputs_of({0, 3, 0}, 8, 3);
    std::vector<std::int64_t> const query{0, 1, 0};
    for (bool const packed : {false, true}) {
        auto const out = packed ? attention(in.q, in.k, in.v, in.batch, Dropout(), options_of(2), query)
                                : padded_attention(in.q, in.k, in.v, in.batch, Dropout(), options_of(2), query);
        EXPECT_TRUE(out[0].eq(0).all().item<bool>() && out[2].eq(0).all().item<bool>());
        EXPECT_GT(out[1].abs().sum().item<double>(), 0);
    }
    auto const none = inputs_of({}, 8);
    EXPECT_EQ(attention(none.q, none.k, none.v, none.batch, Dropout(), options_of(2)).size(0), 0);
}

TEST(Attention, does_not_depend_on_threads)
{
    auto const in = inputs_of(std::vector<std::int64_t>(40, 30), 64);
    auto const options = options_of(4, false, 0.1);
    auto const before = at::get_num_threads();
    at::set_num_threads(1);
    auto const one = attention(in.q, in.k, in.v, in.batch, Dropout(1, 0, 0), options);
    at::set_num_threads(2);
    auto const two = attention(in.q, in.k, in.v, in.batch, Dropout(1, 0, 0), options);
    at::set_num_threads(before);
    EXPECT_TRUE(one.equal(two));
}

TEST(MaskedSoftmax, gives_zeros_for_a_line_without_kept_entries)
{
    auto const kept = at::tensor({1, 0, 1, 0, 0, 0}, at::kInt).to(at::kBool).view({2, 3});
    auto const p = masked_softmax(at::tensor({1.0F, 9.0F, 1.0F, 2.0F, 3.0F, 4.0F}).view({2, 3}), kept);
    EXPECT_TRUE(p.equal(at::tensor({0.5F, 0.0F, 0.5F, 0.0F, 0.0F, 0.0F}).view({2, 3})));
}

TEST(SmallProduct, equals_double_sums_for_every_remainder)
{
    base::Stream stream(1, "small_product");
    for (std::int64_t m = 1; m <= 9; ++m) {
        for (std::int64_t const n : {16, 32, 48}) {
            std::int64_t const k = m + 3;
            std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
            for (auto* const x : {&a, &b}) {
                for (auto& value : *x)
                    value = static_cast<float>(stream.normal());
            }
            for (bool const transposed : {false, true}) {
                LeftFactor const left{a.data(), transposed ? 1 : k, transposed ? m : 1};
                std::vector<float> c(static_cast<std::size_t>(m * n));
                small_product(m, n, k, left, b.data(), c.data());
                for (std::int64_t i = 0; i < m * n; ++i) {
                    double sum = 0;
                    for (std::int64_t j = 0; j < k; ++j)
                        sum += double{a[static_cast<std::size_t>(i / n * left.row + j * left.column)]} *
                               b[static_cast<std::size_t>(j * n + i % n)];
                    ASSERT_NEAR(c[static_cast<std::size_t>(i)], sum, 1e-5);
                }
            }
        }
    }
}

TEST(VectorMath, exponential_is_accurate_to_rounding)
{
    for (float x = -87.2F; x < 88; x += 0.0137F) {
        double const exact = std::exp(double{x});
        EXPECT_NEAR(vector_exp(x), exact, 1.8e-7 * exact) << x;
    }
    EXPECT_EQ(vector_exp(-88.0F), 0.0F);
    EXPECT_EQ(vector_exp(-std::numeric_limits<float>::infinity()), 0.0F);
    EXPECT_EQ(vector_exp(0.0F), 1.0F);
}

}  // namespace
}  // namespace ablatrix::nn::detail
