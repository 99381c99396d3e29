#include "item_bootstrap.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace ablatrix::report::detail {

std::optional<stats::MetricSpec> resampled_metric(std::string const& name)
{
    if (name == "auroc") return stats::MetricSpec{stats::Metric::auroc};
    if (name == "auprc" || name == "ap" || name == "average_precision")
        return stats::MetricSpec{stats::Metric::average_precision};
    if (name == "tnr_at_95" || name == "tnr_at_95_tpr" || name == "tnr95")
        return stats::MetricSpec{stats::Metric::tnr_at_95_tpr};
    std::pair<char const*, stats::Metric> const families[] = {{"precision_at_", stats::Metric::precision_at},
                                                              {"p_at_", stats::Metric::precision_at},
                                                              {"recall_at_", stats::Metric::recall_at},
                                                              {"r_at_", stats::Metric::recall_at},
                                                              {"f1_at_", stats::Metric::f1_at}};
    for (auto const& [prefix, metric] : families) {
        if (!name.starts_with(prefix)) continue;
        std::string const rest = name.substr(std::string{prefix}.size());
        double share = 0;
        auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), share);
        if (error == std::errc{} && end == rest.data() + rest.size() && share > 0 && share <= 1)
            return stats::MetricSpec{metric, share};
    }
    return std::nullopt;
}

stats::Bootstrap item_bootstrap(GridView const& grid, std::size_t set, std::size_t run,
                                std::vector<std::vector<double>> const& scores,
                                std::vector<stats::MetricSpec> const& metrics, std::size_t resamples, int threads)
{
    auto const table = grid.items(set, run);
    stats::SeedItems items{table.is_noisy, {}, {}};
    for (auto const& column : scores)
        items.columns.emplace_back(column);
    stats::BootstrapOptions options;
    options.frame = grid.fact("name") + "/" + grid.layout().item_sets[set].name;
    options.seed = grid.statistics_seed();
    options.resamples = resamples;
    options.acceleration = true;
    options.threads = threads;
    options.share = grid.share();
    return {std::span<stats::SeedItems const>{&items, 1}, metrics, options};
}

Resampling resampling_of(stats::Bootstrap const& bootstrap, std::span<double const> replicates,
                         stats::Bootstrap::Bca const& bca, stats::EndpointRange const& mc)
{
    Resampling resampling;
    resampling.undefined =
        std::count_if(replicates.begin(), replicates.end(), [](double value) { return std::isnan(value); });
    resampling.resamples = static_cast<std::int64_t>(replicates.size()) - resampling.undefined;
    resampling.seed = static_cast<std::int64_t>(bootstrap.options().seed);
    resampling.frame = bootstrap.options().frame;
    resampling.z0 = bca.z0;
    resampling.accel = bca.acceleration;
    resampling.mc_low = mc.low_from;
    resampling.mc_high = mc.high_to;
    return resampling;
}

}  // namespace ablatrix::report::detail
