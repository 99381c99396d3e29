#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace ablatrix::nn::detail {

/// The values of a float32 tensor, in row-major order.
std::vector<float> on_host(at::Tensor const& tensor);
/// The sum of all values in float64, on the host by one thread: with more, its order depends on their number.
double ordered_sum(at::Tensor const& tensor);
/// \p rows as an index, [rows] int64 on \p device.
at::Tensor index_of(std::vector<std::size_t> const& rows, at::Device device);

}  // namespace ablatrix::nn::detail
