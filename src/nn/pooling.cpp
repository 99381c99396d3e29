#include "detail/pooling.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace ablatrix::nn::detail {
namespace {

/// Token after token, so that a row's bits do not depend on the longest one beside it.
at::Tensor mean_on_cpu(at::Tensor const& hidden, Batch const& batch)
{
    auto const width = hidden.size(1);
    auto const out = at::zeros({batch.rows(), width}, hidden.options());
    auto const packed = hidden.contiguous();
    auto const* const from = packed.data_ptr<float>();
    for (std::int64_t b = 0; b < batch.rows(); ++b) {
        auto* const to = out.data_ptr<float>() + b * width;
        for (std::int64_t t = 0; t < batch.length(b); ++t) {
            auto const* const state = from + (batch.row_begin[static_cast<std::size_t>(b)] + t) * width;
            for (std::int64_t c = 0; c < width; ++c)
                to[c] += state[c];
        }
        float const share = 1 / std::max(static_cast<float>(batch.length(b)), 1e-9F);
        for (std::int64_t c = 0; c < width; ++c)
            to[c] *= share;
    }
    return out;
}

}  // namespace

at::Tensor pool(at::Tensor const& hidden, Batch const& batch, Pooling pooling)
{
    auto const rows = batch.rows(), longest = batch.longest(), width = hidden.size(1);
    if (longest == 0) return at::zeros({rows, width}, hidden.options());
    if (pooling == Pooling::mean && hidden.is_cpu()) return mean_on_cpu(hidden, batch);
    auto const padded = pad_rows(hidden, batch).view({rows, longest, width});
    if (pooling == Pooling::cls) return padded.select(1, 0);
    auto const kept = kept_places(batch);
    auto const count = kept.sum(1, /*keepdim=*/true).to(at::kFloat);
    if (pooling == Pooling::mean) return padded.sum(1) / count.clamp_min(1e-9);
    auto const dropped = kept.logical_not().unsqueeze(2);
    return padded.masked_fill(dropped, std::numeric_limits<float>::lowest()).amax(1).masked_fill(count.eq(0), 0.0);
}

at::Tensor unit_rows(at::Tensor const& x)
{
    return x / x.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace ablatrix::nn::detail
