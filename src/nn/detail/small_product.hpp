#pragma once

#include <cstddef>
#include <cstdint>

namespace ablatrix::nn::detail {

/// Columns of the right factor and of the result come in groups of so many floats.
constexpr std::int64_t product_lanes = 16;

/// The left factor: entry (i, k) at data[i * row + k * column].
struct LeftFactor
{
    float const* data;
    std::ptrdiff_t row, column;
};

/// C [m x n] = A [m x k] B [k x n] on the calling thread, for the small matrices of attention: a BLAS call for each
/// costs more than the product. \p n is a multiple of product_lanes; B and C have lines of \p n floats. Entries are
/// summed in the order of k.
void small_product(std::int64_t m, std::int64_t n, std::int64_t k, LeftFactor a, float const* b, float* c);

}  // namespace ablatrix::nn::detail
