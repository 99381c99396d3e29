#include "figures.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <ablatrix/base/text.hpp>

#include "contrast.hpp"
#include "format.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t most_conditions = 12;  ///< with a figure each; tables hold all
constexpr std::size_t most_curves = 4;       ///< methods whose curves and lines are drawn
constexpr std::size_t conditions_a_plot = 6;
constexpr std::size_t columns_a_map = 8;
constexpr std::size_t bins = 30;
constexpr char const* reference_colour = "#6E6E6E";
constexpr char const* frame = "set border 3 lc rgb '#444444'\nset tics nomirror out textcolor rgb '#222222'\n";
constexpr char const* key_below =
    "set key below left Left reverse samplen 5 maxcols 1 spacing 1.1\nset xlabel offset 0,0.4\n";

std::string colour(char const* value)
{
    return std::string{"rgb '"} + value + "'";
}

/// A data block; rows of numbers, never text of the file.
std::string block(std::string const& name, std::string const& rows)
{
    return "$" + name + " << ABLATRIX_END\n" + rows + "ABLATRIX_END\n";
}

std::optional<double> number_of(std::string const& text)
{
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
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

/// Rows "value low high y", NaN where there is none.
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

std::vector<std::string> const estimate_header = {"value",    "ci_low", "ci_high", "level",
                                                  "interval", "scope",  "n_seeds"};

}  // namespace

FigureMaker::FigureMaker(GridView const& grid, std::vector<Record> const& records) : grid_(grid), records_(records)
{
    for (std::size_t c = 0; c < grid.conditions().size(); ++c)
        conditions_.push_back(condition_pairs(grid, c));
}

std::vector<Figure> FigureMaker::of_set(std::size_t set, std::vector<std::string> const& findings)
{
    std::vector<Figure> figures;
    if (items(set).metrics.empty()) return figures;
    add_forests(figures, set, findings);
    add_lines(figures, set);
    add_curves(figures, set, true);
    add_curves(figures, set, false);
    add_histograms(figures, set);
    add_differences(figures, set);
    add_heat_maps(figures, set);
    return figures;
}

std::size_t FigureMaker::shown_conditions() const
{
    return std::min(conditions_.size(), most_conditions);
}

std::string FigureMaker::unique_name(std::string const& wanted)
{
    std::string name = wanted;
    for (int i = 2; !names_.insert(name).second; ++i)
        name = wanted + "-" + std::to_string(i);
    return name;
}

std::string FigureMaker::place_of(std::size_t condition) const
{
    auto const& label = grid_.conditions()[condition].label;
    return conditions_.size() > 1 || !label.empty() ? label : "";
}

std::size_t FigureMaker::condition_of(Record const& record) const
{
    auto const found = std::find(conditions_.begin(), conditions_.end(), record.condition);
    return static_cast<std::size_t>(found - conditions_.begin());
}

std::vector<Record const*> FigureMaker::means(std::size_t set, std::size_t condition) const
{
    auto const primary = grid_.primary_metric(set);
    std::vector<Record const*> found;
    for (auto const& record : records_) {
        if (record.kind != "mean" || record.item_set != items(set).name || record.metric != primary) continue;
        if (record.arm != grid_.arms()[grid_.baseline()] || record.condition != conditions_[condition]) continue;
        if (std::isfinite(record.estimate.value)) found.push_back(&record);
    }
    std::stable_sort(found.begin(), found.end(), [](Record const* a, Record const* b) {
        if (is_variant(a->method) != is_variant(b->method)) return is_variant(b->method);
        return a->estimate.value > b->estimate.value;
    });
    return found;
}

std::vector<Record const*> FigureMaker::differences(std::size_t set, std::string const& method) const
{
    auto const primary = grid_.primary_metric(set);
    std::vector<Record const*> found;
    for (auto const& record : records_) {
        if (record.kind != "difference" || record.item_set != items(set).name || record.metric != primary) continue;
        if (record.arm == record.arm_b || record.method != method || record.method_b != method) continue;
        found.push_back(&record);
    }
    return found;
}

std::vector<std::string> FigureMaker::compared_methods(std::size_t set) const
{
    std::vector<std::string> methods;
    for (auto const& method : items(set).methods) {
        auto const found = differences(set, method);
        bool const has_any = std::any_of(found.begin(), found.end(),
                                         [](Record const* record) { return std::isfinite(record->estimate.value); });
        if (has_any) methods.push_back(method);
    }
    return methods;
}

void FigureMaker::add_forests(std::vector<Figure>& figures, std::size_t set, std::vector<std::string> const& findings)
{
    std::string const metric = grid_.primary_metric(set);
    for (std::size_t c = 0; c < shown_conditions(); ++c) {
        auto const found = means(set, c);
        if (found.empty()) continue;
        Figure figure;
        figure.name = unique_name("forest-" + slug(items(set).name) + "-" + std::to_string(c + 1));
        figure.title = metric_title(metric) + " of each method" + (place_of(c).empty() ? "" : ", " + place_of(c));
        figure.caption = "Points: mean " + metric_title(metric) + " over " + seeds_text(found) +
                         "; bars: " + interval_word(found) + "; grey circles: references and changed test sets. ";
        if (c < findings.size()) figure.caption += "Finding: " + findings[c];
        figure.alt = "Forest plot, best first: " + found.front()->method + " " +
                     with_interval(found.front()->estimate) + " down to " + found.back()->method + " " +
                     with_interval(found.back()->estimate) + ".";
        std::string leaders, references, tics;
        std::vector<double> seen;
        figure.csv = csv_line(cells({"item_set", "condition", "metric", "arm", "method"}, estimate_header));
        for (std::size_t i = 0; i < found.size(); ++i) {
            auto const& record = *found[i];
            bool const leads = !is_reference(record.method) && !is_variant(record.method);
            (leads ? leaders : references) += interval_row(record.estimate, static_cast<double>(i + 1));
            tics += (i == 0 ? "" : ", ") + tic_text(record.method) + " " + std::to_string(i + 1);
            seen.insert(seen.end(), {record.estimate.value, record.estimate.low, record.estimate.high});
            figure.csv += csv_line(cells({record.item_set, place_of(c), record.metric, record.arm, record.method},
                                         estimate_cells(record)));
        }
        figure.height = static_cast<int>(85 + 25 * found.size());
        figure.plot = frame + block("data", leaders) + block("references", references) + "unset key\n" +
                      range_command("x", seen) + "set yrange [" + std::to_string(found.size()) + ".6:0.4]\n" +
                      "set ytics (" + tics + ")\nset grid x lc rgb '#DDDDDD' lt 1\nset xlabel " +
                      plot_text(metric_title(metric)) + "\n";
        if (metric == "auroc")
            figure.plot += "set arrow 1 from 0.5,graph 0 to 0.5,graph 1 nohead dt (4,4) lc rgb '#444444'\n";
        std::vector<std::string> parts;
        if (!leaders.empty()) parts.push_back("$data using 1:4:2:3 with xerrorbars pt 7 ps 0.9 lw 2 lc rgb '#0072B2'");
        if (!references.empty())
            parts.push_back("$references using 1:4:2:3 with xerrorbars pt 6 ps 0.9 lw 1.5 lc " +
                            colour(reference_colour));
        figure.plot += "plot " + base::join(parts, ", ") + "\n";
        figures.push_back(std::move(figure));
    }
}

void FigureMaker::add_lines(std::vector<Figure>& figures, std::size_t set)
{
    std::string const metric = grid_.primary_metric(set);
    for (std::size_t axis = 0; axis < grid_.by().size(); ++axis) {
        // Conditions that differ in this axis only, in the order of the grid.
        std::vector<std::vector<std::string>> groups;
        std::vector<std::vector<std::size_t>> members;
        bool is_numeric = true;
        for (std::size_t c = 0; c < conditions_.size(); ++c) {
            auto others = grid_.conditions()[c].values;
            is_numeric = is_numeric && number_of(others[axis]).has_value();
            others.erase(others.begin() + static_cast<std::ptrdiff_t>(axis));
            auto const at = std::find(groups.begin(), groups.end(), others);
            if (at == groups.end()) {
                groups.push_back(others);
                members.push_back({c});
            }
            else {
                members[static_cast<std::size_t>(at - groups.begin())].push_back(c);
            }
        }
        if (!is_numeric) continue;
        for (std::size_t g = 0; g < std::min(groups.size(), most_conditions); ++g) {
            auto order = members[g];
            if (order.size() < 2) continue;
            auto const x_of = [&](std::size_t c) { return *number_of(grid_.conditions()[c].values[axis]); };
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t a, std::size_t b) { return x_of(a) < x_of(b); });

            std::map<std::string, std::vector<std::pair<double, Record const*>>> lines;
            std::map<std::string, double> sums;
            for (auto const c : order) {
                for (auto const* record : means(set, c)) {
                    if (is_reference(record->method) || is_variant(record->method)) continue;
                    lines[record->method].emplace_back(x_of(c), record);
                    sums[record->method] += record->estimate.value;
                }
            }
            std::vector<std::string> methods;
            for (auto const& [method, sum] : sums)
                methods.push_back(method);
            std::stable_sort(methods.begin(), methods.end(),
                             [&](std::string const& a, std::string const& b) { return sums[a] > sums[b]; });
            if (methods.size() > most_curves) methods.resize(most_curves);
            if (methods.empty()) continue;

            std::string place;
            for (std::size_t i = 0, k = 0; i < grid_.by().size(); ++i) {
                if (i == axis) continue;
                place += (place.empty() ? "" : ", ") + grid_.by()[i] + " " + groups[g][k++];
            }
            Figure figure;
            std::string const& axis_name = grid_.by()[axis];
            figure.name =
                unique_name("lines-" + slug(items(set).name) + "-" + slug(axis_name) + "-" + std::to_string(g + 1));
            figure.title = metric_title(metric) + " by " + axis_name + (place.empty() ? "" : ", " + place);
            figure.csv =
                csv_line(cells({"item_set", "condition", "metric", "arm", "method", axis_name}, estimate_header));
            std::string data, bands;
            std::vector<std::string> parts;
            std::vector<Record const*> shown;
            std::vector<double> xs, ys;
            for (std::size_t i = 0; i < methods.size(); ++i) {
                auto const& style = line_style(i);
                std::string rows;
                for (auto const& [x, record] : lines[methods[i]]) {
                    auto const& estimate = record->estimate;
                    rows += plot_number(x) + " " + interval_row(estimate, x);
                    shown.push_back(record);
                    xs.push_back(x);
                    ys.insert(ys.end(), {estimate.value, estimate.low, estimate.high});
                    figure.csv += csv_line(cells({record->item_set, grid_.conditions()[condition_of(*record)].label,
                                                  record->metric, record->arm, record->method, csv_number(x)},
                                                 estimate_cells(*record)));
                }
                std::string const name = "line" + std::to_string(i);
                data += block(name, rows);
                bands += (bands.empty() ? "" : ", ") + ("$" + name) +
                         " using 1:3:4 with filledcurves fs transparent solid 0.13 noborder lc " +
                         colour(style.colour) + " notitle";
                parts.push_back("$" + name + " using 1:2 with linespoints lw 2.2 ps 0.9 dt " + style.dashes + " pt " +
                                std::to_string(style.marker) + " lc " + colour(style.colour) + " title " +
                                plot_text(methods[i], 30));
            }
            figure.caption =
                "Lines: mean " + metric_title(metric) + " over " + seeds_text(shown) + " of the " +
                (methods.size() < sums.size() ? std::to_string(methods.size()) + " methods that are best on average"
                                              : plural(methods.size(), "method")) +
                "; bands: " + interval_word(shown) +
                ". Overlapping bands do not settle a comparison either way: the findings give the paired tests.";
            figure.alt =
                "Lines of " + metric_title(metric) + " over " + axis_name + " for " + enumeration(methods) + ".";
            figure.plot = frame + data + key_below + range_command("x", xs) + range_command("y", ys) +
                          "set grid y lc rgb '#DDDDDD' lt 1\nset xlabel " + plot_text(axis_name) + "\nset ylabel " +
                          plot_text(metric_title(metric)) + "\nset xtics (";
            std::sort(xs.begin(), xs.end());
            xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
            for (std::size_t i = 0; i < xs.size(); ++i)
                figure.plot += (i == 0 ? "" : ", ") + tic_text(base::shortest(xs[i])) + " " + plot_number(xs[i]);
            figure.plot += ")\nplot " + bands + ", " + base::join(parts, ", ") + "\n";
            figure.height = 430;
            figures.push_back(std::move(figure));
        }
    }
}

void FigureMaker::add_curves(std::vector<Figure>& figures, std::size_t set, bool is_roc)
{
    if (!items(set).curves) return;
    std::string const x_name = is_roc ? "false positive rate" : "recall";
    std::string const y_name = is_roc ? "true positive rate" : "precision";
    for (std::size_t c = 0; c < shown_conditions(); ++c) {
        Figure figure;
        figure.csv = csv_line({"item_set", "condition", "arm", "method", x_name, "mean", "low", "high", "n_seeds"});
        std::string data;
        std::vector<std::string> parts, methods;
        std::string bands;
        std::size_t most_seeds = 0;
        for (auto const* record : means(set, c)) {
            if (methods.size() == most_curves) break;
            if (is_reference(record->method) || is_variant(record->method)) continue;
            auto const& names = items(set).methods;
            auto const m =
                static_cast<std::size_t>(std::find(names.begin(), names.end(), record->method) - names.begin());
            std::vector<std::vector<double>> curves;
            for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
                auto const run = grid_.item_run(c, grid_.baseline(), seed, set, m);
                if (run < 0) continue;
                auto const column = items(set).column_of[static_cast<std::size_t>(run) * names.size() + m];
                auto const values = grid_.file().read_column(set, static_cast<std::size_t>(column));
                auto const& curve = is_roc ? values.roc : values.pr;
                bool const is_whole =
                    curve.size() == store::curve_points &&
                    std::all_of(curve.begin(), curve.end(), [](double v) { return std::isfinite(v); });
                if (is_whole) curves.push_back(curve);
            }
            if (curves.empty()) continue;
            most_seeds = std::max(most_seeds, curves.size());
            std::string rows;
            for (std::size_t i = 0; i < store::curve_points; ++i) {
                double sum = 0, low = INFINITY, high = -INFINITY;
                for (auto const& curve : curves) {
                    sum += curve[i];
                    low = std::min(low, curve[i]);
                    high = std::max(high, curve[i]);
                }
                double const x = static_cast<double>(i) / static_cast<double>(store::curve_points - 1);
                double const mean = sum / static_cast<double>(curves.size());
                rows +=
                    plot_number(x) + " " + plot_number(mean) + " " + plot_number(low) + " " + plot_number(high) + "\n";
                figure.csv +=
                    csv_line({items(set).name, place_of(c), record->arm, record->method, csv_number(x),
                              csv_number(mean), csv_number(low), csv_number(high), std::to_string(curves.size())});
            }
            auto const& style = line_style(methods.size());
            std::string const name = "curve" + std::to_string(methods.size());
            data += block(name, rows);
            if (curves.size() > 1)
                bands += "$" + name + " using 1:3:4 with filledcurves fs transparent solid 0.13 noborder lc " +
                         colour(style.colour) + " notitle, ";
            parts.push_back("$" + name + " using 1:2 with linespoints pointinterval 10 ps 0.7 lw 2 dt " + style.dashes +
                            " pt " + std::to_string(style.marker) + " lc " + colour(style.colour) + " title " +
                            plot_text(record->method, 30));
            methods.push_back(record->method);
        }
        if (methods.empty()) continue;
        figure.name = unique_name((is_roc ? "roc-" : "pr-") + slug(items(set).name) + "-" + std::to_string(c + 1));
        figure.title = std::string{is_roc ? "ROC curves" : "Precision and recall"} +
                       (place_of(c).empty() ? "" : ", " + place_of(c));
        figure.caption =
            std::string{"Lines: "} +
            (most_seeds > 1
                 ? "mean curve over " + plural(most_seeds, "seed") +
                       "; bands: from the lowest to the highest seed, which is no confidence interval"
                 : "the curve of the only seed; there is no band, so nothing here speaks about other seeds") +
            ". Shown: the " + plural(methods.size(), "method") + " with the highest " +
            metric_title(grid_.primary_metric(set)) + (is_roc ? "; the thin diagonal is chance." : ".");
        figure.alt = figure.title + " of " + enumeration(methods) + ".";
        figure.plot = frame + data + key_below +
                      "set xrange [0:1]\nset yrange [0:1.02]\nset grid lc rgb '#DDDDDD' lt 1\nset xlabel '" + x_name +
                      "'\nset ylabel '" + y_name + "'\n" +
                      (is_roc ? "set arrow 1 from 0,0 to 1,1 nohead dt (2,4) lc rgb '#444444'\n" : "") + "plot " +
                      bands + base::join(parts, ", ") + "\n";
        figure.height = 510;
        figures.push_back(std::move(figure));
    }
}

void FigureMaker::add_histograms(std::vector<Figure>& figures, std::size_t set)
{
    if (items(set).kind != store::ColumnKind::score) return;
    for (std::size_t c = 0; c < shown_conditions(); ++c) {
        std::string method;
        for (auto const* record : means(set, c)) {
            if (!is_reference(record->method) && !is_variant(record->method)) {
                method = record->method;
                break;
            }
        }
        if (method.empty()) continue;
        auto const& names = items(set).methods;
        auto const m = static_cast<std::size_t>(std::find(names.begin(), names.end(), method) - names.begin());
        std::vector<double> of_clean, of_noisy;
        std::size_t n_seeds = 0, not_finite = 0;
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            auto const run = grid_.item_run(c, grid_.baseline(), seed, set, m);
            if (run < 0) continue;
            ++n_seeds;
            auto const truth = grid_.items(set, static_cast<std::size_t>(run));
            auto const scores = grid_.scores(set, static_cast<std::size_t>(run), m);
            for (std::size_t i = 0; i < scores.size(); ++i) {
                if (!std::isfinite(scores[i]))
                    ++not_finite;
                else
                    (truth.is_noisy[i] == 1 ? of_noisy : of_clean).push_back(scores[i]);
            }
        }
        if (of_clean.empty() && of_noisy.empty()) continue;
        double low = INFINITY, high = -INFINITY;
        for (auto const* values : {&of_clean, &of_noisy}) {
            for (double const value : *values) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
        }
        bool const is_constant = !(high > low);
        if (is_constant) {
            low -= 0.5;
            high += 0.5;
        }
        std::vector<double> edges;
        for (std::size_t i = 0; i <= bins; ++i)
            edges.push_back(i == bins ? high : low + (high - low) * static_cast<double>(i) / static_cast<double>(bins));
        auto const count = [&](std::vector<double> const& values) {
            std::vector<std::size_t> counts(bins);
            for (double const value : values) {
                auto const above = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
                ++counts[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(above - 1, 0, bins - 1))];
            }
            return counts;
        };
        auto const clean = count(of_clean), noisy = count(of_noisy);
        auto const share = [](std::size_t n, std::vector<double> const& values) {
            return values.empty() ? 0.0 : static_cast<double>(n) / static_cast<double>(values.size());
        };
        Figure figure;
        figure.name = unique_name("scores-" + slug(items(set).name) + "-" + std::to_string(c + 1));
        figure.title = "Scores of " + method + (place_of(c).empty() ? "" : ", " + place_of(c));
        figure.csv = csv_line({"item_set", "condition", "arm", "method", "bin_low", "bin_high", "n_clean", "n_noisy"});
        std::string rows, outline_clean, outline_noisy;
        outline_clean = plot_number(edges[0]) + " 0\n";
        outline_noisy = outline_clean;
        for (std::size_t i = 0; i < bins; ++i) {
            for (double const x : {edges[i], edges[i + 1]}) {
                outline_clean += plot_number(x) + " " + plot_number(share(clean[i], of_clean)) + "\n";
                outline_noisy += plot_number(x) + " " + plot_number(share(noisy[i], of_noisy)) + "\n";
            }
            figure.csv +=
                csv_line({items(set).name, place_of(c), grid_.arms()[grid_.baseline()], method, csv_number(edges[i]),
                          csv_number(edges[i + 1]), std::to_string(clean[i]), std::to_string(noisy[i])});
        }
        outline_clean += plot_number(edges[bins]) + " 0\n";
        outline_noisy += plot_number(edges[bins]) + " 0\n";
        figure.caption =
            "Share of the clean and of the noisy items in each of " + std::to_string(bins) +
            " ranges of the score of " + method + ", " +
            (n_seeds > 1 ? plural(n_seeds, "seed") + " together" : "one seed") + " (" +
            std::to_string(of_clean.size()) + " clean, " + std::to_string(of_noisy.size()) +
            " noisy): the less the two overlap, the better the method; the figure shows the spread of items, "
            "not the uncertainty of a mean.";
        if (is_constant)
            figure.caption += " All scores are equal: this method cannot tell noisy items from clean ones.";
        if (of_noisy.empty()) figure.caption += " There are no noisy items.";
        if (of_clean.empty()) figure.caption += " There are no clean items.";
        if (not_finite > 0) figure.caption += " " + plural(not_finite, "score") + " not finite and left out.";
        figure.alt = "Two histograms of the score of " + method + ", clean and noisy items.";
        figure.plot =
            frame + block("clean", outline_clean) + block("noisy", outline_noisy) + key_below + "set yrange [0:*]\n" +
            range_command("x", {low, high}) + "set grid y lc rgb '#DDDDDD' lt 1\nset xlabel " +
            plot_text("score of " + method, 60) +
            "\nset ylabel 'share of items'\nplot "
            "$clean using 1:2 with filledcurves y1=0 fs transparent solid 0.35 noborder lc rgb '#56B4E9' notitle, "
            "$clean using 1:2 with lines lw 2 lc rgb '#0072B2' title 'clean (filled)', "
            "$noisy using 1:2 with lines lw 2.2 dt (8,3) lc rgb '#D55E00' title 'noisy (dashed)'\n";
        figure.height = 350;
        figures.push_back(std::move(figure));
    }
}

void FigureMaker::add_differences(std::vector<Figure>& figures, std::size_t set)
{
    std::string const metric = grid_.primary_metric(set);
    std::string const baseline = grid_.arms()[grid_.baseline()];
    for (auto const& method : compared_methods(set)) {
        auto const all = differences(set, method);
        for (std::size_t first = 0; first < shown_conditions(); first += conditions_a_plot) {
            std::size_t const last = std::min(first + conditions_a_plot, shown_conditions());
            std::vector<std::string> arms;
            std::vector<Record const*> shown;
            for (auto const* record : all) {
                std::size_t const c = condition_of(*record);
                if (c < first || c >= last || !std::isfinite(record->estimate.value)) continue;
                shown.push_back(record);
                if (std::find(arms.begin(), arms.end(), record->arm) == arms.end()) arms.push_back(record->arm);
            }
            if (shown.empty()) continue;
            Figure figure;
            figure.name = unique_name("differences-" + slug(items(set).name) + "-" + slug(method) +
                                      (first == 0 ? "" : "-" + std::to_string(first / conditions_a_plot + 1)));
            figure.title = method + ": " + metric_title(metric) + " of each arm minus " + baseline;
            figure.csv = csv_line(cells({"item_set", "condition", "metric", "method", "arm", "baseline"},
                                        cells(estimate_header, {"p", "holm_p"})));
            std::string data;
            std::vector<std::string> parts;
            std::vector<double> seen = {0};
            std::size_t separated = 0;
            for (std::size_t c = first; c < last; ++c) {
                std::string rows;
                for (auto const* record : shown) {
                    if (condition_of(*record) != c) continue;
                    auto const arm =
                        static_cast<double>(std::find(arms.begin(), arms.end(), record->arm) - arms.begin());
                    double const offset = (static_cast<double>(c - first) - static_cast<double>(last - first - 1) / 2) *
                                          0.8 / static_cast<double>(last - first);
                    rows += interval_row(record->estimate, arm + 1 + offset);
                    seen.insert(seen.end(), {record->estimate.value, record->estimate.low, record->estimate.high});
                    separated += record->p_adjusted < alpha ? 1 : 0;
                    figure.csv += csv_line(cells(
                        {record->item_set, place_of(c), record->metric, method, record->arm, baseline},
                        cells(estimate_cells(*record), {csv_number(record->test.p), csv_number(record->p_adjusted)})));
                }
                if (rows.empty()) continue;
                auto const& style = line_style(c - first);
                std::string const name = "condition" + std::to_string(c);
                data += block(name, rows);
                auto const& label = grid_.conditions()[c].short_label;
                parts.push_back("$" + name + " using 1:4:2:3 with xerrorbars lw 1.8 ps 0.8 pt " +
                                std::to_string(style.marker) + " lc " + colour(style.colour) +
                                (label.empty() ? std::string{" notitle"} : " title " + plot_text(label, 34)));
            }
            std::string tics;
            for (std::size_t i = 0; i < arms.size(); ++i)
                tics += (i == 0 ? "" : ", ") + tic_text(arms[i]) + " " + std::to_string(i + 1);
            figure.caption =
                "Points: mean difference over " + seeds_text(shown) +
                ", both sides on the same seeds and items; bars: " + interval_word(shown) + ". " +
                (separated == 0
                     ? "None of the " + plural(shown.size(), "difference") +
                           " is separated from 0 after Holm's correction: this grid cannot tell these arms from " +
                           baseline + "."
                     : std::to_string(separated) + " of " + plural(shown.size(), "difference") +
                           (separated == 1 ? " is" : " are") +
                           " separated from 0 after Holm's correction; about the others this grid cannot tell.");
            figure.alt = "Differences of the arms " + enumeration(arms) + " from " + baseline + " with intervals.";
            figure.height = static_cast<int>(130 + arms.size() * std::max<std::size_t>(26, 13 * (last - first)) +
                                             20 * (last - first));
            figure.plot = frame + data + key_below + range_command("x", seen) + "set yrange [" +
                          std::to_string(arms.size()) + ".55:0.45]\nset ytics (" + tics +
                          ")\nset grid x lc rgb '#DDDDDD' lt 1\nset arrow 1 from 0,graph 0 to 0,graph 1 nohead lw 1.2 "
                          "lc rgb '#444444'\nset xlabel " +
                          plot_text("difference of " + metric_title(metric)) + "\nplot " + base::join(parts, ", ") +
                          "\n";
            figures.push_back(std::move(figure));
        }
    }
}

void FigureMaker::add_heat_maps(std::vector<Figure>& figures, std::size_t set)
{
    std::string const metric = grid_.primary_metric(set);
    std::string const baseline = grid_.arms()[grid_.baseline()];
    for (auto const& method : compared_methods(set)) {
        auto const all = differences(set, method);
        for (std::size_t first = 0; first < shown_conditions(); first += columns_a_map) {
            std::size_t const last = std::min(first + columns_a_map, shown_conditions());
            std::vector<std::string> arms;
            double largest = 0;
            std::size_t missing = 0;
            for (auto const* record : all) {
                std::size_t const c = condition_of(*record);
                if (c < first || c >= last) continue;
                if (std::find(arms.begin(), arms.end(), record->arm) == arms.end()) arms.push_back(record->arm);
                if (std::isfinite(record->estimate.value))
                    largest = std::max(largest, std::abs(record->estimate.value));
            }
            if (arms.empty()) continue;
            Figure figure;
            figure.csv =
                csv_line({"item_set", "condition", "metric", "method", "arm", "baseline", "difference", "holm_p"});
            std::string rows, labels, arm_tics, condition_tics;
            for (std::size_t i = 0; i < arms.size(); ++i) {
                arm_tics += (i == 0 ? "" : ", ") + tic_text(arms[i]) + " " + std::to_string(i + 1);
                for (std::size_t c = first; c < last; ++c) {
                    Record const* cell = nullptr;
                    for (auto const* record : all) {
                        if (record->arm == arms[i] && condition_of(*record) == c) cell = record;
                    }
                    bool const has_value = cell != nullptr && std::isfinite(cell->estimate.value);
                    std::string const at = std::to_string(c - first + 1) + "," + std::to_string(i + 1);
                    std::string text = "no value";
                    if (has_value) {
                        rows += std::to_string(c - first + 1) + " " + std::to_string(i + 1) + " " +
                                plot_number(cell->estimate.value) + "\n";
                        text = signed_fixed(cell->estimate.value) + (cell->p_adjusted < alpha ? "*" : "");
                        figure.csv += csv_line({cell->item_set, place_of(c), metric, method, arms[i], baseline,
                                                csv_number(cell->estimate.value), csv_number(cell->p_adjusted)});
                    }
                    else {
                        ++missing;
                    }
                    labels += "set label " + plot_text(text) + " at " + at +
                              " center front font ',12' textcolor rgb '#111111'\n";
                }
            }
            if (rows.empty()) continue;
            for (std::size_t c = first; c < last; ++c) {
                auto const& label = grid_.conditions()[c].short_label;
                condition_tics += (c == first ? "" : ", ") + tic_text(label.empty() ? "all" : label, 24) + " " +
                                  std::to_string(c - first + 1);
            }
            figure.name = unique_name("heat-" + slug(items(set).name) + "-" + slug(method) +
                                      (first == 0 ? "" : "-" + std::to_string(first / columns_a_map + 1)));
            figure.title = method + ": " + metric_title(metric) + " of each arm minus " + baseline + ", as a map";
            figure.caption =
                "Cells: mean paired difference; blue lower than " + baseline +
                ", orange higher, white none. A star marks differences separated from 0 after Holm's correction; "
                "in cells without a star this grid cannot tell.";
            if (missing > 0)
                figure.caption += " " + plural(missing, "cell") + " without a value: no seed has both sides.";
            figure.alt = "Heat map of differences from " + baseline + ", " + plural(arms.size(), "arm") + " by " +
                         plural(last - first, "condition") + "; the numbers stand in the cells.";
            figure.height = static_cast<int>(170 + 34 * arms.size());
            double const limit = largest > 0 ? largest : 1;
            bool const is_wide = last - first > 1;
            figure.plot = block("data", rows) + labels +
                          "unset border\nset tics scale 0 textcolor rgb '#222222'\nunset key\nset palette defined (-1 "
                          "'#7FBFE6', 0 '#FFFFFF', 1 '#F5B25C')\n"
                          "set cbrange [" +
                          plot_number(-limit) + ":" + plot_number(limit) + "]\nset cbtics (" +
                          tic_text(signed_fixed(-limit)) + " " + plot_number(-limit) + ", '0' 0, " +
                          tic_text(signed_fixed(limit)) + " " + plot_number(limit) +
                          ")\nset xrange [0.5:" + std::to_string(last - first) + ".5]\nset yrange [" +
                          std::to_string(arms.size()) + ".5:0.5]\nset ytics (" + arm_tics + ")\nset xtics " +
                          (is_wide ? "rotate by 35 right " : "") + "(" + condition_tics +
                          ")\nplot $data using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid "
                          "border lc rgb '#999999' fc palette\n";
            figures.push_back(std::move(figure));
        }
    }
}

std::vector<Figure> FigureMaker::of_costs()
{
    struct Cost
    {
        double seconds = 0;
        std::size_t made = 0, cached = 0;
    };
    std::map<std::string, Cost> costs;
    auto const& stages = grid_.layout().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        auto const record = grid_.file().read_stage(i);
        auto& cost = costs[stages[i].kind];
        cost.made += record.status == 1 ? 1 : 0;
        cost.cached += record.status == 2 ? 1 : 0;
        if (record.status == 1 && std::isfinite(record.seconds)) cost.seconds += record.seconds;
    }
    std::vector<std::pair<std::string, Cost>> order;
    double all = 0;
    std::size_t made = 0, cached = 0;
    for (auto const& [kind, cost] : costs) {
        if (cost.made + cost.cached == 0) continue;
        order.emplace_back(kind, cost);
        all += cost.seconds;
        made += cost.made;
        cached += cost.cached;
    }
    if (order.empty()) return {};
    std::stable_sort(order.begin(), order.end(),
                     [](auto const& a, auto const& b) { return a.second.seconds > b.second.seconds; });
    Figure figure;
    figure.name = unique_name("costs");
    figure.title = "Time spent by kind of task";
    figure.csv = csv_line({"kind", "seconds", "made", "cached"});
    std::string rows, tics, labels;
    double const longest = std::max(order.front().second.seconds, 1e-3);
    for (std::size_t i = 0; i < order.size(); ++i) {
        auto const& [kind, cost] = order[i];
        std::string const y = std::to_string(i + 1);
        rows += y + " " + plot_number(cost.seconds) + "\n";
        tics += (i == 0 ? "" : ", ") + tic_text(kind) + " " + y;
        std::string label = base::human_seconds(cost.seconds) + ", " + std::to_string(cost.made) + " made";
        if (cost.cached > 0) label += ", " + std::to_string(cost.cached) + " cached";
        labels += "set label " + plot_text(label) + " at " + plot_number(cost.seconds + longest / 60) + "," + y +
                  " left front font ',12' textcolor rgb '#222222'\n";
        figure.csv +=
            csv_line({kind, csv_number(cost.seconds), std::to_string(cost.made), std::to_string(cost.cached)});
    }
    figure.caption = "Seconds of the workers, summed over tasks: " + base::human_seconds(all) + " for " +
                     plural(made, "task") + " made; " + plural(cached, "task") +
                     " came from the cache and cost nothing here. Measured once, so without an interval.";
    figure.alt = "Bars of seconds by kind of task; most: " + order.front().first + ", " +
                 base::human_seconds(order.front().second.seconds) + ".";
    figure.height = static_cast<int>(80 + 26 * order.size());
    figure.plot = frame + block("data", rows) + labels + "unset key\nset xrange [0:" + plot_number(1.6 * longest) +
                  "]\nset yrange [" + std::to_string(order.size()) + ".6:0.4]\nset ytics (" + tics +
                  ")\nset xlabel 'seconds'\nplot $data using (0):1:(0):2:($1-0.33):($1+0.33) with boxxyerror fs solid "
                  "0.8 noborder lc rgb '#0072B2'\n";
    return {std::move(figure)};
}

}  // namespace ablatrix::report::detail
