#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ablatrix::text::detail {

/// A 64-bit hash for tables of short strings in memory; never stored.
inline std::uint64_t piece_hash(std::string_view piece) noexcept
{
    auto const mix = [](std::uint64_t h, std::uint64_t word) {
        h = (h ^ word) * 0x9E3779B97F4A7C15U;
        return h ^ (h >> 32U);
    };
    std::uint64_t h = piece.size() * 0xD6E8FEB86659FD93U;
    char const* bytes = piece.data();
    std::size_t left = piece.size();
    for (; left >= 8; left -= 8, bytes += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        h = mix(h, word);
    }
    std::uint64_t tail = 0;
    if (left >= 4) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        std::memcpy(&low, bytes, 4);
        std::memcpy(&high, bytes + left - 4, 4);
        tail = low | std::uint64_t{high} << 32U;
    }
    else if (left > 0) {
        auto const byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(bytes[i])}; };
        tail = byte(0) | byte(left / 2) << 8U | byte(left - 1) << 16U;
    }
    return mix(mix(h, tail), 0xD6E8FEB86659FD93U);
}

}  // namespace ablatrix::text::detail
