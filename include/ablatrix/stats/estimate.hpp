#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace ablatrix::stats {

inline constexpr double undefined_value = std::numeric_limits<double>::quiet_NaN();

/// What a number is worth. A missing value is a status, never a zero and never an exception that stops a summary.
enum class Status : std::uint8_t
{
    ok,             ///< value and requested interval are valid
    undefined,      ///< the definition fails: a class is absent, no items, a spread over one seed
    degenerate,     ///< the value exists, the interval or test does not: zero variance, all resamples equal
    not_reliable,   ///< computed, but from fewer than 5 groups, fewer than 1000 resamples, or > 1 % undefined ones
    invalid_input,  ///< NaN or infinite scores, probabilities outside [0, 1]
    not_run,        ///< a run is missing or failed
};

/// "ok", "undefined", "degenerate", "not_reliable", "invalid_input", "not_run".
std::string_view name_of(Status status);

/// A value with its interval. Fields that do not exist are NaN; an unbounded end is infinite.
struct Estimate
{
    double value = undefined_value;
    double low = undefined_value;
    double high = undefined_value;
    double level = 0.95;
    double standard_error = undefined_value;  ///< NaN when the method has none
    Status status = Status::undefined;
    std::string method;  ///< such as "boot.item_strat.percentile", "two_level", "wilson"
    std::string note;    ///< codes such as "few_groups", joined by ", "
};

/// A test of "no difference". \p p_min is the smallest p-value that the design can give (NaN: no bound).
struct Test
{
    double statistic = undefined_value;
    double df = undefined_value;  ///< degrees of freedom, NaN when the method has none
    double p = undefined_value;
    double p_min = undefined_value;
    Status status = Status::undefined;
    std::string method;
    std::string note;

    /// Whether the test could not reject at \p alpha in a family of \p family tests, whatever the data.
    bool cannot_reach(double alpha, std::int64_t family = 1) const
    {
        return p_min >= alpha / static_cast<double>(family);
    }
};

/// Append \p code to a note.
void add_note(std::string& note, std::string_view code);

}  // namespace ablatrix::stats
