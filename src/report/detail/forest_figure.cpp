#include "forest_figure.hpp"

#include <ablatrix/base/text.hpp>

#include "format.hpp"
#include "plot_parts.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

std::string caption_of(FigureSource const& source, std::size_t set, std::size_t condition,
                       std::vector<Record const*> const& found)
{
    std::string text = "Points: mean " + metric_title(source.grid().primary_metric(set)) + " over " +
                       seeds_text(found) + "; bars: " + interval_word(found) +
                       "; grey circles: references and changed test sets.";
    auto const missing = source.without_value(set, condition);
    return missing.empty() ? text : text + " Without a value, so not drawn: " + enumeration(missing) + ".";
}

std::string plot_of(std::string const& metric, std::vector<Record const*> const& found)
{
    std::string candidates, references;
    std::vector<std::string> names;
    std::vector<double> seen;
    for (auto const* record : found) {
        bool const leads = !is_reference(record->method) && !is_variant(record->method);
        names.push_back(record->method);
        (leads ? candidates : references) += interval_row(record->estimate, static_cast<double>(names.size()));
        seen.insert(seen.end(), {record->estimate.value, record->estimate.low, record->estimate.high});
    }
    std::string plot = plot_frame + block("data", candidates) + block("references", references) + "unset key\n" +
                       range_command("x", seen) + "set yrange [" + std::to_string(found.size()) +
                       ".6:0.4]\nset ytics (" + tics_of(names) + ")\nset grid x lc rgb '#DDDDDD' lt 1\nset xlabel " +
                       plot_text(metric_title(metric)) + "\n";
    if (metric == "auroc") plot += "set arrow 1 from 0.5,graph 0 to 0.5,graph 1 nohead dt (4,4) lc rgb '#444444'\n";
    std::vector<std::string> parts;
    if (!candidates.empty()) parts.push_back("$data using 1:4:2:3 with xerrorbars pt 7 ps 0.9 lw 2 lc rgb '#0072B2'");
    if (!references.empty())
        parts.push_back("$references using 1:4:2:3 with xerrorbars pt 6 ps 0.9 lw 1.5 lc " + colour(reference_colour));
    return plot + "plot " + base::join(parts, ", ") + "\n";
}

Figure figure_of(FigureSource const& source, std::size_t set, std::size_t condition,
                 std::vector<Record const*> const& found)
{
    std::string const metric = source.grid().primary_metric(set);
    Figure figure;
    figure.name = "forest-" + slug(source.items(set).name) + "-" + std::to_string(condition + 1);
    figure.title = titled(metric_title(metric) + " of each method", source.place(condition));
    figure.caption = caption_of(source, set, condition, found);
    figure.alt = "Forest plot, best first: " + found.front()->method + " " + with_interval(found.front()->estimate) +
                 " down to " + found.back()->method + " " + with_interval(found.back()->estimate) + ".";
    figure.csv = csv_line(cells({"item_set", "condition", "metric", "arm", "method"}, estimate_header()));
    for (auto const* record : found)
        figure.csv +=
            csv_line(cells({record->item_set, source.place(condition), record->metric, record->arm, record->method},
                           estimate_cells(*record)));
    figure.height = static_cast<int>(85 + 25 * found.size());
    figure.plot = plot_of(metric, found);
    return figure;
}

}  // namespace

void add_forest_figures(Figures& out, FigureSource const& source, std::size_t set,
                        std::vector<std::string> const& findings)
{
    std::vector<std::string> empty;
    for (std::size_t c = 0; c < source.shown_conditions(); ++c) {
        auto const found = source.means(set, c);
        if (found.empty()) {
            empty.push_back(source.place(c));
            continue;
        }
        out.drawn.push_back(figure_of(source, set, c, found));
        if (c < findings.size()) out.drawn.back().caption += " Finding: " + findings[c];
    }
    if (empty.empty()) return;
    out.not_drawn.push_back(source.not_drawn(
        "forest plot", empty,
        "no finished run has a value of " + metric_title(source.grid().primary_metric(set)) + " there."));
}

}  // namespace ablatrix::report::detail
