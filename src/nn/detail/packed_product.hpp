#pragma once

#include <cstdint>

/// \file
/// x W^T + b with a W that was laid out once for many products: what inference on the CPU spends its time in. Against a
/// BLAS call it saves packing W every time, and the bias and activation cost no pass over memory of their own. Every
/// line of the result is summed in the order of k on its own, so its bits do not depend on the lines around it.

namespace ablatrix::nn::detail {

struct PackedShape
{
    std::int64_t in = 0, out = 0;
};

/// Floats of the packed form.
std::int64_t packed_size(PackedShape shape);
/// \p weight [out x in] -> \p packed, which must start at a multiple of 64 bytes.
void pack_weight(PackedShape shape, float const* weight, float* packed);

enum class Epilogue
{
    bias,
    bias_gelu
};

/// \p x [lines x in], \p bias [out] -> \p y [lines x out], on the calling thread.
void packed_product(PackedShape shape, std::int64_t lines, float const* x, float const* packed, float const* bias,
                    Epilogue epilogue, float* y);

}  // namespace ablatrix::nn::detail
