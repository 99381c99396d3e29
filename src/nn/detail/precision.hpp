#pragma once

#include <ATen/core/Tensor.h>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn::detail {

/// Lets libtorch use TF32 in matrix products and convolutions for tf32 and forbids it else, and asks for convolutions
/// whose sums have one order, for a scope; libtorch keeps it per process. For bf16 it only sees to it that sums stay
/// float32: products cast their operands themselves.
class PrecisionScope
{
  public:
    explicit PrecisionScope(Precision precision);
    ~PrecisionScope();
    PrecisionScope(PrecisionScope const&) = delete;
    PrecisionScope& operator=(PrecisionScope const&) = delete;

  private:
    struct Switches
    {
        bool tf32_products, tf32_convolutions, one_order, bf16_sums;
    };
    static Switches current();
    static void set(Switches const& to);

    Switches before_;
};

/// x W^T + b, [n x in] -> [n x out] float32. With bf16 operands are rounded to bfloat16, sums are float32 inside
/// (models.md 4.4); \p bias may be undefined. Differentiable; gradients of weights are float32.
at::Tensor linear(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, Precision precision);

}  // namespace ablatrix::nn::detail
