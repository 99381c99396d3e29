#pragma once

#include <ATen/core/Tensor.h>

#include "detail/packed_product.hpp"

namespace ablatrix::nn::detail {

/// A layer's weight and bias laid out for inference on the CPU; a copy that does not follow later changes.
class PackedWeight
{
  public:
    /// \p weight [out x in] float32, \p bias [out] or undefined.
    PackedWeight(at::Tensor const& weight, at::Tensor const& bias);
    /// [n x in] float32 -> [n x out], on libtorch's threads. Each line's bits depend on that line alone.
    at::Tensor product(at::Tensor const& x, Epilogue epilogue) const;

  private:
    PackedShape shape_;
    at::Tensor packed_, bias_;
};

}  // namespace ablatrix::nn::detail
