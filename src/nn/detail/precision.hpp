#pragma once

#include <ATen/core/Tensor.h>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn::detail {

/// Lets libtorch use TF32 in matrix products for tf32 and forbids it else, for a scope; libtorch keeps it per process.
/// bf16 needs no scope: products cast their operands themselves.
class PrecisionScope
{
  public:
    explicit PrecisionScope(Precision precision);
    ~PrecisionScope();
    PrecisionScope(PrecisionScope const&) = delete;
    PrecisionScope& operator=(PrecisionScope const&) = delete;

  private:
    bool before_;
};

/// x W^T + b, [n x in] -> [n x out] float32. With bf16 operands are rounded to bfloat16, sums are float32 inside
/// (models.md 4.4); \p bias may be undefined. Differentiable; gradients of weights are float32.
at::Tensor linear(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, Precision precision);

}  // namespace ablatrix::nn::detail
