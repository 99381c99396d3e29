#include "detail/char_map.hpp"

#include <cstring>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

namespace {

// The parts of a unit of the double array (Darts-clone).
std::uint32_t offset_of(std::uint32_t unit)
{
    return (unit >> 10U) << ((unit & (1U << 9U)) >> 6U);
}
bool has_value(std::uint32_t unit)
{
    return (unit >> 8U & 1U) != 0;
}
std::uint32_t label_of(std::uint32_t unit)
{
    return unit & (1U << 31U | 0xFFU);
}
std::uint32_t value_of(std::uint32_t unit)
{
    return unit & ((1U << 31U) - 1);
}

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

CharMap::CharMap(std::string_view bytes, std::string const& file)
{
    if (bytes.empty()) return;
    std::uint32_t size = 0;
    if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
    if (size < sizeof size || size % sizeof size != 0 || size > bytes.size() - sizeof size)
        throw DataError(file, 0, "the precompiled character map is damaged. Fetch the file again");
    units_.resize(size / sizeof size);
    std::memcpy(units_.data(), bytes.data() + sizeof size, size);
    replacements_ = bytes.substr(sizeof size + size);
}

std::optional<std::string_view> CharMap::replacement(std::string_view text) const
{
    if (units_.empty()) return std::nullopt;
    std::uint32_t at = offset_of(units_[0]);
    for (std::size_t i = 0; i < text.size() && text[i] != '\0'; ++i) {
        auto const byte = static_cast<std::uint8_t>(text[i]);
        at ^= byte;
        if (at >= units_.size() || label_of(units_[at]) != byte) return std::nullopt;
        std::uint32_t const unit = units_[at];
        at ^= offset_of(unit);
        if (at >= units_.size()) return std::nullopt;
        if (has_value(unit)) return replacement_at(value_of(units_[at]));
    }
    return std::nullopt;
}

std::optional<std::string_view> CharMap::replacement_at(std::uint32_t place) const
{
    if (place >= replacements_.size()) return std::nullopt;
    return std::string_view(replacements_.c_str() + place);  // which ends with a zero byte
}

std::optional<std::string> from_base64(std::string_view text)
{
    std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    if (text.size() % 4 != 0) return std::nullopt;
    text.remove_suffix(padding);
    std::string bytes;
    std::uint32_t bits = 0;
    int have = 0;
    for (char const c : text) {
        std::size_t const digit = base64_digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        bytes += static_cast<char>(bits >> have & 0xFFU);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes)
{
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? base64_digits[bits >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

}  // namespace ablatrix::text::detail
