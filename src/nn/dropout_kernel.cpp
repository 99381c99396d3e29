#include "detail/dropout_kernel.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "detail/simd.hpp"

namespace ablatrix::nn::detail {
namespace {

// Constants of Philox4x32 (Salmon et al. 2011).
constexpr std::uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
constexpr int rounds = 10;
constexpr int lanes = 16;  ///< Philox blocks side by side

/// Masks of \p lanes consecutive blocks of four.
ABLATRIX_NN_SIMD void mask_of_blocks(float* mask, std::uint32_t first_block, std::uint32_t place, std::uint64_t example,
                                     std::uint64_t key, std::uint32_t threshold, float scale)
{
    std::uint32_t c0[lanes], c1[lanes], c2[lanes], c3[lanes];
    for (int i = 0; i < lanes; ++i) {
        c0[i] = first_block + static_cast<std::uint32_t>(i);
        c1[i] = place;
        c2[i] = static_cast<std::uint32_t>(example);
        c3[i] = static_cast<std::uint32_t>(example >> 32);
    }
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < lanes; ++i) {
            std::uint64_t const product0 = std::uint64_t{multiplier0} * c0[i];
            std::uint64_t const product1 = std::uint64_t{multiplier1} * c2[i];
            c0[i] = static_cast<std::uint32_t>(product1 >> 32) ^ c1[i] ^ k0;
            c1[i] = static_cast<std::uint32_t>(product1);
            c2[i] = static_cast<std::uint32_t>(product0 >> 32) ^ c3[i] ^ k1;
            c3[i] = static_cast<std::uint32_t>(product0);
        }
        k0 += weyl0;
        k1 += weyl1;
    }
    for (int i = 0; i < lanes; ++i) {
        mask[4 * i] = c0[i] < threshold ? 0.0F : scale;
        mask[4 * i + 1] = c1[i] < threshold ? 0.0F : scale;
        mask[4 * i + 2] = c2[i] < threshold ? 0.0F : scale;
        mask[4 * i + 3] = c3[i] < threshold ? 0.0F : scale;
    }
}

at::Tensor low_word(at::Tensor const& x)
{
    return x.bitwise_and(std::int64_t{0xFFFFFFFF});
}

/// Bits 32 to 63: int64 products wrap, their shift drags the sign along.
at::Tensor high_word(at::Tensor const& x)
{
    return low_word(x.bitwise_right_shift(32));
}

}  // namespace

void fill_mask(float* mask, std::int64_t begin, std::int64_t count, Dropout::Key const& key, std::uint64_t example)
{
    constexpr std::int64_t run = 4 * lanes;
    float buffer[run];
    auto const end = begin + count;
    for (auto start = begin - begin % 4; start < end; start += run) {
        auto const block = static_cast<std::uint32_t>(start / 4);
        if (start >= begin && start + run <= end) {
            mask_of_blocks(mask + (start - begin), block, key.place, example, key.key, key.threshold, key.scale);
            continue;
        }
        mask_of_blocks(buffer, block, key.place, example, key.key, key.threshold, key.scale);
        auto const from = std::max(start, begin), to = std::min(start + run, end);
        std::copy(buffer + (from - start), buffer + (to - start), mask + (from - begin));
    }
}

at::Tensor mask_by_tensors(at::Tensor const& element, at::Tensor const& example, Dropout::Key const& key)
{
    auto const lane = element.bitwise_and(3);
    auto c0 = element.bitwise_right_shift(2);
    auto c2 = low_word(example), c3 = high_word(example);
    auto c1 = at::full_like(c2, static_cast<std::int64_t>(key.place));
    auto k0 = static_cast<std::uint32_t>(key.key), k1 = static_cast<std::uint32_t>(key.key >> 32);
    for (int round = 0; round < rounds; ++round) {
        auto const product0 = c0 * static_cast<std::int64_t>(multiplier0);
        auto const product1 = c2 * static_cast<std::int64_t>(multiplier1);
        c0 = high_word(product1).bitwise_xor(c1).bitwise_xor(static_cast<std::int64_t>(k0));
        c1 = low_word(product1);
        c2 = high_word(product0).bitwise_xor(c3).bitwise_xor(static_cast<std::int64_t>(k1));
        c3 = low_word(product0);
        k0 += weyl0;
        k1 += weyl1;
    }
    auto const low_pair = at::where(lane.eq(0), c0, c1), high_pair = at::where(lane.eq(2), c2, c3);
    auto const word = at::where(lane.lt(2), low_pair, high_pair);
    return word.ge(static_cast<std::int64_t>(key.threshold)).to(at::kFloat).mul_(key.scale);
}

}  // namespace ablatrix::nn::detail
