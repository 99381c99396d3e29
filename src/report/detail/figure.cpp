#include "figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <ablatrix/base/text.hpp>

#include "format.hpp"

namespace ablatrix::report::detail {
namespace {

/// Bytes of the well-formed UTF-8 character at \p at, 0 if there is none.
std::size_t character_bytes(std::string_view text, std::size_t at)
{
    auto const lead = static_cast<unsigned char>(text[at]);
    std::size_t const size = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || at + size > text.size()) return 0;
    std::uint32_t code = size == 1 ? lead : lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        auto const byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xC0U) != 0x80U) return 0;
        code = (code << 6U) | (byte & 0x3FU);
    }
    bool const is_overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    bool const is_no_character =
        (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF || code == 0xFFFE || code == 0xFFFF;
    return is_overlong || is_no_character ? 0 : size;
}

std::string shortened(std::string const& text, std::size_t longest)
{
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); at += character_bytes(text, at)) {
        if (count + 1 == longest) {
            bool const is_last = at + character_bytes(text, at) == text.size();
            return is_last ? text : text.substr(0, at) + "…";
        }
        ++count;
    }
    return text;
}

}  // namespace

LineStyle const& line_style(std::size_t index)
{
    static constexpr std::array<LineStyle, line_styles> styles = {{{"#0072B2", "solid", 7},
                                                                   {"#D55E00", "(9,4)", 5},
                                                                   {"#009E73", "(3,3)", 9},
                                                                   {"#CC79A7", "(12,4,3,4)", 13},
                                                                   {"#E69F00", "(18,5)", 11},
                                                                   {"#56B4E9", "(6,3,2,3,2,3)", 6},
                                                                   {"#000000", "(2,6)", 4}}};
    return styles[index % styles.size()];
}

std::string valid_utf8(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const size = character_bytes(text, at);
        auto const byte = static_cast<unsigned char>(text[at]);
        if (size == 0)
            out += '?';
        else if (size == 1 && (byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t')))
            out += ' ';
        else
            out += text.substr(at, size);
        at += std::max<std::size_t>(size, 1);
    }
    return out;
}

std::string plot_text(std::string_view text, std::size_t longest)
{
    std::string quoted = "'";
    for (char const c : shortened(valid_utf8(text), longest)) {
        if (c == '\'') quoted += '\'';
        // gnuplot runs what stands between backquotes.
        quoted += c == '\n' || c == '\t' ? ' ' : c == '`' ? '"' : c;
    }
    return quoted + "'";
}

std::string tic_text(std::string_view text, std::size_t longest)
{
    std::string doubled;
    for (char const c : plot_text(text, longest)) {
        if (c == '%') doubled += '%';
        doubled += c;
    }
    return doubled;
}

std::string plot_number(double value)
{
    return std::isfinite(value) ? base::shortest(value) : "NaN";
}

std::string csv_number(double value)
{
    return std::isnan(value) ? "" : base::shortest(value);
}

std::string csv_line(std::vector<std::string> const& cells)
{
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
        line += (i == 0 ? "" : ",") + csv_cell(cells[i]);
    return line + "\n";
}

std::string slug(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_plain)
            out += c;
        else if (!out.empty() && out.back() != '-')
            out += '-';
        if (out.size() == 40) break;
    }
    while (!out.empty() && out.back() == '-')
        out.pop_back();
    return out.empty() ? "x" : out;
}

std::string range_command(std::string_view axis, std::vector<double> const& values)
{
    double low = INFINITY, high = -INFINITY;
    for (double const value : values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    if (low > high) low = high = 0;
    double const margin = high > low ? 0.06 * (high - low) : std::max(0.05, 0.05 * std::abs(high));
    // At most six numbers on an axis, so that they stay apart on a narrow drawing.
    double const wanted = (high - low + 2 * margin) / 6;
    double const power = std::pow(10, std::floor(std::log10(wanted)));
    double const step = power * (wanted <= power ? 1 : wanted <= 2 * power ? 2 : wanted <= 5 * power ? 5 : 10);
    std::string const name{axis};
    return "set " + name + "range [" + plot_number(low - margin) + ":" + plot_number(high + margin) + "]\nset " + name +
           "tics " + plot_number(step) + "\n";
}

}  // namespace ablatrix::report::detail
