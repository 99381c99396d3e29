#include "item_contributions.hpp"

#include <algorithm>

#include <ablatrix/stats/two_level.hpp>

#include "item_bootstrap.hpp"

namespace ablatrix::report::detail {

bool has_contributions(std::string const& metric)
{
    auto const spec = resampled_metric(metric);
    return spec && (spec->metric == stats::Metric::auroc || spec->metric == stats::Metric::average_precision);
}

std::vector<double> item_contributions(GridView const& grid, std::size_t set, std::size_t run, std::size_t method,
                                       std::string const& metric)
{
    if (grid.layout().item_sets[set].kind != store::ColumnKind::score || !has_contributions(metric)) return {};
    auto const is_noisy = grid.items(set, run).is_noisy;
    auto const noisy = std::count(is_noisy.begin(), is_noisy.end(), std::uint8_t{1});
    if (noisy < 2 || static_cast<std::int64_t>(is_noisy.size()) - noisy < 2) return {};
    auto const scores = grid.scores(set, run, method);
    return resampled_metric(metric)->metric == stats::Metric::auroc
               ? stats::auroc_contributions(scores, is_noisy)
               : stats::average_precision_contributions(scores, is_noisy);
}

}  // namespace ablatrix::report::detail
