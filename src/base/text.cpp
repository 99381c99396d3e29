#include <ablatrix/base/text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace ablatrix::base {

namespace {

/// Words longer than this are no typing mistakes, and comparing them would cost time.
constexpr std::size_t longest_word = 100;

std::string lower(std::string_view text)
{
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
            bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
        }
        before.swap(previous);
        previous.swap(current);
    }
    return previous[b.size()];
}

std::string format(char const* pattern, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

}  // namespace

std::optional<std::string> did_you_mean(std::string_view word, std::span<std::string const> candidates)
{
    // Any letter is one change away from any other.
    if (word.size() <= 1 || word.size() > longest_word) return std::nullopt;
    std::string const wanted = lower(word);
    std::size_t best_distance = std::clamp<std::size_t>(word.size() / 3, 1, 3) + 1;
    std::string const* best = nullptr;
    for (std::string const& candidate : candidates) {
        if (candidate.size() > longest_word) continue;
        // "rate" for "noise.rate": the section was forgotten.
        bool const is_tail = candidate.ends_with("." + wanted);
        // "--out" for "--output": cut short.
        bool const is_head = wanted.size() >= 3 && lower(candidate).starts_with(wanted);
        std::size_t const distance = edit_distance(wanted, lower(candidate));
        std::size_t const cost = is_tail || is_head ? std::min<std::size_t>(distance, 1) : distance;
        if (cost < best_distance) {
            best_distance = cost;
            best = &candidate;
        }
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

std::string did_you_mean_hint(std::string_view word, std::span<std::string const> candidates)
{
    auto const found = did_you_mean(word, candidates);
    return found ? " Did you mean '" + *found + "'?" : "";
}

std::string shortest(double value)
{
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char text[64];
    auto const result = std::to_chars(text, text + sizeof text, value);
    return {text, result.ptr};
}

void append_quoted(std::string& out, std::string_view text)
{
    out += '"';
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        }
        else if (c == '\n') {
            out += "\\n";
        }
        else if (c == '\t') {
            out += "\\t";
        }
        else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += "0123456789abcdef"[byte >> 4];
            out += "0123456789abcdef"[byte & 15];
        }
        else {
            out += c;
        }
    }
    out += '"';
}

std::string join(std::span<std::string const> parts, std::string_view separator)
{
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += separator;
        out += parts[i];
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    std::size_t first = 0;
    for (;;) {
        std::size_t const end = text.find(separator, first);
        parts.emplace_back(text.substr(first, end - first));
        if (end == std::string_view::npos) return parts;
        first = end + 1;
    }
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\v\f";
    std::size_t const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string human_seconds(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0) return "unknown";
    if (seconds < 0.9995) return format("%.0f ms", seconds * 1e3);
    if (seconds < 59.95) return format("%.1f s", seconds);
    auto const whole = static_cast<long long>(std::min(std::round(seconds), 1e15));
    char text[64];
    if (whole < 3600)
        std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
    else
        std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole % 3600 / 60);
    return text;
}

std::string human_bytes(std::uint64_t bytes)
{
    if (bytes < 1024) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes);
    char const* const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    value /= 1024;
    // 1023.95 would round to "1024.0".
    while (value >= 1023.95 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    return format("%.1f ", value) + units[unit];
}

}  // namespace ablatrix::base
