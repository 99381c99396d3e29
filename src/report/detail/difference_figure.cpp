#include "difference_figure.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "contrast.hpp"
#include "format.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t conditions_a_plot = 6;
constexpr std::size_t columns_a_map = 6;

/// Differences of one method in conditions [first, last).
struct Differences
{
    std::string method;
    std::size_t first = 0, last = 0;
    std::vector<std::string> arms;       ///< in the order of the grid
    std::vector<Record const*> records;  ///< row-major [arm x condition]; null: none
    Record const* at(std::size_t arm, std::size_t condition) const
    {
        auto const* record = records[arm * (last - first) + condition - first];
        return record != nullptr && std::isfinite(record->estimate.value) ? record : nullptr;
    }
    std::vector<Record const*> with_value() const
    {
        std::vector<Record const*> found;
        for (std::size_t c = first; c < last; ++c) {
            for (std::size_t a = 0; a < arms.size(); ++a) {
                if (at(a, c) != nullptr) found.push_back(at(a, c));
            }
        }
        return found;
    }
    std::size_t missing() const { return records.size() - with_value().size(); }
    /// "-2" for the second part of a long list of conditions.
    std::string part(std::size_t conditions_a_part) const
    {
        return first == 0 ? "" : "-" + std::to_string(first / conditions_a_part + 1);
    }
};

Differences differences_of(FigureSource const& source, std::size_t set, std::string const& method, std::size_t first,
                           std::size_t count)
{
    Differences found{method, first, std::min(first + count, source.shown_conditions()), {}, {}};
    auto const all = source.differences(set, method);
    for (auto const* record : all) {
        if (std::find(found.arms.begin(), found.arms.end(), record->arm) == found.arms.end())
            found.arms.push_back(record->arm);
    }
    std::size_t const n = found.last - found.first;
    found.records.assign(found.arms.size() * n, nullptr);
    for (auto const* record : all) {
        std::size_t const c = source.condition_of(*record);
        if (c < found.first || c >= found.last) continue;
        auto const arm = std::find(found.arms.begin(), found.arms.end(), record->arm) - found.arms.begin();
        found.records[static_cast<std::size_t>(arm) * n + c - found.first] = record;
    }
    return found;
}

std::string missing_text(Differences const& found)
{
    if (found.missing() == 0) return {};
    return " Without a value, where no seed has both sides: " + plural(found.missing(), "difference") + ".";
}

// Points with intervals.

std::string points_caption(Differences const& found, std::string const& baseline)
{
    auto const shown = found.with_value();
    std::size_t separated = 0;
    for (auto const* record : shown)
        separated += record->p_adjusted < alpha ? 1 : 0;
    std::string const all = plural(shown.size(), "difference");
    return "Points: mean difference over " + seeds_text(shown) +
           ", both sides on the same seeds and items; bars: " + interval_word(shown) + ". " +
           (separated == 0
                ? "None of the " + all + " is separated from 0 after Holm's correction: this grid cannot tell " +
                      "these arms from " + baseline + "."
            : separated == shown.size()
                ? "All of the " + all + " are separated from 0 after Holm's correction."
                : std::to_string(separated) + " of " + all + (separated == 1 ? " is" : " are") +
                      " separated from 0 after Holm's correction; about the others this grid cannot tell.") +
           missing_text(found);
}

std::string points_plot(FigureSource const& source, Differences const& found, std::string const& metric)
{
    std::string data;
    std::vector<std::string> parts;
    std::vector<double> seen = {0};
    auto const n = static_cast<double>(found.last - found.first);
    for (std::size_t c = found.first; c < found.last; ++c) {
        double const offset = (static_cast<double>(c - found.first) - (n - 1) / 2) * 0.8 / n;
        std::string rows;
        for (std::size_t a = 0; a < found.arms.size(); ++a) {
            auto const* record = found.at(a, c);
            if (record == nullptr) continue;
            rows += interval_row(record->estimate, static_cast<double>(a + 1) + offset);
            seen.insert(seen.end(), {record->estimate.value, record->estimate.low, record->estimate.high});
        }
        if (rows.empty()) continue;
        auto const& style = line_style(c - found.first);
        std::string const name = "condition" + std::to_string(c);
        data += block(name, rows);
        auto const& label = source.grid().conditions()[c].short_label;
        parts.push_back("$" + name + " using 1:4:2:3 with xerrorbars lw 1.8 ps 0.8 pt " + std::to_string(style.marker) +
                        " lc " + colour(style.colour) +
                        (label.empty() ? std::string{" notitle"} : " title " + plot_text(label, 34)));
    }
    return plot_frame + data + key_below + range_command("x", seen) + "set yrange [" +
           std::to_string(found.arms.size()) + ".55:0.45]\nset ytics (" + tics_of(found.arms) +
           ")\nset grid x lc rgb '#DDDDDD' lt 1\nset arrow 1 from 0,graph 0 to 0,graph 1 nohead lw 1.2 "
           "lc rgb '#444444'\nset xlabel " +
           plot_text("difference of " + metric_title(metric)) + "\nplot " + base::join(parts, ", ") + "\n";
}

Figure points_figure(FigureSource const& source, std::size_t set, Differences const& found)
{
    std::string const metric = source.grid().primary_metric(set);
    std::string const& baseline = source.baseline_arm();
    Figure figure;
    figure.name =
        "differences-" + slug(source.items(set).name) + "-" + slug(found.method) + found.part(conditions_a_plot);
    figure.title = found.method + ": " + metric_title(metric) + " of each arm minus " + baseline;
    figure.caption = points_caption(found, baseline);
    figure.alt = "Differences of the arms " + enumeration(found.arms) + " from " + baseline + " with intervals.";
    figure.csv = csv_line(cells({"item_set", "condition", "metric", "method", "arm", "baseline"},
                                cells(estimate_header(), {"p", "holm_p"})));
    for (auto const* record : found.with_value())
        figure.csv += csv_line(
            cells({record->item_set, source.place(source.condition_of(*record)), record->metric, found.method,
                   record->arm, baseline},
                  cells(estimate_cells(*record), {csv_number(record->test.p), csv_number(record->p_adjusted)})));
    std::size_t const n = found.last - found.first;
    figure.height = static_cast<int>(130 + found.arms.size() * std::max<std::size_t>(26, 13 * n) + 20 * n);
    figure.plot = points_plot(source, found, metric);
    return figure;
}

// Heat map.

/// "+.012": cells are narrow.
std::string cell_text(double value)
{
    std::string text = signed_fixed(value);
    if (text.size() > 2 && text[1] == '0') text.erase(1, 1);
    return text;
}

std::string map_plot(FigureSource const& source, Differences const& found)
{
    std::string rows, labels;
    double largest = 0;
    for (std::size_t a = 0; a < found.arms.size(); ++a) {
        for (std::size_t c = found.first; c < found.last; ++c) {
            auto const* record = found.at(a, c);
            std::string const x = std::to_string(c - found.first + 1), y = std::to_string(a + 1);
            std::string text = "–";
            if (record != nullptr) {
                double const value = record->estimate.value;
                rows += x + " " + y + " " + plot_number(value) + "\n";
                text = cell_text(value) + (record->p_adjusted < alpha ? "*" : "");
                largest = std::max(largest, std::abs(value));
            }
            labels += "set label " + plot_text(text) + " at " + x + "," + y +
                      " center front font ',12' textcolor rgb '#111111'\n";
        }
    }
    std::vector<std::string> columns;
    for (std::size_t c = found.first; c < found.last; ++c) {
        auto const& label = source.grid().conditions()[c].short_label;
        columns.push_back(label.empty() ? "all" : label);
    }
    double const limit = largest > 0 ? largest : 1;
    return block("data", rows) + labels +
           "unset border\nset tics scale 0 textcolor rgb '#222222'\nunset key\nset palette defined (-1 "
           "'#7FBFE6', 0 '#FFFFFF', 1 '#F5B25C')\n"
           "set cbrange [" +
           plot_number(-limit) + ":" + plot_number(limit) + "]\nset cbtics (" + tic_text(signed_fixed(-limit)) + " " +
           plot_number(-limit) + ", '0' 0, " + tic_text(signed_fixed(limit)) + " " + plot_number(limit) +
           ")\nset xrange [0.5:" + std::to_string(columns.size()) + ".5]\nset yrange [" +
           std::to_string(found.arms.size()) + ".5:0.5]\nset ytics (" + tics_of(found.arms) + ")\nset xtics " +
           (columns.size() > 1 ? "rotate by 35 right " : "") + "(" + tics_of(columns, 24) +
           ")\nplot $data using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid "
           "border lc rgb '#999999' fc palette\n";
}

Figure map_figure(FigureSource const& source, std::size_t set, Differences const& found)
{
    std::string const metric = source.grid().primary_metric(set);
    std::string const& baseline = source.baseline_arm();
    Figure figure;
    figure.name = "heat-" + slug(source.items(set).name) + "-" + slug(found.method) + found.part(columns_a_map);
    figure.title = found.method + ": " + metric_title(metric) + " of each arm minus " + baseline + ", as a map";
    figure.caption = "Cells: mean paired difference; blue lower than " + baseline +
                     ", orange higher, white none. A star marks differences separated from 0 after Holm's correction; "
                     "in cells without a star this grid cannot tell." +
                     missing_text(found);
    figure.alt = "Heat map of differences from " + baseline + ", " + plural(found.arms.size(), "arm") + " by " +
                 plural(found.last - found.first, "condition") + "; the numbers stand in the cells.";
    figure.csv = csv_line({"item_set", "condition", "metric", "method", "arm", "baseline", "difference", "holm_p"});
    for (auto const* record : found.with_value())
        figure.csv +=
            csv_line({record->item_set, source.place(source.condition_of(*record)), metric, found.method, record->arm,
                      baseline, csv_number(record->estimate.value), csv_number(record->p_adjusted)});
    std::size_t longest = 0;
    for (auto const& arm : found.arms)
        longest = std::max(longest, arm.size());
    // Wide enough for the names, the cells and the scale.
    std::size_t const wanted = 7 * std::min<std::size_t>(longest, 30) + 50 * (found.last - found.first) + 90;
    figure.width = std::max(figure.width, static_cast<int>(wanted));
    figure.height = static_cast<int>(170 + 34 * found.arms.size());
    figure.plot = map_plot(source, found);
    return figure;
}

void add_parts(Figures& out, FigureSource const& source, std::size_t set, std::string const& method,
               std::size_t conditions_a_part, Figure (*figure_of)(FigureSource const&, std::size_t, Differences const&))
{
    for (std::size_t first = 0; first < source.shown_conditions(); first += conditions_a_part) {
        auto const found = differences_of(source, set, method, first, conditions_a_part);
        if (!found.with_value().empty()) out.drawn.push_back(figure_of(source, set, found));
    }
}

}  // namespace

void add_difference_figures(Figures& out, FigureSource const& source, std::size_t set)
{
    auto const methods = source.compared_methods(set);
    if (methods.empty()) {
        out.not_drawn.push_back(std::string{"No differences between arms: "} +
                                (source.grid().has_arms()
                                     ? "no method here depends on the arm and has a value on both sides."
                                     : "the grid has one arm."));
        return;
    }
    for (auto const& method : methods)
        add_parts(out, source, set, method, conditions_a_plot, points_figure);
    for (auto const& method : methods)
        add_parts(out, source, set, method, columns_a_map, map_figure);
}

}  // namespace ablatrix::report::detail
