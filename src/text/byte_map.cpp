#include "detail/byte_map.hpp"

#include <array>

#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

constexpr char32_t first_substitute = 0x100;
constexpr char32_t substitutes = 68;

bool stands_for_itself(unsigned byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

struct ByteMap
{
    std::array<std::string, 256> spelling;
    std::array<std::int16_t, first_substitute + substitutes> byte;  // of a character, -1: none

    ByteMap()
    {
        byte.fill(-1);
        char32_t next = first_substitute;
        for (unsigned b = 0; b < 256; ++b) {
            char32_t const c = stands_for_itself(b) ? b : next++;
            byte[c] = static_cast<std::int16_t>(b);
            spelling[b] = EncodedCodePoint(c).view();
        }
    }
};

ByteMap const& byte_map()
{
    static ByteMap const map;
    return map;
}

}  // namespace

std::string_view byte_spelling(std::uint8_t byte)
{
    return byte_map().spelling[byte];
}

std::string spell_bytes(std::string_view bytes)
{
    std::string spelling;
    for (char const c : bytes)
        spelling += byte_spelling(static_cast<std::uint8_t>(c));
    return spelling;
}

std::optional<std::string> unspell_bytes(std::string_view spelling)
{
    std::string bytes;
    for (std::uint32_t at = 0; at < spelling.size();) {
        CodePoint const c = read_code_point(spelling, at);
        if (c.value >= byte_map().byte.size() || byte_map().byte[c.value] < 0) return std::nullopt;
        bytes += static_cast<char>(byte_map().byte[c.value]);
        at = c.end;
    }
    return bytes;
}

std::string byte_token(std::uint8_t byte)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
}

}  // namespace ablatrix::text::detail
