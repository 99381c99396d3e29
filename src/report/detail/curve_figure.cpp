#include "curve_figure.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "format.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

/// Curves of one method, one a seed, at the same 101 places from 0 to 1.
struct Curves
{
    Record const* record = nullptr;
    std::vector<std::vector<double>> seeds;

    double x(std::size_t point) const
    {
        return static_cast<double>(point) / static_cast<double>(store::curve_points - 1);
    }
    std::vector<double> mean_low_high(std::size_t point) const
    {
        double sum = 0, low = INFINITY, high = -INFINITY;
        for (auto const& curve : seeds) {
            sum += curve[point];
            low = std::min(low, curve[point]);
            high = std::max(high, curve[point]);
        }
        return {sum / static_cast<double>(seeds.size()), low, high};
    }
};

/// Curves with a NaN are left out.
Curves read_curves(FigureSource const& source, std::size_t set, std::size_t condition, Record const& record,
                   CurveKind kind)
{
    auto const& grid = source.grid();
    auto const& items = source.items(set);
    std::size_t const m = source.method_index(set, record.method);
    Curves curves{&record, {}};
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        auto const run = grid.item_run(condition, grid.baseline(), seed, set, m);
        if (run < 0) continue;
        auto const column = items.column_at(static_cast<std::size_t>(run), m);
        auto const values = grid.file().read_column(set, static_cast<std::size_t>(column));
        auto const& curve = kind == CurveKind::roc ? values.roc : values.pr;
        bool const is_whole = curve.size() == store::curve_points &&
                              std::all_of(curve.begin(), curve.end(), [](double v) { return std::isfinite(v); });
        if (is_whole) curves.seeds.push_back(curve);
    }
    return curves;
}

std::string plot_of(std::vector<Curves> const& shown, std::string const& x_name, std::string const& y_name,
                    CurveKind kind)
{
    std::string data, bands;
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        std::string rows;
        for (std::size_t point = 0; point < store::curve_points; ++point) {
            rows += plot_number(shown[i].x(point));
            for (double const value : shown[i].mean_low_high(point))
                rows += " " + plot_number(value);
            rows += "\n";
        }
        auto const& style = line_style(i);
        std::string const name = "curve" + std::to_string(i);
        data += block(name, rows);
        if (shown[i].seeds.size() > 1)
            bands += "$" + name + " using 1:3:4 with filledcurves fs transparent solid 0.13 noborder lc " +
                     colour(style.colour) + " notitle, ";
        parts.push_back("$" + name + " using 1:2 with linespoints pointinterval 10 ps 0.7 lw 2 dt " + style.dashes +
                        " pt " + std::to_string(style.marker) + " lc " + colour(style.colour) + " title " +
                        plot_text(shown[i].record->method, 30));
    }
    return plot_frame + data + key_below +
           "set xrange [0:1]\nset yrange [0:1.02]\nset grid lc rgb '#DDDDDD' lt 1\nset xlabel '" + x_name +
           "'\nset ylabel '" + y_name + "'\n" +
           (kind == CurveKind::roc ? "set arrow 1 from 0,0 to 1,1 nohead dt (2,4) lc rgb '#444444'\n" : "") + "plot " +
           bands + base::join(parts, ", ") + "\n";
}

Figure figure_of(FigureSource const& source, std::size_t set, std::size_t condition, std::vector<Curves> const& shown,
                 CurveKind kind)
{
    std::string const x_name = kind == CurveKind::roc ? "false positive rate" : "recall";
    std::string const y_name = kind == CurveKind::roc ? "true positive rate" : "precision";
    std::vector<std::string> methods;
    std::size_t most_seeds = 0;
    Figure figure;
    figure.csv = csv_line({"item_set", "condition", "arm", "method", x_name, "mean", "low", "high", "n_seeds"});
    for (auto const& curves : shown) {
        methods.push_back(curves.record->method);
        most_seeds = std::max(most_seeds, curves.seeds.size());
        for (std::size_t point = 0; point < store::curve_points; ++point) {
            auto const values = curves.mean_low_high(point);
            figure.csv += csv_line({source.items(set).name, source.place(condition), curves.record->arm,
                                    curves.record->method, csv_number(curves.x(point)), csv_number(values[0]),
                                    csv_number(values[1]), csv_number(values[2]), std::to_string(curves.seeds.size())});
        }
    }
    figure.name =
        (kind == CurveKind::roc ? "roc-" : "pr-") + slug(source.items(set).name) + "-" + std::to_string(condition + 1);
    figure.title = titled(kind == CurveKind::roc ? "ROC curves" : "Precision and recall", source.place(condition));
    figure.caption =
        std::string{"Lines: "} +
        (most_seeds > 1 ? "mean curve over " + plural(most_seeds, "seed") +
                              "; bands: from the lowest to the highest seed, which is no confidence interval"
                        : "the curve of the only seed; there is no band, so nothing here speaks about other seeds") +
        ". Shown: the " + plural(methods.size(), "method") + " with the best " +
        metric_title(source.grid().primary_metric(set)) +
        (kind == CurveKind::roc ? "; the thin diagonal is chance." : ".");
    figure.alt = figure.title + " of " + enumeration(methods) + ".";
    figure.plot = plot_of(shown, x_name, y_name, kind);
    figure.height = 510;
    return figure;
}

}  // namespace

void add_curve_figures(Figures& out, FigureSource const& source, std::size_t set, CurveKind kind)
{
    if (!source.items(set).curves) return;
    std::vector<std::string> empty;
    for (std::size_t c = 0; c < source.shown_conditions(); ++c) {
        std::vector<Curves> shown;
        for (auto const* record : source.candidates(set, c)) {
            if (shown.size() == most_lines) break;
            auto curves = read_curves(source, set, c, *record, kind);
            if (!curves.seeds.empty()) shown.push_back(std::move(curves));
        }
        if (shown.empty())
            empty.push_back(source.place(c));
        else
            out.drawn.push_back(figure_of(source, set, c, shown, kind));
    }
    if (empty.empty()) return;
    out.not_drawn.push_back(source.not_drawn(kind == CurveKind::roc ? "ROC curves" : "curves of precision and recall",
                                             empty, "no finished run has a whole curve there."));
}

}  // namespace ablatrix::report::detail
