#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <unicode/utf8.h>

/// \file
/// Code points of UTF-8 texts below 2 GiB.

namespace ablatrix::text::detail {

/// One code point of a text; U+FFFD for bytes that are not UTF-8.
struct CodePoint
{
    char32_t value = 0;
    std::uint32_t end = 0;  ///< offset behind it
};

/// The code point at \p begin, which must lie within \p text.
inline CodePoint read_code_point(std::string_view text, std::uint32_t begin)
{
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(text.data());
    if (bytes[begin] < 0x80) return {bytes[begin], begin + 1};
    auto position = static_cast<std::int32_t>(begin);
    auto const length = static_cast<std::int32_t>(text.size());
    UChar32 value = 0;
    U8_NEXT_OR_FFFD(bytes, position, length, value);
    return {static_cast<char32_t>(value), static_cast<std::uint32_t>(position)};
}

/// The code point that ends at \p end > 0; CodePoint::end is where it begins.
inline CodePoint read_code_point_before(std::string_view text, std::uint32_t end)
{
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(text.data());
    auto position = static_cast<std::int32_t>(end);
    UChar32 value = 0;
    U8_PREV_OR_FFFD(bytes, 0, position, value);
    return {static_cast<char32_t>(value), static_cast<std::uint32_t>(position)};
}

/// Bytes of \p value in UTF-8; U+FFFD for surrogates and numbers that are no code point.
struct EncodedCodePoint
{
    char bytes[4] = {};
    std::uint8_t size = 0;

    explicit EncodedCodePoint(char32_t value)
    {
        if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) value = 0xFFFD;
        U8_APPEND_UNSAFE(bytes, size, value);
    }
    std::string_view view() const { return {bytes, size}; }
};

inline bool is_utf8(std::string_view text)
{
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(text.data());
    auto const length = static_cast<std::int64_t>(text.size());
    UChar32 value = 0;
    for (std::int64_t at = 0; at < length && value >= 0;)
        U8_NEXT(bytes, at, length, value);
    return value >= 0;
}

inline bool is_ascii(std::string_view text)
{
    std::size_t i = 0;
    std::uint64_t seen = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, 8);
        seen |= word;
    }
    for (; i < text.size(); ++i)
        seen |= static_cast<std::uint8_t>(text[i]);
    return (seen & 0x8080808080808080U) == 0;
}

}  // namespace ablatrix::text::detail
