#pragma once

#include <bit>
#include <cstdint>

/// \file
/// Elementary functions written so that loops over them are vectorised: no branches, no calls.

namespace ablatrix::nn::detail {

/// e^x within 1.5 units in the last place; 0 below -87.3, where e^x leaves the normal numbers. x <= 88.
[[gnu::always_inline]] inline float vector_exp(float x)
{
    constexpr float log2_e = 1.44269504F, magic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
    constexpr float ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
    float const clamped = x < -87.3F ? -87.3F : x;
    float const shifted = clamped * log2_e + magic;
    float const n = shifted - magic;
    float const r = (clamped - n * ln2_high) - n * ln2_low;
    // Cephes' polynomial for expf.
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    auto const power = (std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U;
    float const out = p * std::bit_cast<float>(power);
    return x < -87.3F ? 0.0F : out;
}

}  // namespace ablatrix::nn::detail
