#include "rank_figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/friedman.hpp>

#include "contrast.hpp"
#include "format.hpp"
#include "metric_info.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

/// Methods ranked over conditions.
struct Ranking
{
    std::vector<std::string> methods;  ///< with a value in any condition
    stats::Friedman test;
    std::vector<std::string> dropped;  ///< conditions in which a method lacks a value

    bool is_significant() const { return test.f.p < alpha; }
    /// Methods by mean rank, best first.
    std::vector<std::size_t> order() const
    {
        std::vector<std::size_t> order(methods.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [this](std::size_t a, std::size_t b) { return test.mean_rank[a] < test.mean_rank[b]; });
        return order;
    }
    /// Sets that are not separated: all methods unless the Friedman test finds a difference.
    std::vector<std::vector<std::size_t>> groups() const
    {
        return is_significant() ? test.cliques : std::vector<std::vector<std::size_t>>{order()};
    }
};

Ranking rank_methods(FigureSource const& source, std::size_t set)
{
    Ranking ranking;
    std::size_t const n = source.grid().conditions().size();
    std::string const metric = source.grid().primary_metric(set);
    std::vector<double> merits;  // [method x condition]
    for (std::size_t c = 0; c < n; ++c) {
        for (auto const* record : source.candidates(set, c)) {
            auto const at = std::find(ranking.methods.begin(), ranking.methods.end(), record->method);
            auto const m = static_cast<std::size_t>(at - ranking.methods.begin());
            if (at == ranking.methods.end()) {
                ranking.methods.push_back(record->method);
                merits.resize(merits.size() + n, std::numeric_limits<double>::quiet_NaN());
            }
            merits[m * n + c] = merit(metric, record->estimate.value);
        }
    }
    if (ranking.methods.empty()) return ranking;
    ranking.test = stats::friedman(merits, ranking.methods.size(), alpha);
    for (auto const c : ranking.test.dropped)
        ranking.dropped.push_back(source.place(c));
    return ranking;
}

/// Why there are no ranks; empty when there are.
std::string obstacle(Ranking const& ranking, std::size_t conditions)
{
    if (conditions < 2) return "it ranks methods over conditions, and this grid has one.";
    if (ranking.methods.size() < 2) return "it needs two methods with values.";
    if (ranking.test.datasets < 2)
        return "it needs two conditions in which every method has a value. Some method lacks one in: " +
               base::join(ranking.dropped, "; ") + ".";
    return {};
}

std::string test_text(Ranking const& ranking)
{
    auto const& f = ranking.test.f;
    auto const k = static_cast<double>(ranking.methods.size()), n = static_cast<double>(ranking.test.datasets);
    if (std::isnan(f.statistic))
        return (f.p < 1 ? "all conditions rank the methods alike, " : "all methods tie everywhere, ") + p_phrase(f.p);
    return "F = " + fixed(f.statistic, 2) + " on " + fixed(k - 1, 0) + " and " + fixed((k - 1) * (n - 1), 0) +
           " degrees of freedom, " + p_phrase(f.p);
}

std::string caption_of(Ranking const& ranking)
{
    std::string const difference = fixed(ranking.test.critical_difference, 2);
    std::string text = "Points: mean rank of " + plural(ranking.methods.size(), "method") + " over " +
                       plural(ranking.test.datasets, "condition") +
                       ", 1 is best. Friedman test (Iman and Davenport): " + test_text(ranking) + ". ";
    if (ranking.is_significant())
        text += "Bars: half of Nemenyi's critical difference of " + difference + " ranks to each side. " +
                (ranking.test.cliques.empty() ? "All methods are separated."
                                              : "An upright line joins methods that cannot be told apart.");
    else
        text +=
            "That is not significant: this grid cannot tell the methods apart by rank, so no separation is drawn "
            "(the critical difference would be " +
            difference + " ranks).";
    if (ranking.test.f.status == stats::Status::not_reliable)
        text += " Fewer than 5 conditions: the test is not reliable.";
    text += " Noise rates or noise types of one corpus are not independent data sets, so p is too small for them.";
    if (!ranking.dropped.empty())
        text += " Left out, because a method lacks a value there: " + base::join(ranking.dropped, "; ") + ".";
    return text;
}

std::string plot_of(Ranking const& ranking)
{
    auto const order = ranking.order();
    auto const groups = ranking.groups();
    double const k = static_cast<double>(order.size());
    double const half = ranking.is_significant() ? ranking.test.critical_difference / 2 : 0;
    std::string points;
    std::vector<std::string> names;
    std::vector<std::size_t> row_of(order.size());
    for (auto const m : order) {
        names.push_back(ranking.methods[m]);
        row_of[m] = names.size();
        double const rank = ranking.test.mean_rank[m];
        points += plot_number(rank) + " " + plot_number(rank - half) + " " + plot_number(rank + half) + " " +
                  std::to_string(names.size()) + "\n";
    }
    // The lines stand side by side, right of all bars.
    double const right = ranking.test.mean_rank[order.back()] + half;
    double const lowest = std::min(0.8, ranking.test.mean_rank[order.front()] - half);
    double const left = lowest - 0.02 * (right - lowest);
    double const step = 0.03 * (right - left);
    std::string lines;
    double x = right + step;
    for (auto const& group : groups) {
        x += step;
        lines += plot_number(x) + " " + std::to_string(row_of[group.front()]) + "\n" + plot_number(x) + " " +
                 std::to_string(row_of[group.back()]) + "\n\n";
    }
    double const tic = std::max(1.0, std::ceil(k / 8));
    return plot_frame + block("ranks", points) + block("joined", lines) + "unset key\nset xrange [" +
           plot_number(left) + ":" + plot_number(x + step) + "]\nset xtics 1," + plot_number(tic) + "," +
           plot_number(k) + "\nset yrange [" + std::to_string(order.size()) + ".6:0.4]\nset ytics (" + tics_of(names) +
           ")\nset grid x lc rgb '#DDDDDD' lt 1\nset xlabel 'mean rank (1 is best)'\nplot " +
           (ranking.is_significant() ? "$ranks using 1:4:2:3 with xerrorbars pt 7 ps 0.9 lw 2 lc rgb '#0072B2'"
                                     : "$ranks using 1:4 with points pt 7 ps 0.9 lc rgb '#0072B2'") +
           (lines.empty() ? "" : ", $joined using 1:2 with linespoints pt 13 ps 0.6 lw 3 lc rgb '#444444'") + "\n";
}

/// One line a method.
std::string ranks_csv(Ranking const& ranking)
{
    std::string csv =
        csv_line({"method", "mean_rank", "lo", "hi", "critical_difference", "n_conditions", "p", "significant"});
    double const difference = ranking.test.critical_difference;
    for (auto const m : ranking.order()) {
        double const rank = ranking.test.mean_rank[m];
        csv +=
            csv_line({ranking.methods[m], csv_number(rank), csv_number(rank - difference / 2),
                      csv_number(rank + difference / 2), csv_number(difference), std::to_string(ranking.test.datasets),
                      csv_number(ranking.test.f.p), ranking.is_significant() ? "yes" : "no"});
    }
    return csv;
}

/// One line a method of each set that is not separated.
std::string cliques_csv(Ranking const& ranking)
{
    std::string csv = csv_line({"clique", "method", "mean_rank"});
    auto const groups = ranking.groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (auto const m : groups[i])
            csv += csv_line({std::to_string(i + 1), ranking.methods[m], csv_number(ranking.test.mean_rank[m])});
    }
    return csv;
}

std::string alt_of(Ranking const& ranking)
{
    auto const order = ranking.order();
    auto const text = [&](std::size_t m) { return ranking.methods[m] + " " + fixed(ranking.test.mean_rank[m], 2); };
    return "Mean ranks from " + text(order.front()) + " to " + text(order.back()) + "; " +
           (ranking.is_significant() ? "the Friedman test finds differences." : "no separation.");
}

}  // namespace

void add_rank_figure(Figures& out, FigureSource const& source, std::size_t set)
{
    std::string const metric = source.grid().primary_metric(set);
    if (metric_info(metric).goal == Goal::none) return;
    auto const ranking = rank_methods(source, set);
    auto const why_not = obstacle(ranking, source.grid().conditions().size());
    if (!why_not.empty()) {
        out.not_drawn.push_back("No rank plot: " + why_not);
        return;
    }
    Figure figure;
    figure.name = "cd-" + slug(source.items(set).name);
    figure.title = "Ranks of the methods by " + metric_title(metric) + " over all conditions";
    figure.caption = caption_of(ranking);
    figure.alt = alt_of(ranking);
    figure.csv = ranks_csv(ranking);
    figure.more_csv = {{"cliques", cliques_csv(ranking)}};
    figure.height = static_cast<int>(95 + 25 * ranking.methods.size());
    figure.plot = plot_of(ranking);
    out.drawn.push_back(std::move(figure));
}

}  // namespace ablatrix::report::detail
