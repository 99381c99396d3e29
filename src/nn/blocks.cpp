#include "detail/blocks.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "detail/direct_gradient.hpp"
#include "detail/norm_kernel.hpp"
#include "detail/precision.hpp"

namespace ablatrix::nn::detail {
namespace {

at::Tensor add_norm_on_cpu(LayerNorm const& norm, at::Tensor const& x, at::Tensor const& y)
{
    auto const out = at::empty_like(x);
    auto const width = x.size(1);
    auto const *const a = x.data_ptr<float>(), *const b = y.data_ptr<float>();
    auto* const to = out.data_ptr<float>();
    at::parallel_for(0, x.size(0), 64, [&](std::int64_t begin, std::int64_t end) {
        add_norm_lines(end - begin, width, a + begin * width, b + begin * width, norm.weight.data_ptr<float>(),
                       norm.bias.data_ptr<float>(), static_cast<float>(norm.epsilon), to + begin * width);
    });
    return out;
}

}  // namespace

Linear::Linear(std::int64_t in, std::int64_t out, Precision precision, bool with_bias)
    : weight(register_parameter("weight", at::empty({out, in}))), precision(precision)
{
    if (with_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor Linear::forward(at::Tensor const& x) const
{
    if (packed && !at::GradMode::is_enabled()) return packed->product(x, Epilogue::bias);
    return linear(x, weight, bias, precision);
}

LayerNorm::LayerNorm(std::int64_t width, double epsilon)
    : weight(register_parameter("weight", at::empty({width}))),
      bias(register_parameter("bias", at::empty({width}))),
      epsilon(epsilon)
{}

at::Tensor LayerNorm::forward(at::Tensor const& x) const
{
    return normalise(x, weight, bias, epsilon);
}

Embedding::Embedding(std::int64_t rows, std::int64_t width, std::int64_t padding)
    : weight(register_parameter("weight", at::empty({rows, width}))), padding(padding)
{}

at::Tensor Embedding::forward(at::Tensor const& ids) const
{
    return lookup(weight, ids, padding);
}

at::Tensor activate(at::Tensor const& x, Activation activation)
{
    switch (activation) {
        case Activation::gelu:
            return at::gelu(x);
        case Activation::gelu_tanh:
            return at::gelu(x, "tanh");
        case Activation::silu:
            return at::silu(x);
        case Activation::relu:
            return at::relu(x);
        case Activation::tanh:
            return at::tanh(x);
    }
    return {};
}

at::Tensor linear_activation(Linear const& linear, at::Tensor const& x, Activation activation)
{
    if (linear.packed && !at::GradMode::is_enabled() && activation == Activation::gelu) {
        return linear.packed->product(x, Epilogue::bias_gelu);
    }
    return activate(linear.forward(x), activation);
}

at::Tensor add_norm(LayerNorm const& norm, at::Tensor const& x, at::Tensor const& y)
{
    if (x.is_cpu() && !at::GradMode::is_enabled()) return add_norm_on_cpu(norm, x.contiguous(), y.contiguous());
    return norm.forward(x + y);
}

std::shared_ptr<torch::nn::Module> container(torch::nn::Module& parent, std::string const& name)
{
    auto const children = parent.named_children();
    if (auto const* const found = children.find(name)) return *found;
    return parent.register_module(name, std::make_shared<torch::nn::Module>());
}

}  // namespace ablatrix::nn::detail
