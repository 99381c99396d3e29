#pragma once

#include <ATen/core/Tensor.h>

#include <ablatrix/nn/encoder.hpp>

#include "detail/batch.hpp"

namespace ablatrix::nn::detail {

/// One vector a row, [T x d] -> [rows x d]: the mean, the first token or the largest entry of each column (models.md
/// 2.7). A row without tokens gives zeros.
at::Tensor pool(at::Tensor const& hidden, Batch const& batch, Pooling pooling);

/// x / max(|x|, 1e-12) for every line.
at::Tensor unit_rows(at::Tensor const& x);

}  // namespace ablatrix::nn::detail
