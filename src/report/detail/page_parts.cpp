#include "page_parts.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>

#include "format.hpp"
#include "html.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t most_listed_values = 20;

std::vector<std::string> distinct(std::vector<std::string> const& values)
{
    std::vector<std::string> seen;
    for (auto const& value : values) {
        if (std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
    }
    return seen;
}

std::string axes_section(GridView const& grid)
{
    Table table{
        "Axes of the grid",
        {{"axis", Align::left}, {"role", Align::left}, {"number of values", Align::right}, {"values", Align::left}},
        {}};
    for (auto const& axis : grid.layout().axes) {
        auto values = distinct(axis.value_of_run);
        std::string const count = std::to_string(values.size());
        std::string role = "same everywhere";
        if (axis.name == grid.fact("seed_axis"))
            role = "seed";
        else if (axis.name == grid.layout().arm_axis)
            role = "arms";
        else if (values.size() > 1)
            role = "condition";
        bool const is_long = values.size() > most_listed_values;
        if (is_long) values.resize(most_listed_values);
        table.rows.push_back({axis.name, role, count, base::join(values, ", ") + (is_long ? ", …" : "")});
    }
    return table.rows.empty() ? html_paragraph("The grid has no axes: one run.") : html_table(table);
}

std::string preformatted(std::string const& title, std::string const& text, bool is_open)
{
    if (base::trim(text).empty()) return {};
    return std::string{"<details"} + (is_open ? " open" : "") + "><summary>" + escaped_html(title) + "</summary><pre>" +
           escaped_html(text) + "</pre></details>\n";
}

}  // namespace

std::string provenance_section(GridView const& grid)
{
    std::string html = axes_section(grid);
    Table facts{"Program and machine", {{"fact", Align::left}, {"value", Align::left}}, {}};
    std::vector<std::pair<std::string, std::string>> long_facts;
    for (auto const& [name, value] : grid.file().provenance().facts) {
        if (base::trim(value).empty()) continue;
        if (base::trim(value).find('\n') != std::string_view::npos)
            long_facts.emplace_back(name, value);
        else
            facts.rows.push_back({name, std::string{base::trim(value)}});
    }
    if (!facts.rows.empty()) html += html_table(facts);
    for (auto const& [name, value] : long_facts)
        html += preformatted(name, value, name == "device_table");
    return html + preformatted("Experiment file, with every setting resolved", grid.file().provenance().experiment_yaml,
                               false);
}

std::string failures_section(GridView const& grid)
{
    Table failed{"Failed runs", {{"run", Align::left}, {"attempts", Align::right}, {"message", Align::left}}, {}};
    Table missing{"Runs without a result so far", {{"run", Align::left}}, {}};
    for (std::size_t run = 0; run < grid.statuses().size(); ++run) {
        if (grid.statuses()[run] == store::RunStatus::failed) {
            auto const record = grid.file().read_run(run);
            failed.rows.push_back({grid.run_label(run), std::to_string(record.attempts), record.error});
        }
        else if (grid.statuses()[run] == store::RunStatus::pending) {
            missing.rows.push_back({grid.run_label(run)});
        }
    }
    if (failed.rows.empty() && missing.rows.empty()) return html_paragraph("No run failed, and none is missing.");
    std::string html =
        html_paragraph("Seeds without a result are left out of means and comparisons, and counted there.");
    if (!failed.rows.empty()) html += html_table(failed);
    if (!missing.rows.empty()) html += html_table(missing);
    return html;
}

std::string cost_table(GridView const& grid)
{
    struct Cost
    {
        std::size_t tasks = 0, made = 0, cached = 0, failed = 0;
        double seconds = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Cost> costs;
    auto const& stages = grid.layout().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        auto const record = grid.file().read_stage(i);
        auto& cost = costs[stages[i].kind];
        ++cost.tasks;
        cost.made += record.status == 1 ? 1 : 0;
        cost.cached += record.status == 2 ? 1 : 0;
        cost.failed += record.status == 3 ? 1 : 0;
        if (record.status == 1) {
            cost.seconds += record.seconds;
            cost.bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(record.bytes, 0));
        }
    }
    Table table{"Tasks by kind",
                {{"task kind", Align::left},
                 {"tasks", Align::right},
                 {"made", Align::right},
                 {"from the cache", Align::right},
                 {"failed", Align::right},
                 {"seconds", Align::right},
                 {"MiB written", Align::right}},
                {}};
    for (auto const& [kind, cost] : costs) {
        table.rows.push_back({kind, std::to_string(cost.tasks), std::to_string(cost.made), std::to_string(cost.cached),
                              std::to_string(cost.failed), fixed(cost.seconds, 2),
                              fixed(static_cast<double>(cost.bytes) / (1024.0 * 1024.0), 2)});
    }
    return table.rows.empty() ? html_paragraph("The file holds no task table.") : html_table(table);
}

}  // namespace ablatrix::report::detail
