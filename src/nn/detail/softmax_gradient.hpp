#pragma once

#include <ATen/core/Tensor.h>

namespace ablatrix::nn::detail {

/// One forward and backward pass of multinomial logistic regression.
struct SoftmaxPass
{
    at::Tensor logits;    ///< [b x C]
    at::Tensor gradient;  ///< [C x (d + 1)] of sum_i share_i * cross-entropy_i
};

/// Closed form: dL/dlogits = share * (softmax - one_hot), dL/dtheta = (dL/dlogits)^T inputs.
/// \p inputs [b x (d + 1)] with a last column of ones (the bias is the last column of \p theta [C x (d + 1)]),
/// \p one_hot [b x C], \p share [b x 1]: each row's part of the loss.
SoftmaxPass softmax_pass(at::Tensor const& inputs, at::Tensor const& one_hot, at::Tensor const& share,
                         at::Tensor const& theta);

}  // namespace ablatrix::nn::detail
