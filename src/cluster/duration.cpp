#include <ablatrix/cluster/duration.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::cluster {
namespace {

constexpr double minute_s = 60, hour_s = 3600, day_s = 86400;
constexpr double longest_s = 1000 * 365 * day_s;

std::optional<double> whole(std::string_view text)
{
    long value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return {};
    return static_cast<double>(value);
}

/// The parts of "10:30" as numbers; empty when one of them is none.
std::vector<double> clock_parts(std::string_view text)
{
    std::vector<double> parts;
    for (auto const& part : base::split(text, ':')) {
        auto const number = whole(part);
        if (!number) return {};
        parts.push_back(*number);
    }
    return parts;
}

/// Slurm: after days come hours, minutes, seconds; without days two parts are minutes and seconds.
std::optional<double> as_clock(std::string_view text)
{
    auto const dash = text.find('-');
    if (dash != std::string_view::npos) {
        auto const days = whole(text.substr(0, dash));
        auto const parts = clock_parts(text.substr(dash + 1));
        if (!days || parts.empty() || parts.size() > 3) return {};
        double seconds = *days * day_s;
        double unit = hour_s;
        for (double const part : parts) {
            seconds += part * unit;
            unit /= 60;
        }
        return seconds;
    }
    auto const parts = clock_parts(text);
    if (parts.size() == 2) return parts[0] * minute_s + parts[1];
    if (parts.size() == 3) return parts[0] * hour_s + parts[1] * minute_s + parts[2];
    return {};
}

double unit_seconds(char unit)
{
    switch (unit) {
        case 's':
            return 1;
        case 'm':
            return minute_s;
        case 'h':
            return hour_s;
        case 'd':
            return day_s;
        default:
            return 0;
    }
}

/// "2h30m"
std::optional<double> as_sum(std::string_view text)
{
    if (text.empty()) return {};
    double seconds = 0;
    while (!text.empty()) {
        double number = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || !(number >= 0) || end == text.data() + text.size()) return {};
        double const unit = unit_seconds(*end);
        if (unit == 0) return {};
        seconds += number * unit;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    return seconds;
}

}  // namespace

double parse_duration(std::string const& text)
{
    auto seconds = as_clock(text);
    if (!seconds) seconds = as_sum(text);
    ABLATRIX_VALIDATE(seconds && *seconds > 0 && *seconds <= longest_s,
                      "'" + text + "' is not a duration. Write 90s, 15m, 2h, 2h30m, 1d, or 2:30:00 or 1-12:00:00");
    return *seconds;
}

std::string slurm_duration(double seconds)
{
    ABLATRIX_EXPECT(std::isfinite(seconds) && seconds >= 0 && seconds <= longest_s);
    // Less than a millisecond above a whole minute is rounding, not time.
    auto const minutes = static_cast<long>(std::ceil((seconds - 1e-3) / minute_s));
    char text[64];
    if (minutes < 24 * 60)
        std::snprintf(text, sizeof text, "%02ld:%02ld:00", minutes / 60, minutes % 60);
    else
        std::snprintf(text, sizeof text, "%ld-%02ld:%02ld:00", minutes / 1440, minutes % 1440 / 60, minutes % 60);
    return text;
}

}  // namespace ablatrix::cluster
