#include "cost_figure.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "format.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

struct Cost
{
    std::string kind;
    double seconds = 0;
    std::size_t made = 0, cached = 0;
};

/// Kinds of which a task was made or found in the cache, longest first.
std::vector<Cost> read_costs(GridView const& grid)
{
    std::map<std::string, Cost> costs;
    auto const& stages = grid.layout().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        auto const record = grid.file().read_stage(i);
        auto& cost = costs[stages[i].kind];
        cost.kind = stages[i].kind;
        cost.made += record.status == 1 ? 1 : 0;
        cost.cached += record.status == 2 ? 1 : 0;
        if (record.status == 1 && std::isfinite(record.seconds)) cost.seconds += record.seconds;
    }
    std::vector<Cost> order;
    for (auto& [kind, cost] : costs) {
        if (cost.made + cost.cached > 0) order.push_back(std::move(cost));
    }
    std::stable_sort(order.begin(), order.end(), [](Cost const& a, Cost const& b) { return a.seconds > b.seconds; });
    return order;
}

std::string plot_of(std::vector<Cost> const& costs)
{
    std::string rows, labels;
    std::vector<std::string> kinds;
    // Thousandths of a second would be long numbers, which collide on a narrow drawing.
    bool const is_short = costs.front().seconds < 1;
    double const unit = is_short ? 1e-3 : 1;
    double const longest = std::max(costs.front().seconds, 1e-3) / unit;
    for (auto const& cost : costs) {
        kinds.push_back(cost.kind);
        std::string const y = std::to_string(kinds.size());
        double const length = cost.seconds / unit;
        rows += y + " " + plot_number(length) + "\n";
        std::string label = base::human_seconds(cost.seconds) + ", " + std::to_string(cost.made) + " made";
        if (cost.cached > 0) label += ", " + std::to_string(cost.cached) + " cached";
        labels += "set label " + plot_text(label) + " at " + plot_number(length + longest / 60) + "," + y +
                  " left front font ',12' textcolor rgb '#222222'\n";
    }
    return plot_frame + block("data", rows) + labels + "unset key\n" + range_command("x", {0, 1.6 * longest}) +
           "set xrange [0:" + plot_number(1.6 * longest) + "]\nset yrange [" + std::to_string(costs.size()) +
           ".6:0.4]\nset ytics (" + tics_of(kinds) + ")\nset xlabel '" + (is_short ? "milliseconds" : "seconds") +
           "'\nplot $data using (0):1:(0):2:($1-0.33):($1+0.33) with boxxyerror fs solid "
           "0.8 noborder lc rgb '#0072B2'\n";
}

}  // namespace

void add_cost_figure(Figures& out, GridView const& grid)
{
    auto const costs = read_costs(grid);
    if (costs.empty()) {
        out.not_drawn.push_back("No costs: no task has finished.");
        return;
    }
    double all = 0;
    std::size_t made = 0, cached = 0;
    Figure figure;
    figure.csv = csv_line({"kind", "seconds", "made", "cached"});
    for (auto const& cost : costs) {
        all += cost.seconds;
        made += cost.made;
        cached += cost.cached;
        figure.csv +=
            csv_line({cost.kind, csv_number(cost.seconds), std::to_string(cost.made), std::to_string(cost.cached)});
    }
    figure.name = "costs";
    figure.title = "Time spent by kind of task";
    figure.caption = "Seconds of the workers, summed over tasks: " + base::human_seconds(all) + " for " +
                     plural(made, "task") + " made; " + plural(cached, "task") +
                     " came from the cache and cost nothing here. Measured once, so without an interval.";
    figure.alt = "Bars of seconds by kind of task; most: " + costs.front().kind + ", " +
                 base::human_seconds(costs.front().seconds) + ".";
    figure.height = static_cast<int>(80 + 26 * costs.size());
    figure.plot = plot_of(costs);
    out.drawn.push_back(std::move(figure));
}

}  // namespace ablatrix::report::detail
