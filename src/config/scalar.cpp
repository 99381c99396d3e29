#include "detail/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include <ablatrix/base/text.hpp>

namespace ablatrix::config::detail {

namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, std::array<std::string_view, N> const& words)
{
    return std::ranges::find(words, text) != words.end();
}

std::size_t skip_digits(std::string_view text, std::size_t at)
{
    while (at < text.size() && text[at] >= '0' && text[at] <= '9')
        ++at;
    return at;
}

std::string_view without_sign(std::string_view text)
{
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    return text;
}

/// Decimal digits without a leading zero: "010" is 8 to some readers and 10 to others, so it is text here.
bool is_integer(std::string_view text)
{
    text = without_sign(text);
    return !text.empty() && skip_digits(text, 0) == text.size() && (text.size() == 1 || text[0] != '0');
}

/// [digits][.digits][e[sign]digits] with at least one digit before the exponent and a point or an exponent.
bool is_real(std::string_view text)
{
    text = without_sign(text);
    std::size_t const whole = skip_digits(text, 0);
    bool const point = whole < text.size() && text[whole] == '.';
    std::size_t const mantissa = point ? skip_digits(text, whole + 1) : whole;
    if (mantissa == (point ? 1U : 0U)) return false;
    if (mantissa == text.size()) return point;
    if (text[mantissa] != 'e' && text[mantissa] != 'E') return false;
    std::size_t exponent = mantissa + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    return exponent < text.size() && skip_digits(text, exponent) == text.size();
}

bool is_special_real(std::string_view text)
{
    std::string_view const word = without_sign(text);
    return word == ".inf" || text == ".nan";
}

template <typename T>
std::optional<T> read_number(std::string_view text)
{
    if (text.starts_with('+')) text.remove_prefix(1);
    T value{};
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace

bool is_null_text(std::string_view text)
{
    constexpr std::array<std::string_view, 5> words = {"", "~", "null", "Null", "NULL"};
    return is_one_of(text, words);
}

bool is_doubtful_boolean(std::string_view text)
{
    constexpr std::array<std::string_view, 16> words = {"yes", "Yes", "YES", "no",  "No",   "NO",   "on",    "On",
                                                        "ON",  "off", "Off", "OFF", "True", "TRUE", "False", "FALSE"};
    return is_one_of(text, words);
}

Node::ScalarType classify(std::string_view text)
{
    if (text == "true" || text == "false") return Node::ScalarType::boolean;
    if (is_integer(text)) return Node::ScalarType::integer;
    if (is_real(text) || is_special_real(text)) return Node::ScalarType::real;
    return Node::ScalarType::text;
}

std::optional<std::int64_t> to_integer(std::string_view text)
{
    if (!is_integer(text)) return std::nullopt;
    return read_number<std::int64_t>(text);
}

std::optional<double> to_real(std::string_view text)
{
    if (!is_integer(text) && !is_real(text)) return std::nullopt;
    return read_number<double>(text);
}

std::string canonical_number(std::string_view text)
{
    if (is_special_real(text)) return std::string{text.starts_with('+') ? text.substr(1) : text};
    if (is_integer(text)) {
        // Digits of any length are kept: rounding could make two different seeds equal.
        if (without_sign(text) == "0") return "0";
        return std::string{text.starts_with('+') ? text.substr(1) : text};
    }
    auto const value = read_number<double>(text);
    if (!value) return std::string{text};  // out of range: equal only to itself
    return base::shortest(*value == 0 ? 0.0 : *value);
}

}  // namespace ablatrix::config::detail
