#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include <ablatrix/nn/safetensors.hpp>

namespace ablatrix::nn::detail {

/// Copies the values of \p view into \p target (of its shape), converted to its type and device; narrow types widen
/// exactly. \p name and \p file stand in messages.
/// \throws DataError for NaN and infinite values, types that are not floating point, and 8-bit floats that this
/// libtorch
///         does not know
void copy_tensor(TensorView const& view, std::string const& name, std::string const& file, at::Tensor const& target);

}  // namespace ablatrix::nn::detail
