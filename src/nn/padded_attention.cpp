#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <cmath>
#include <limits>

#include <ablatrix/base/error.hpp>

#include "detail/attention.hpp"

namespace ablatrix::nn::detail {
namespace {

/// [n x heads * width] -> [rows x heads x n / rows x width]
at::Tensor split_heads(at::Tensor const& x, std::int64_t rows, std::int64_t heads)
{
    return x.view({rows, -1, heads, x.size(1) / heads}).transpose(1, 2);
}

/// Which keys a query sees, to broadcast against [rows x heads x queries x keys].
at::Tensor seen_keys(Batch const& batch, bool causal, at::Tensor const& query)
{
    auto const kept = kept_places(batch).unsqueeze(1).unsqueeze(1);
    if (!causal) return kept;
    auto const key = at::arange(batch.longest(), batch.ids.options());
    auto const at = query.defined() ? query.view({-1, 1, 1, 1}) : key.unsqueeze(1);
    return kept.logical_and(key.le(at));
}

/// Factors of the probabilities [rows x heads x queries x keys].
at::Tensor dropout_mask(Batch const& batch, Dropout const& dropout, AttentionOptions const& options,
                        at::Tensor const& query)
{
    auto const mask = dropout.attention_mask(options.dropout, options.layer, options.site, batch, options.heads);
    if (!query.defined()) return mask;
    auto const index = query.view({-1, 1, 1, 1}).expand({batch.rows(), options.heads, 1, batch.longest()});
    return mask.gather(2, index);
}

}  // namespace

at::Tensor masked_softmax(at::Tensor const& scores, at::Tensor const& kept)
{
    auto const dropped = kept.logical_not();
    auto const filled = scores.to(at::kFloat).masked_fill(dropped, std::numeric_limits<float>::lowest());
    return at::softmax(filled, -1).masked_fill(dropped, 0.0);
}

at::Tensor padded_attention(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Batch const& batch,
                            Dropout const& dropout, AttentionOptions const& options,
                            std::span<std::int64_t const> query)
{
    ABLATRIX_EXPECT(q.size(0) == (query.empty() ? batch.tokens() : batch.rows()));
    if (batch.tokens() == 0) return at::zeros_like(q);
    auto const type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
    auto const places = query.empty()
                            ? at::Tensor{}
                            : at::tensor(at::IntArrayRef(query.data(), query.size()), at::kLong).to(q.device());
    auto const shaped = [&](at::Tensor const& x, bool padded) {
        auto const converted = x.to(type);
        return split_heads(padded ? converted.contiguous() : pad_rows(converted, batch), batch.rows(), options.heads);
    };
    auto const queries = shaped(q, places.defined()), keys = shaped(k, false), values = shaped(v, false);
    auto const seen = seen_keys(batch, options.causal, places);
    at::Tensor context;
#if TORCH_VERSION_MAJOR >= 2
    // It answers a row without keys with NaN, and its backward pass sums in any order.
    if (!q.is_cpu() && !dropout.active() && !c10::GradMode::is_enabled() && !batch.has_empty_row()) {
        context = at::scaled_dot_product_attention(queries, keys, values, seen);
    }
#endif
    if (!context.defined()) {
        auto const root = std::sqrt(static_cast<double>(queries.size(3)));
        auto p = masked_softmax(at::matmul(queries, keys.transpose(2, 3)).to(at::kFloat) / root, seen);
        if (dropout.active() && options.dropout > 0) p = p * dropout_mask(batch, dropout, options, places);
        context = at::matmul(p.to(type), values);
    }
    auto const joined = context.transpose(1, 2).reshape({-1, q.size(1)}).to(at::kFloat);
    return places.defined() ? joined : unpad_rows(joined, batch);
}

}  // namespace ablatrix::nn::detail
