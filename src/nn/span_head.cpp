#include "detail/span_head.hpp"

#include <ATen/ATen.h>

#include <limits>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/blocks.hpp"

namespace ablatrix::nn::detail {
namespace {

at::Tensor entries(Batch const& batch, std::span<std::int64_t const> position)
{
    ABLATRIX_EXPECT(static_cast<std::int64_t>(position.size()) == batch.rows());
    std::vector<std::int64_t> out;
    for (std::int64_t b = 0; b < batch.rows(); ++b) {
        auto const t = position[static_cast<std::size_t>(b)];
        ABLATRIX_EXPECT(t >= 0 && t < batch.length(b));
        out.push_back(b * batch.longest() + t);
    }
    return at::tensor(out, at::kLong).to(batch.ids.device());
}

}  // namespace

SpanHead::SpanHead(EncoderConfig const& config)
    : outputs(add<Linear>(*this, "qa_outputs", config.hidden, std::int64_t{2}, Precision::fp32))
{}

at::Tensor SpanHead::logits(at::Tensor const& hidden) const
{
    return outputs->forward(hidden);
}

at::Tensor span_loss(at::Tensor const& logits, Batch const& batch, std::span<std::int64_t const> start,
                     std::span<std::int64_t const> end)
{
    auto const lines = [&](std::int64_t column) {
        auto const padded = pad_rows(logits.slice(1, column, column + 1), batch).view({batch.rows(), batch.longest()});
        auto const dropped = kept_places(batch).logical_not();
        return at::log_softmax(padded.masked_fill(dropped, std::numeric_limits<float>::lowest()), 1).view({-1});
    };
    auto const likelihood =
        lines(0).index_select(0, entries(batch, start)) + lines(1).index_select(0, entries(batch, end));
    return likelihood.mean() / -2;
}

}  // namespace ablatrix::nn::detail
