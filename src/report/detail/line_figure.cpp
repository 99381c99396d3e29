#include "line_figure.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "format.hpp"
#include "metric_info.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t most_groups = 12;  ///< figures an axis

std::optional<double> number_of(std::string const& text)
{
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// Conditions that differ in one axis only, in the order of its numbers.
struct Group
{
    std::vector<std::string> others;      ///< values of the other axes
    std::vector<std::size_t> conditions;  ///< ascending x
    std::vector<double> x;                ///< one a condition
};

/// Empty when a value of the axis is no number.
std::vector<Group> groups_along(GridView const& grid, std::size_t axis)
{
    std::vector<Group> groups;
    for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
        auto others = grid.conditions()[c].values;
        auto const x = number_of(others[axis]);
        if (!x) return {};
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(axis));
        auto at = std::find_if(groups.begin(), groups.end(), [&](Group const& g) { return g.others == others; });
        if (at == groups.end()) at = groups.insert(at, {others, {}, {}});
        auto const place = std::upper_bound(at->x.begin(), at->x.end(), *x) - at->x.begin();
        at->conditions.insert(at->conditions.begin() + place, c);
        at->x.insert(at->x.begin() + place, *x);
    }
    return groups;
}

std::string place_of(GridView const& grid, std::size_t axis, Group const& group)
{
    std::string place;
    for (std::size_t i = 0, k = 0; i < grid.by().size(); ++i) {
        if (i == axis) continue;
        place += (place.empty() ? "" : ", ") + grid.by()[i] + " " + group.others[k++];
    }
    return place;
}

struct Line
{
    std::string method;
    std::vector<double> x;
    std::vector<Record const*> records;
    double mean() const
    {
        double sum = 0;
        for (auto const* record : records)
            sum += record->estimate.value;
        return sum / static_cast<double>(records.size());
    }
};

/// Lines of all methods, best mean over the axis first. Methods that lack a condition come last: their mean is of
/// other conditions.
std::vector<Line> lines_of(FigureSource const& source, std::size_t set, Group const& group)
{
    std::map<std::string, Line> by_method;
    for (std::size_t i = 0; i < group.conditions.size(); ++i) {
        for (auto const* record : source.candidates(set, group.conditions[i])) {
            auto& line = by_method[record->method];
            line.method = record->method;
            line.x.push_back(group.x[i]);
            line.records.push_back(record);
        }
    }
    std::vector<Line> lines;
    for (auto& [method, line] : by_method)
        lines.push_back(std::move(line));
    std::string const metric = source.grid().primary_metric(set);
    std::stable_sort(lines.begin(), lines.end(), [&](Line const& a, Line const& b) {
        if (a.x.size() != b.x.size()) return a.x.size() > b.x.size();
        return merit(metric, a.mean()) > merit(metric, b.mean());
    });
    return lines;
}

std::string plot_of(std::string const& axis, std::string const& metric, std::vector<Line> const& lines)
{
    std::string data, bands;
    std::vector<std::string> parts;
    std::vector<double> xs, ys;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto const& style = line_style(i);
        std::string rows;
        for (std::size_t k = 0; k < lines[i].x.size(); ++k) {
            auto const& estimate = lines[i].records[k]->estimate;
            rows += plot_number(lines[i].x[k]) + " " + interval_row(estimate, lines[i].x[k]);
            xs.push_back(lines[i].x[k]);
            ys.insert(ys.end(), {estimate.value, estimate.low, estimate.high});
        }
        std::string const name = "line" + std::to_string(i);
        data += block(name, rows);
        bands += "$" + name + " using 1:3:4 with filledcurves fs transparent solid 0.13 noborder lc " +
                 colour(style.colour) + " notitle, ";
        parts.push_back("$" + name + " using 1:2 with linespoints lw 2.2 ps 0.9 dt " + style.dashes + " pt " +
                        std::to_string(style.marker) + " lc " + colour(style.colour) + " title " +
                        plot_text(lines[i].method, 30));
    }
    std::string plot = plot_frame + data + key_below + range_command("x", xs) + range_command("y", ys) +
                       "set grid y lc rgb '#DDDDDD' lt 1\nset xlabel " + plot_text(axis) + "\nset ylabel " +
                       plot_text(metric_title(metric)) + "\nset xtics (";
    std::sort(xs.begin(), xs.end());
    xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
    for (std::size_t i = 0; i < xs.size(); ++i)
        plot += (i == 0 ? "" : ", ") + tic_text(base::shortest(xs[i])) + " " + plot_number(xs[i]);
    return plot + ")\nplot " + bands + base::join(parts, ", ") + "\n";
}

Figure figure_of(FigureSource const& source, std::size_t set, std::size_t axis, Group const& group,
                 std::vector<Line> lines)
{
    std::string const metric = source.grid().primary_metric(set);
    std::string const& axis_name = source.grid().by()[axis];
    std::size_t const all = lines.size();
    if (all > most_lines) lines.resize(most_lines);
    std::vector<Record const*> shown;
    std::vector<std::string> names, gaps;
    Figure figure;
    figure.csv = csv_line(cells({"item_set", "condition", "metric", "arm", "method", axis_name}, estimate_header()));
    for (auto const& line : lines) {
        names.push_back(line.method);
        if (line.x.size() < group.x.size()) gaps.push_back(line.method);
        shown.insert(shown.end(), line.records.begin(), line.records.end());
        for (std::size_t k = 0; k < line.x.size(); ++k) {
            auto const& record = *line.records[k];
            figure.csv += csv_line(cells({record.item_set, source.place(source.condition_of(record)), record.metric,
                                          record.arm, record.method, csv_number(line.x[k])},
                                         estimate_cells(record)));
        }
    }
    figure.title = titled(metric_title(metric) + " by " + axis_name, place_of(source.grid(), axis, group));
    figure.caption = "Lines: mean " + metric_title(metric) + " over " + seeds_text(shown) + " of the " +
                     (names.size() < all ? std::to_string(names.size()) + " methods that are best on average"
                                         : plural(all, "method")) +
                     "; bands: " + interval_word(shown) +
                     ". Overlapping bands do not settle a comparison either way: the findings give the paired tests.";
    if (!gaps.empty()) figure.caption += " Some values are missing: " + enumeration(gaps) + ".";
    figure.alt = "Lines of " + metric_title(metric) + " over " + axis_name + " for " + enumeration(names) + ".";
    figure.plot = plot_of(axis_name, metric, lines);
    figure.height = 430;
    return figure;
}

}  // namespace

void add_line_figures(Figures& out, FigureSource const& source, std::size_t set)
{
    auto const& grid = source.grid();
    bool has_axis = false;
    for (std::size_t axis = 0; axis < grid.by().size(); ++axis) {
        auto const groups = groups_along(grid, axis);
        for (std::size_t g = 0; g < std::min(groups.size(), most_groups); ++g) {
            if (groups[g].x.size() < 2) continue;
            has_axis = true;
            auto lines = lines_of(source, set, groups[g]);
            if (lines.empty()) {
                out.not_drawn.push_back(titled("No lines over " + grid.by()[axis], place_of(grid, axis, groups[g])) +
                                        ": no finished run has a value of " + metric_title(grid.primary_metric(set)) +
                                        ".");
                continue;
            }
            out.drawn.push_back(figure_of(source, set, axis, groups[g], std::move(lines)));
            out.drawn.back().name =
                "lines-" + slug(source.items(set).name) + "-" + slug(grid.by()[axis]) + "-" + std::to_string(g + 1);
        }
    }
    if (!has_axis)
        out.not_drawn.push_back(
            "No lines over an axis, such as noise.rate: no axis of conditions has two or more numbers.");
}

}  // namespace ablatrix::report::detail
