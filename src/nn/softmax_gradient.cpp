#include "detail/softmax_gradient.hpp"

#include <ATen/ATen.h>

#include <utility>

namespace ablatrix::nn::detail {

SoftmaxPass softmax_pass(at::Tensor const& inputs, at::Tensor const& one_hot, at::Tensor const& share,
                         at::Tensor const& theta)
{
    auto logits = at::mm(inputs, theta.t());
    auto const residual = at::softmax(logits, 1).sub_(one_hot).mul_(share);
    auto gradient = at::mm(residual.t(), inputs);
    return {std::move(logits), std::move(gradient)};
}

}  // namespace ablatrix::nn::detail
