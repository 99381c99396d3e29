#include "detail/attention_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detail/dropout_kernel.hpp"
#include "detail/simd.hpp"
#include "detail/small_product.hpp"
#include "detail/vector_math.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr auto lanes = product_lanes;

/// Softmax of scale * score[0, seen) in place; zeros up to \p line, a multiple of the lanes. \p seen is positive.
ABLATRIX_NN_SIMD void softmax_line(float* __restrict score, std::int64_t seen, std::int64_t line, float scale)
{
    for (auto j = seen; j < line; ++j)
        score[j] = -std::numeric_limits<float>::max();
    float largest[lanes], sum[lanes];
    for (int l = 0; l < lanes; ++l) {
        largest[l] = -std::numeric_limits<float>::max();
        sum[l] = 0;
    }
    for (std::int64_t j = 0; j < line; j += lanes) {
        for (int l = 0; l < lanes; ++l)
            largest[l] = largest[l] < score[j + l] ? score[j + l] : largest[l];
    }
    float const top = *std::max_element(largest, largest + lanes);
    for (std::int64_t j = 0; j < line; j += lanes) {
        for (int l = 0; l < lanes; ++l) {
            score[j + l] = vector_exp((score[j + l] - top) * scale);
            sum[l] += score[j + l];
        }
    }
    float total = 0;
    for (float const part : sum)
        total += part;
    float const share = 1 / total;
    for (std::int64_t j = 0; j < line; ++j)
        score[j] *= share;
}

/// score = p * (dp - sum(p * dp)) * scale, over one line: the gradient of the scores. In place of \p dp.
ABLATRIX_NN_SIMD void softmax_line_gradient(float const* __restrict p, float* __restrict dp, std::int64_t line,
                                            float scale)
{
    float sum[lanes] = {};
    for (std::int64_t j = 0; j < line; j += lanes) {
        for (int l = 0; l < lanes; ++l)
            sum[l] += p[j + l] * dp[j + l];
    }
    float total = 0;
    for (float const part : sum)
        total += part;
    for (std::int64_t j = 0; j < line; ++j)
        dp[j] = p[j] * (dp[j] - total) * scale;
}

/// Multiplies \p queries lines of probabilities, or of their gradients, by their mask of dropout.
void drop(HeadTask const& task, std::int64_t line, float* x, AttentionScratch& scratch)
{
    if (task.dropout == nullptr) return;
    auto const stride = (task.keys + 3) / 4 * 4;  // of Dropout::attention_mask
    auto* const mask = scratch.part(7, task.queries * stride);
    auto const begin = (task.head * task.keys + task.first_query) * stride;
    fill_mask(mask, begin, task.queries * stride, *task.dropout, task.example);
    for (std::int64_t i = 0; i < task.queries; ++i) {
        for (std::int64_t j = 0; j < task.keys; ++j)
            x[i * line + j] *= mask[i * stride + j];
    }
}

float scale_of(HeadTask const& task)
{
    return static_cast<float>(1 / std::sqrt(static_cast<double>(task.width)));
}

}  // namespace

std::int64_t probability_line(std::int64_t keys)
{
    return round_up(keys);
}

std::int64_t round_up(std::int64_t n)
{
    return (n + lanes - 1) / lanes * lanes;
}

void pack(ConstLines from, std::int64_t lines, std::int64_t width, std::int64_t padded, float* to)
{
    for (std::int64_t i = 0; i < lines; ++i) {
        std::copy_n(from.data + i * from.stride, width, to + i * padded);
        std::fill_n(to + i * padded + width, padded - width, 0.0F);
    }
}

void pack_transposed(ConstLines from, std::int64_t lines, std::int64_t width, std::int64_t padded, float* to)
{
    for (std::int64_t c = 0; c < width; ++c) {
        for (std::int64_t i = 0; i < lines; ++i)
            to[c * padded + i] = from.data[i * from.stride + c];
        std::fill_n(to + c * padded + lines, padded - lines, 0.0F);
    }
}

void unpack(float const* from, std::int64_t lines, std::int64_t width, std::int64_t padded, Lines to)
{
    for (std::int64_t i = 0; i < lines; ++i)
        std::copy_n(from + i * padded, width, to.data + i * to.stride);
}

void softmax_lines(float* score, std::int64_t lines, std::int64_t seen, std::int64_t line)
{
    for (std::int64_t i = 0; i < lines; ++i)
        softmax_line(score + i * line, seen, line, 1);
}

float* AttentionScratch::part(std::size_t slot, std::int64_t floats)
{
    auto& out = parts_[slot];
    if (out.size() < static_cast<std::size_t>(floats)) out.resize(static_cast<std::size_t>(floats));
    return out.data();
}

void attend_forward(HeadTask const& task, ConstLines q, ConstLines k, ConstLines v, float* probability, Lines out,
                    AttentionScratch& scratch)
{
    auto const line = round_up(task.keys), padded = round_up(task.width);
    auto* const keys = scratch.part(0, task.width * line);
    auto* const values = scratch.part(1, task.keys * padded);
    auto* const context = scratch.part(2, task.queries * padded);
    pack_transposed(k, task.keys, task.width, line, keys);
    pack(v, task.keys, task.width, padded, values);
    small_product(task.queries, line, task.width, {q.data, q.stride, 1}, keys, probability);
    for (std::int64_t i = 0; i < task.queries; ++i) {
        auto const seen = task.causal ? std::min(task.keys, task.first_query + i + 1) : task.keys;
        softmax_line(probability + i * line, seen, line, scale_of(task));
    }
    auto* weights = probability;
    if (task.dropout != nullptr) {
        weights = scratch.part(3, task.queries * line);
        std::copy_n(probability, task.queries * line, weights);
        drop(task, line, weights, scratch);
    }
    small_product(task.queries, padded, task.keys, {weights, line, 1}, values, context);
    unpack(context, task.queries, task.width, padded, out);
}

void attend_backward(HeadTask const& task, ConstLines q, ConstLines k, ConstLines v, float const* probability,
                     ConstLines upstream, Lines dq, Lines dk, Lines dv, AttentionScratch& scratch)
{
    auto const line = round_up(task.keys), padded = round_up(task.width);
    auto const queries = task.queries, keys = task.keys;
    auto* const left = scratch.part(0, std::max(queries, keys) * padded);  // upstream, then queries, then keys
    auto* const values = scratch.part(1, task.width * line);
    auto* const product = scratch.part(2, std::max(queries, keys) * padded);
    auto* const weights = scratch.part(3, queries * line);
    auto* const gradient = scratch.part(4, queries * line);

    std::copy_n(probability, queries * line, weights);
    drop(task, line, weights, scratch);
    pack(upstream, queries, task.width, padded, left);
    small_product(keys, padded, queries, {weights, 1, line}, left, product);
    unpack(product, keys, task.width, padded, dv);

    pack_transposed(v, keys, task.width, line, values);
    small_product(queries, line, task.width, {upstream.data, upstream.stride, 1}, values, gradient);
    drop(task, line, gradient, scratch);
    for (std::int64_t i = 0; i < queries; ++i)
        softmax_line_gradient(probability + i * line, gradient + i * line, line, scale_of(task));

    pack(k, keys, task.width, padded, left);
    small_product(queries, padded, keys, {gradient, line, 1}, left, product);
    unpack(product, queries, task.width, padded, dq);
    pack(q, queries, task.width, padded, left);
    small_product(keys, padded, queries, {gradient, 1, line}, left, product);
    unpack(product, keys, task.width, padded, dk);
}

}  // namespace ablatrix::nn::detail
