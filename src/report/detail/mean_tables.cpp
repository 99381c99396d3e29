#include "mean_tables.hpp"

#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "cell.hpp"
#include "format.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

void add_interval_notes(Document& document, SetMeans const& set, bool primary_only)
{
    auto const& grid = set.grid();
    std::vector<Mean> shown;
    for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
        for (auto const& of_method : set.means(c)) {
            for (std::size_t k = 0; k < (primary_only ? 1 : of_method.size()); ++k)
                shown.push_back(of_method[k]);
        }
    }
    auto notes = interval_notes(grid, shown);
    double const overlap = seed_overlap(grid, 0, grid.baseline(), set.set());
    bool const is_nested = grid.seeds().size() > 1 && !is_crossed(grid, 0, grid.baseline(), set.set());
    if (is_nested && overlap > noted_overlap) {
        notes.push_back("Two seeds share " + fixed(100 * overlap, 0) +
                        " % of their items on average: intervals and p-values over seeds are optimistic.");
    }
    document.paragraph(base::join(notes, " "));
}

}  // namespace

void add_overview_table(Document& document, SetMeans const& set)
{
    auto const& grid = set.grid();
    Table table;
    table.title = set.items().name + ": " + metric_title(set.primary()) +
                  (grid.conditions().size() > 1 ? " by " + enumeration(grid.by()) : "") + ", mean over seeds";
    table.columns = {{"method", Align::left}};
    add_condition_columns(table, grid);
    for (auto const m : set.order()) {
        if (is_variant(set.name(m))) continue;
        std::vector<std::string> row = {set.name(m)};
        for (std::size_t c = 0; c < grid.conditions().size(); ++c)
            row.push_back(compact(set.mean(c, m).estimate, false));
        table.rows.push_back(std::move(row));
    }
    document.table(std::move(table));
    add_interval_notes(document, set, true);
}

void add_condition_tables(Document& document, SetMeans const& set)
{
    auto const& grid = set.grid();
    for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
        Table table;
        table.title = set.items().name + ", " + grid.conditions()[c].label +
                      (grid.has_arms() ? ", arm " + grid.arms()[grid.baseline()] : "");
        table.columns = {{"method", Align::left}};
        for (auto const metric : set.metrics())
            table.columns.push_back({metric_title(set.items().metrics[metric]), Align::right});
        for (auto const m : set.order_in(c)) {
            std::vector<std::string> row = {set.name(m)};
            for (auto const& mean : set.means(c)[m])
                row.push_back(with_interval(mean.estimate));
            table.rows.push_back(std::move(row));
        }
        document.table(std::move(table));
    }
    add_interval_notes(document, set, false);
}

}  // namespace ablatrix::report::detail
