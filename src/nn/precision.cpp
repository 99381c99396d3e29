#include "detail/precision.hpp"

#include <ATen/ATen.h>
#include <torch/version.h>

#include <type_traits>

#include "detail/direct_gradient.hpp"

namespace ablatrix::nn::detail {
namespace {

#if TORCH_VERSION_MAJOR >= 2

/// A bool, and later one of three words.
template <typename Reduction>
bool is_allowed(Reduction reduction)
{
    if constexpr (std::is_same_v<Reduction, bool>)
        return reduction;
    else
        return reduction == Reduction::AllowReducedPrecisionWithSplitK;
}

/// Whether products of bfloat16 may round partial sums to it.
bool allows_bf16_sums()
{
    return is_allowed(at::globalContext().allowBF16ReductionCuBLAS());
}

void allow_bf16_sums(bool allowed)
{
    at::globalContext().setAllowBF16ReductionCuBLAS(allowed);
}

#else  // nothing to ask

bool allows_bf16_sums()
{
    return false;
}

void allow_bf16_sums(bool) {}

#endif

}  // namespace

PrecisionScope::PrecisionScope(Precision precision) : before_(current())
{
    bool const tf32 = precision == Precision::tf32;
    set({.tf32_products = tf32, .tf32_convolutions = tf32, .one_order = true, .bf16_sums = false});
}

PrecisionScope::~PrecisionScope()
{
    set(before_);
}

PrecisionScope::Switches PrecisionScope::current()
{
    auto const& context = at::globalContext();
    return {context.allowTF32CuBLAS(), context.allowTF32CuDNN(), context.deterministicCuDNN(), allows_bf16_sums()};
}

void PrecisionScope::set(Switches const& to)
{
    auto& context = at::globalContext();
    context.setAllowTF32CuBLAS(to.tf32_products);
    context.setAllowTF32CuDNN(to.tf32_convolutions);
    context.setDeterministicCuDNN(to.one_order);
    allow_bf16_sums(to.bf16_sums);
}

at::Tensor linear(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, Precision precision)
{
    if (precision != Precision::bf16) return affine(x, weight, bias);
    auto const product = at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16)).to(at::kFloat);
    return bias.defined() ? product + bias : product;
}

}  // namespace ablatrix::nn::detail
