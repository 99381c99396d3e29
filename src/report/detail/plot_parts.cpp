#include "plot_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "format.hpp"

namespace ablatrix::report::detail {

std::string colour(std::string const& value)
{
    return "rgb '" + value + "'";
}

std::string block(std::string const& name, std::string const& rows)
{
    return "$" + name + " << ABLATRIX_END\n" + rows + "ABLATRIX_END\n";
}

std::string interval_word(std::vector<Record const*> const& records)
{
    std::size_t with = 0;
    for (auto const* record : records)
        with += std::isfinite(record->estimate.low) && std::isfinite(record->estimate.high) ? 1 : 0;
    if (with == 0) return "no intervals (too few seeds or values)";
    std::string scope;
    for (auto const* record : records) {
        if (std::isfinite(record->estimate.low)) scope = record->scope;
    }
    std::string const what = scope == "both"    ? "over new seeds and new items"
                             : scope == "items" ? "over new items, not over new seeds"
                                                : "over new seeds";
    return fixed(100 * records.front()->estimate.level, 0) + " % intervals that speak for values " + what +
           (with < records.size() ? " (some values have none)" : "");
}

std::string seeds_text(std::vector<Record const*> const& records)
{
    std::int64_t least = 0, most = 0;
    for (auto const* record : records) {
        if (record->n_seeds <= 0) continue;
        least = least == 0 ? record->n_seeds : std::min(least, record->n_seeds);
        most = std::max(most, record->n_seeds);
    }
    if (most <= 1) return "one seed";
    std::string const all = plural(static_cast<std::size_t>(most), "seed");
    return least == most ? all : std::to_string(least) + " to " + all;
}

std::string interval_row(stats::Estimate const& estimate, double y)
{
    bool const has_interval = std::isfinite(estimate.low) && std::isfinite(estimate.high);
    return plot_number(estimate.value) + " " + plot_number(has_interval ? estimate.low : estimate.value) + " " +
           plot_number(has_interval ? estimate.high : estimate.value) + " " + plot_number(y) + "\n";
}

std::vector<std::string> estimate_cells(Record const& record)
{
    return {csv_number(record.estimate.value),
            csv_number(record.estimate.low),
            csv_number(record.estimate.high),
            csv_number(record.estimate.level),
            record.estimate.method,
            record.scope,
            record.n_seeds < 0 ? "" : std::to_string(record.n_seeds)};
}

std::vector<std::string> cells(std::vector<std::string> first, std::vector<std::string> const& more)
{
    first.insert(first.end(), more.begin(), more.end());
    return first;
}

std::vector<std::string> const& estimate_header()
{
    static std::vector<std::string> const header = {"value",    "ci_low", "ci_high", "level",
                                                    "interval", "scope",  "n_seeds"};
    return header;
}

std::string tics_of(std::vector<std::string> const& names, std::size_t longest)
{
    std::string tics;
    for (std::size_t i = 0; i < names.size(); ++i)
        tics += (i == 0 ? "" : ", ") + tic_text(names[i], longest) + " " + std::to_string(i + 1);
    return tics;
}

std::string titled(std::string const& title, std::string const& place)
{
    return place.empty() ? title : title + ", " + place;
}

}  // namespace ablatrix::report::detail
