#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "detail/dropout.hpp"

namespace ablatrix::nn::detail {

/// Entries [begin, begin + count) of an example's mask, 0 or key.scale.
void fill_mask(float* mask, std::int64_t begin, std::int64_t count, Dropout::Key const& key, std::uint64_t example);

/// The same numbers for any element by ATen's integer operations, on any device: \p element and \p example are int64
/// tensors that broadcast against each other; float32 result of their shape.
at::Tensor mask_by_tensors(at::Tensor const& element, at::Tensor const& example, Dropout::Key const& key);

}  // namespace ablatrix::nn::detail
