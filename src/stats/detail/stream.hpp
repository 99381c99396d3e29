#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// \file
/// The counter-based stream of the statistics (Philox4x32-10, Salmon et al. 2011).
///
/// key = seed XOR FNV-1a-64(frame), counter words = (k / 2, b, level, purpose) for draw k of replicate b. Any draw can
/// be had without the ones before it, so resamples depend neither on threads nor on how many are asked for.

namespace ablatrix::stats::detail {

enum class Purpose : std::uint32_t
{
    item = 1,
    group = 2,
    seed = 3,
    poisson = 4,
    sign_flip = 5,
    permutation = 6,
    null_labels = 7
};

std::uint64_t stream_key(std::uint64_t seed, std::string_view frame);

struct Place
{
    std::uint32_t replicate;
    std::uint32_t level;
    Purpose purpose;
};
/// Draw \p k: 64 uniform bits.
std::uint64_t draw(std::uint64_t key, Place place, std::uint32_t k);
/// floor(u * n / 2^64).
std::uint32_t draw_below(std::uint64_t key, Place place, std::uint32_t k, std::uint32_t n);

inline std::uint32_t scale_below(std::uint64_t bits, std::uint32_t n)
{
    // The high word of a 64 x 32 bit product, in two exact steps of 64 bits.
    std::uint64_t const low = (bits & 0xffffffffU) * n;
    return static_cast<std::uint32_t>(((bits >> 32) * n + (low >> 32)) >> 32);
}

}  // namespace ablatrix::stats::detail
