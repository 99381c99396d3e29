#include <ablatrix/report/errors.hpp>

#include "detail/error_analysis.hpp"
#include "detail/error_findings.hpp"
#include "detail/error_records.hpp"
#include "detail/error_tables.hpp"
#include "detail/grid_view.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

Report errors(store::ResultFile const& result, ErrorOptions const& options)
{
    check_methods(result.layout(), options.methods);
    GridView const grid(result, options.by);
    Report report;
    report.origin = origin_of(grid);
    add_overview(report.document, grid);
    for (std::size_t set = 0; set < grid.layout().item_sets.size(); ++set) {
        SetErrors const errors(grid, set, options.methods);
        if (errors.analyses().empty()) continue;
        report.document.heading(errors.items().name);
        add_error_findings(report.document, errors);
        if (errors.nothing_is_known()) continue;
        add_error_tables(report.document, errors, options.top);
        add_error_records(report.records, errors);
    }
    return report;
}

}  // namespace ablatrix::report
