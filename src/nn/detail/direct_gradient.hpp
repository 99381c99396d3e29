#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

/// \file
/// Differentiable operations that add the gradient of a parameter straight to its .grad() when it has one, as it has
/// during training (ParameterArena): no array as large as the parameter is made, filled and added for each use. The
/// gradient of a parameter without .grad(), and of a tensor that is no parameter, goes back through autograd. On the
/// CPU all sums run in an order that does not depend on the number of threads.

namespace ablatrix::nn::detail {

/// x [n x in] times weight [out x in] transposed, plus bias [out] unless it is undefined: [n x out].
at::Tensor affine(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias = {});

/// Layer norm of the rows of x [n x width], biased variance, float32.
at::Tensor normalise(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, double epsilon);

/// Rows \p ids [n] int64 of \p weight [rows x d]: [n x d]. The row \p padding gets no gradient. Sums in the order of
/// \p ids.
at::Tensor lookup(at::Tensor const& weight, at::Tensor const& ids, std::int64_t padding = -1);

}  // namespace ablatrix::nn::detail
