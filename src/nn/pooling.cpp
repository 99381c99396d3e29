#include "detail/pooling.hpp"

#include <ATen/ATen.h>

#include <limits>

namespace ablatrix::nn::detail {

at::Tensor pool(at::Tensor const& hidden, Batch const& batch, Pooling pooling)
{
    auto const rows = batch.rows(), longest = batch.longest(), width = hidden.size(1);
    if (longest == 0) return at::zeros({rows, width}, hidden.options());
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
