#include <ablatrix/report/summary.hpp>

#include <vector>

#include "detail/ablations.hpp"
#include "detail/findings.hpp"
#include "detail/grid_view.hpp"
#include "detail/leader.hpp"
#include "detail/mean_records.hpp"
#include "detail/mean_tables.hpp"
#include "detail/scalar_table.hpp"
#include "detail/sections.hpp"
#include "detail/set_means.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

void add_set(Report& report, SetMeans const& set, SummaryOptions const& options)
{
    auto const& grid = set.grid();
    report.document.heading(set.items().name);
    std::vector<Leader> leaders;
    for (std::size_t c = 0; c < grid.conditions().size(); ++c)
        add_mean_records(report.records, grid, set.set(), c, grid.baseline(), set.methods(), set.metrics(),
                         set.means(c));
    for (std::size_t c = 0; c < grid.conditions().size(); ++c)
        leaders.push_back(find_leader(set, c, options.threads, report.records));
    add_findings(report.document, set, leaders);
    if (options.is_short)
        add_overview_table(report.document, set);
    else
        add_condition_tables(report.document, set);
    add_ablations(report, set, options.is_short, options.threads);
}

}  // namespace

Report summarize(store::ResultFile const& result, SummaryOptions const& options)
{
    check_metrics(result.layout(), options.metrics);
    GridView grid(result, options.by);
    grid.share_with(options.share);
    Report report;
    report.origin = origin_of(grid);
    add_overview(report.document, grid);
    for (std::size_t set = 0; set < grid.layout().item_sets.size(); ++set) {
        SetMeans const means(grid, set, options.metrics, options.threads);
        if (!means.is_empty()) add_set(report, means, options);
    }
    if (!options.is_short) add_scalar_table(report, grid);
    return report;
}

}  // namespace ablatrix::report
