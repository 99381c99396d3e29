#include "scalar_table.hpp"

#include <string>
#include <utility>
#include <vector>

#include <ablatrix/stats/paired.hpp>

#include "cell.hpp"
#include "format.hpp"
#include "record_parts.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {

void add_scalar_table(Report& report, GridView const& grid)
{
    auto const& names = grid.layout().scalars;
    if (names.empty()) return;
    Table table;
    table.title = "Other measurements, mean over seeds" +
                  std::string{grid.has_arms() ? ", arm " + grid.arms()[grid.baseline()] : ""};
    table.columns = {{"quantity", Align::left}};
    add_condition_columns(table, grid);
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::vector<std::string> row = {names[i]};
        for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
            auto const all = grid.seed_scalars(c, grid.baseline(), i);
            auto const values = finite(all);
            auto const estimate = stats::seed_mean(values, grid.level());
            row.push_back(compact(estimate, false));
            Record record;
            record.kind = "metric";
            record.metric = names[i];
            record.condition = condition_pairs(grid, c);
            record.arm = grid.arms()[grid.baseline()];
            record.scope = "seeds";
            record.seed_set = seed_set(grid, all);
            record.estimate = estimate;
            set_spread(record, stats::sample_sd(values));
            record.n_seeds = static_cast<std::int64_t>(values.size());
            record.n_excluded = static_cast<std::int64_t>(grid.planned_seeds(c, grid.baseline())) - record.n_seeds;
            report.records.push_back(std::move(record));
        }
        table.rows.push_back(std::move(row));
    }
    report.document.table(std::move(table));
}

}  // namespace ablatrix::report::detail
