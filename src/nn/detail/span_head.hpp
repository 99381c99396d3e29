#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <span>

#include <ablatrix/nn/encoder_config.hpp>

#include "detail/batch.hpp"

namespace ablatrix::nn::detail {

struct Linear;

/// Where an answer begins and ends: `qa_outputs`, without dropout (models.md 2.7).
struct SpanHead : torch::nn::Module
{
    explicit SpanHead(EncoderConfig const& config);
    /// \p hidden [T x hidden] -> [T x 2]: start and end logits.
    at::Tensor logits(at::Tensor const& hidden) const;

    std::shared_ptr<Linear> outputs;
};

/// Mean over the rows of half the sum of two cross-entropies, each over the tokens of the row. \p logits [T x 2];
/// \p start, \p end: the true positions within their rows. Differentiable, a scalar.
at::Tensor span_loss(at::Tensor const& logits, Batch const& batch, std::span<std::int64_t const> start,
                     std::span<std::int64_t const> end);

}  // namespace ablatrix::nn::detail
