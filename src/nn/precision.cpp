#include "detail/precision.hpp"

#include <ATen/ATen.h>

#include "detail/direct_gradient.hpp"

namespace ablatrix::nn::detail {

PrecisionScope::PrecisionScope(Precision precision) : before_(at::globalContext().allowTF32CuBLAS())
{
    at::globalContext().setAllowTF32CuBLAS(precision == Precision::tf32);
}

PrecisionScope::~PrecisionScope()
{
    at::globalContext().setAllowTF32CuBLAS(before_);
}

at::Tensor linear(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, Precision precision)
{
    if (precision != Precision::bf16) return affine(x, weight, bias);
    auto const product = at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16)).to(at::kFloat);
    return bias.defined() ? product + bias : product;
}

}  // namespace ablatrix::nn::detail
