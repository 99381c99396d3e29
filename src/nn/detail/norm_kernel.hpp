#pragma once

#include <cstdint>

namespace ablatrix::nn::detail {

/// out = layer norm of x + y over each line, (z - mean) / sqrt(variance + epsilon) * weight + bias with the biased
/// variance, on the calling thread.
void add_norm_lines(std::int64_t lines, std::int64_t width, float const* x, float const* y, float const* weight,
                    float const* bias, float epsilon, float* out);

}  // namespace ablatrix::nn::detail
