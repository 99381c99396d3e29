#include "figures.hpp"

#include "cost_figure.hpp"
#include "curve_figure.hpp"
#include "difference_figure.hpp"
#include "forest_figure.hpp"
#include "histogram_figure.hpp"
#include "line_figure.hpp"
#include "rank_figure.hpp"
#include "reliability_figure.hpp"

namespace ablatrix::report::detail {

FigureMaker::FigureMaker(GridView const& grid, std::vector<Record> const& records) : source_(grid, records) {}

Figures FigureMaker::of_set(std::size_t set, std::vector<std::string> const& findings)
{
    Figures figures;
    if (source_.items(set).metrics.empty()) return figures;
    // What a family adds stands below one heading.
    auto const name_group = [&](std::string const& group) {
        for (auto figure = figures.drawn.rbegin(); figure != figures.drawn.rend() && figure->group.empty(); ++figure)
            figure->group = group;
    };
    add_forest_figures(figures, source_, set, findings);
    name_group("Each method");
    add_line_figures(figures, source_, set);
    name_group("Over an axis");
    add_rank_figure(figures, source_, set);
    name_group("Ranks over conditions");
    add_curve_figures(figures, source_, set, CurveKind::roc);
    name_group("ROC curves");
    add_curve_figures(figures, source_, set, CurveKind::pr);
    name_group("Precision and recall");
    add_histogram_figures(figures, source_, set);
    name_group("Scores");
    add_reliability_figures(figures, source_, set);
    name_group("Reliability");
    add_difference_figures(figures, source_, set);
    name_group("Differences between arms");
    make_names_unique(figures);
    return figures;
}

Figures FigureMaker::of_costs()
{
    Figures figures;
    add_cost_figure(figures, source_.grid());
    make_names_unique(figures);
    return figures;
}

void FigureMaker::make_names_unique(Figures& figures)
{
    for (auto& figure : figures.drawn) {
        std::string const wanted = figure.name;
        for (int i = 2; !names_.insert(figure.name).second; ++i)
            figure.name = wanted + "-" + std::to_string(i);
    }
}

}  // namespace ablatrix::report::detail
