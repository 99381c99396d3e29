#pragma once

#include <cstdint>

namespace ablatrix::nn::detail {

/// One step's constants. The update is
///   g <- clip * g;  m <- beta1 m + complement1 g;  v <- beta2 v + complement2 g^2
///   p <- decay * p - rate * m / (sqrt(v) / root_correction + epsilon)
struct AdamWFactors
{
    float clip, decay, beta1, complement1, beta2, complement2, rate, root_correction, epsilon;
};

/// Updates \p count entries and sets their gradients to 0. Entries are independent: any division of an array gives the
/// same bits.
void adamw_update(float* p, float* g, float* m, float* v, std::int64_t count, AdamWFactors const& factors);

/// In fp64, in an order that depends on \p count alone.
double sum_of_squares(float const* x, std::int64_t count);

}  // namespace ablatrix::nn::detail
