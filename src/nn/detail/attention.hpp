#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include <ablatrix/nn/encoder.hpp>

#include "detail/dropout.hpp"

namespace ablatrix::nn::detail {

struct AttentionOptions
{
    std::int64_t heads = 1;
    bool causal = false;  ///< a query sees keys up to its own position
    Precision precision = Precision::fp32;
    double dropout = 0;  ///< of the probabilities
    std::uint32_t layer = 0;
    Dropout::Site site = Dropout::Site::attention;
};

/// softmax(q k^T / sqrt(head width)) v within each row of the batch and each head (models.md 2.1), differentiable.
///
/// \p k, \p v [T x heads * head width]; \p q the same, or, with \p query, [rows x ...]: one query a row, which stands
/// at position query[b] of row b (what causal and masks of dropout go by). Lines may have a stride (slices of one
/// product of the three). A row without keys gives zeros. Packed kernel on the CPU, padded products elsewhere.
at::Tensor attention(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Batch const& batch,
                     Dropout const& dropout, AttentionOptions const& options, std::span<std::int64_t const> query = {});

/// The padded way alone: what devices use, and what the packed kernel is tested against.
at::Tensor padded_attention(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Batch const& batch,
                            Dropout const& dropout, AttentionOptions const& options,
                            std::span<std::int64_t const> query = {});

/// Softmax over the last dimension where \p kept (bool, broadcast) is true, in float32; a line without a kept entry
/// gives zeros (models.md 2.1).
at::Tensor masked_softmax(at::Tensor const& scores, at::Tensor const& kept);

}  // namespace ablatrix::nn::detail
