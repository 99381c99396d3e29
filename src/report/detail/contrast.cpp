#include "contrast.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/multiplicity.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/two_level.hpp>

#include "metric_info.hpp"

namespace ablatrix::report::detail {
namespace {

/// The bootstrap's name for a stored metric, if it can resample it.
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

std::vector<double> finite(std::vector<double> const& values)
{
    std::vector<double> kept;
    for (double const value : values) {
        if (std::isfinite(value)) kept.push_back(value);
    }
    return kept;
}

/// Names of the seeds that have a value: "1, 2, 3".
std::string seed_set(GridView const& grid, std::vector<double> const& values)
{
    std::string text;
    for (std::size_t seed = 0; seed < values.size(); ++seed) {
        if (std::isfinite(values[seed])) text += (text.empty() ? "" : ", ") + grid.seeds()[seed];
    }
    return text;
}

/// Items of each of the runs and noisy ones among them; -1 where the runs differ.
GridView::SampleSize common_size(GridView const& grid, std::size_t set, std::vector<std::size_t> const& runs)
{
    GridView::SampleSize common{-1, -1};
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto const size = grid.sample_size(set, runs[i]);
        if (i == 0) common = size;
        if (size.items != common.items) common.items = -1;
        if (size.noisy != common.noisy) common.noisy = -1;
    }
    if (grid.layout().item_sets[set].kind != store::ColumnKind::score) common.noisy = -1;
    return common;
}

/// Seeds (as indices) whose cell has this method.
std::vector<std::size_t> seeds_with(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
                                    std::size_t method)
{
    std::vector<std::size_t> seeds;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        if (grid.item_run(condition, arm, seed, set, method) >= 0) seeds.push_back(seed);
    }
    return seeds;
}

/// Student's t knows nothing of the limits of a metric: an interval that leaves them ends there, and says so.
void clip(stats::Estimate& estimate, double lowest, double highest)
{
    double const low = std::clamp(estimate.low, lowest, highest);
    double const high = std::clamp(estimate.high, lowest, highest);
    if (estimate.low < low || estimate.high > high) stats::add_note(estimate.note, "clipped");
    estimate.low = low;
    estimate.high = high;
}

/// Any finished run of the cell, one a seed.
std::vector<std::size_t> cell_runs(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    std::vector<std::size_t> runs;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        for (auto const run : grid.runs(condition, arm, seed)) {
            if (grid.is_done(run) && grid.layout().item_sets[set].truth_of_run[run] >= 0) {
                runs.push_back(run);
                break;
            }
        }
    }
    return runs;
}

std::string frame_of(GridView const& grid, std::size_t set)
{
    return grid.fact("name") + "/" + grid.layout().item_sets[set].name;
}

stats::Bootstrap bootstrap_of(GridView const& grid, std::size_t set, std::size_t run,
                              std::vector<std::vector<double>> const& scores,
                              std::vector<stats::MetricSpec> const& metrics, std::size_t resamples, int threads)
{
    auto const table = grid.items(set, run);
    stats::SeedItems items{table.is_noisy, {}, {}};
    for (auto const& column : scores)
        items.columns.emplace_back(column);
    stats::BootstrapOptions options;
    options.frame = frame_of(grid, set);
    options.seed = grid.statistics_seed();
    options.resamples = resamples;
    options.acceleration = true;
    options.threads = threads;
    options.share = grid.share();
    return {std::span<stats::SeedItems const>{&items, 1}, metrics, options};
}

/// How replicates were made, for the record of their interval.
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

bool is_single_run_cell(GridView const& grid, std::size_t condition, std::size_t arm)
{
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        if (grid.runs(condition, arm, seed).size() > 1) return false;
    }
    return true;
}

/// One seed: intervals over its items.
void item_intervals(GridView const& grid, std::size_t set, std::size_t run, std::vector<std::size_t> const& methods,
                    std::vector<std::size_t> const& metrics, int threads, std::vector<std::vector<Mean>>& means)
{
    auto const& items = grid.layout().item_sets[set];
    auto const has = [&](std::size_t m) { return items.column_of[run * items.methods.size() + methods[m]] >= 0; };
    if (items.kind == store::ColumnKind::prediction) {
        for (std::size_t m = 0; m < methods.size(); ++m) {
            if (!has(m)) continue;
            auto const correct = grid.correctness(set, run, methods[m]);
            auto const right = std::count(correct.begin(), correct.end(), std::uint8_t{1});
            for (std::size_t k = 0; k < metrics.size(); ++k) {
                if (items.metrics[metrics[k]] != "accuracy") continue;
                means[m][k].estimate = stats::wilson(right, static_cast<std::int64_t>(correct.size()), grid.level());
                means[m][k].scope = "items";
            }
        }
        return;
    }
    std::vector<stats::MetricSpec> specs;
    std::vector<std::size_t> spec_of(metrics.size(), static_cast<std::size_t>(-1));
    for (std::size_t k = 0; k < metrics.size(); ++k) {
        if (auto const spec = resampled_metric(items.metrics[metrics[k]])) {
            spec_of[k] = specs.size();
            specs.push_back(*spec);
        }
    }
    std::vector<std::vector<double>> scores;
    std::vector<std::size_t> with_scores;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        if (!has(m)) continue;
        with_scores.push_back(m);
        scores.push_back(grid.scores(set, run, methods[m]));
    }
    if (specs.empty() || scores.empty()) return;
    auto const bootstrap = bootstrap_of(grid, set, run, scores, specs, grid.resamples(), threads);
    for (std::size_t column = 0; column < with_scores.size(); ++column) {
        for (std::size_t k = 0; k < metrics.size(); ++k) {
            if (spec_of[k] == static_cast<std::size_t>(-1)) continue;
            auto& mean = means[with_scores[column]][k];
            double const stored = mean.estimate.value;
            mean.estimate = bootstrap.interval(column, spec_of[k], stats::IntervalKind::percentile, grid.level());
            mean.estimate.value = stored;
            auto const replicates = bootstrap.replicates(column, spec_of[k]);
            mean.mc = stats::endpoint_range(replicates, grid.level());
            mean.resampling =
                resampling_of(bootstrap, replicates, bootstrap.bca_constants(column, spec_of[k]), mean.mc);
            mean.scope = "items";
        }
    }
}

/// Accuracy on items that all seeds share: seeds and items both count.
void two_level_accuracy(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
                        std::size_t method, Mean& mean)
{
    std::vector<double> contributions;
    auto const seeds = seeds_with(grid, condition, arm, set, method);
    for (auto const seed : seeds) {
        auto const run = static_cast<std::size_t>(grid.item_run(condition, arm, seed, set, method));
        for (auto const correct : grid.correctness(set, run, method))
            contributions.push_back(correct);
    }
    if (seeds.size() < 2) return;
    mean.estimate = stats::two_level(contributions, seeds.size(), grid.level()).estimate;
    mean.scope = "both";
}

std::string design_of(std::size_t n_seeds, bool crossed)
{
    return n_seeds < 2 ? "one seed" : crossed ? "crossed" : "nested";
}

}  // namespace

bool is_crossed(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    auto const runs = cell_runs(grid, condition, arm, set);
    if (runs.size() < 2) return false;
    auto const first = grid.items(set, runs[0]);
    for (std::size_t i = 1; i < runs.size(); ++i) {
        if (grid.layout().item_sets[set].truth_of_run[runs[i]] == grid.layout().item_sets[set].truth_of_run[runs[0]])
            continue;
        auto const other = grid.items(set, runs[i]);
        bool const is_prediction = grid.layout().item_sets[set].kind == store::ColumnKind::prediction;
        if (other.item != first.item || other.clean != first.clean) return false;
        // What counts as right under detection is whether the label was flipped, which the seed draws anew.
        if (!is_prediction && other.is_noisy != first.is_noisy) return false;
    }
    return true;
}

double seed_overlap(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    auto const runs = cell_runs(grid, condition, arm, set);
    double sum = 0;
    std::size_t pairs = 0;
    std::vector<std::vector<std::int64_t>> items;
    for (auto const run : runs)
        items.push_back(grid.items(set, run).item);
    for (std::size_t a = 0; a < items.size(); ++a) {
        for (std::size_t b = a + 1; b < items.size(); ++b) {
            std::vector<std::int64_t> common;
            std::set_intersection(items[a].begin(), items[a].end(), items[b].begin(), items[b].end(),
                                  std::back_inserter(common));
            sum += static_cast<double>(common.size()) /
                   static_cast<double>(std::max<std::size_t>(1, std::min(items[a].size(), items[b].size())));
            ++pairs;
        }
    }
    return pairs == 0 ? stats::undefined_value : sum / static_cast<double>(pairs);
}

std::vector<std::vector<Mean>> cell_means(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
                                          std::vector<std::size_t> const& methods,
                                          std::vector<std::size_t> const& metrics, int threads)
{
    auto const& items = grid.layout().item_sets[set];
    std::size_t const planned = grid.planned_seeds(condition, arm);
    bool const crossed = is_crossed(grid, condition, arm, set);
    bool const single_runs = is_single_run_cell(grid, condition, arm);
    auto const runs = cell_runs(grid, condition, arm, set);
    auto const size = common_size(grid, set, runs);
    std::vector<std::vector<Mean>> means(methods.size(), std::vector<Mean>(metrics.size()));
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (std::size_t k = 0; k < metrics.size(); ++k) {
            auto& mean = means[m][k];
            auto const all = grid.seed_values(condition, arm, set, methods[m], metrics[k]);
            auto const values = finite(all);
            mean.seed_set = seed_set(grid, all);
            mean.sd = stats::sample_sd(values);
            mean.n_items = size.items;
            mean.n_positive = size.noisy;
            mean.n_seeds = values.size();
            mean.n_excluded = planned - std::min(planned, values.size());
            mean.design = design_of(values.size(), crossed);
            mean.scope = "seeds";
            mean.estimate = stats::seed_mean(values, grid.level());
            bool const is_accuracy =
                items.kind == store::ColumnKind::prediction && items.metrics[metrics[k]] == "accuracy";
            if (values.size() >= 2 && crossed && single_runs && is_accuracy)
                two_level_accuracy(grid, condition, arm, set, methods[m], mean);
            auto const info = metric_info(items.metrics[metrics[k]]);
            clip(mean.estimate, info.lowest, info.highest);
        }
    }
    if (runs.size() == 1 && single_runs) item_intervals(grid, set, runs[0], methods, metrics, threads, means);
    return means;
}

namespace {

/// The tables of one seed, and the differences per item.
struct ItemDifferences
{
    std::map<std::int64_t, std::int64_t> by_item;  ///< summed over seeds
    std::vector<std::vector<double>> by_seed;      ///< [seed][item] A right minus B right
};

void add_seed_table(GridView const& grid, Contrast const& what, std::size_t run_a, std::size_t run_b, SeedContrast& out,
                    ItemDifferences& differences)
{
    auto const a = grid.correctness(what.set, run_a, what.method_a);
    auto const b = grid.correctness(what.set, run_b, what.method_b);
    auto const table = grid.items(what.set, run_a);
    out.table = stats::paired_table(a, b);
    out.exact = stats::mcnemar(out.table);
    std::vector<double> of_seed;
    for (std::size_t i = 0; i < a.size(); ++i) {
        int const d = static_cast<int>(a[i]) - static_cast<int>(b[i]);
        differences.by_item[table.item[i]] += d;
        of_seed.push_back(d);
    }
    differences.by_seed.push_back(std::move(of_seed));
}

void bootstrap_seed(GridView const& grid, Contrast const& what, ContrastOptions const& options, std::size_t run_a,
                    std::size_t run_b, SeedContrast& out)
{
    auto const spec = resampled_metric(options.metric);
    if (!spec || grid.layout().item_sets[what.set].kind != store::ColumnKind::score) return;
    std::vector<std::vector<double>> const scores = {grid.scores(what.set, run_a, what.method_a),
                                                     grid.scores(what.set, run_b, what.method_b)};
    auto const bootstrap = bootstrap_of(grid, what.set, run_a, scores, {*spec}, options.resamples, options.threads);
    double const stored = out.difference.value;
    out.difference = bootstrap.difference(0, 1, 0, stats::IntervalKind::percentile, grid.level());
    out.difference.value = stored;
    std::vector<double> replicates;
    for (std::size_t b = 0; b < bootstrap.resamples(); ++b)
        replicates.push_back(bootstrap.replicates(0, 0)[b] - bootstrap.replicates(1, 0)[b]);
    out.mc = stats::endpoint_range(replicates, grid.level());
    out.resampled = bootstrap.difference_test(0, 1, 0);
    out.resampling = resampling_of(bootstrap, replicates, bootstrap.bca_constants(0, 1, 0), out.mc);
}

/// Same rows, same labels: only then do the two sides answer the same question.
bool are_paired(GridView const& grid, std::size_t set, std::size_t run_a, std::size_t run_b)
{
    auto const& truth_of_run = grid.layout().item_sets[set].truth_of_run;
    if (truth_of_run[run_a] == truth_of_run[run_b]) return true;
    auto const a = grid.items(set, run_a);
    auto const b = grid.items(set, run_b);
    return a.item == b.item && a.clean == b.clean && a.is_noisy == b.is_noisy;
}

void combine_tables(GridView const& grid, Contrast const& what, ItemDifferences const& differences,
                    ContrastResult& result)
{
    std::vector<std::int64_t> d;
    for (auto const& [item, sum] : differences.by_item)
        d.push_back(sum);
    result.flips = stats::clustered_sign_flip(d);

    bool const crossed = is_crossed(grid, what.condition, what.arm_a, what.set) &&
                         is_crossed(grid, what.condition, what.arm_b, what.set);
    if (differences.by_seed.size() < 2) {
        result.share = stats::newcombe_difference(result.seeds[0].table, grid.level());
        result.share_test = result.seeds[0].exact;
        result.share_scope = "items";
        return;
    }
    if (crossed) {
        std::vector<double> contributions;
        for (auto const& of_seed : differences.by_seed)
            contributions.insert(contributions.end(), of_seed.begin(), of_seed.end());
        auto const both = stats::two_level(contributions, differences.by_seed.size(), grid.level());
        result.share = both.estimate;
        clip(result.share, -1, 1);
        result.share_test = both.test;
        result.share_scope = "both";
        return;
    }
    std::vector<double> of_seeds;
    for (auto const& of_seed : differences.by_seed) {
        double sum = 0;
        for (double const value : of_seed)
            sum += value;
        of_seeds.push_back(sum / static_cast<double>(std::max<std::size_t>(1, of_seed.size())));
    }
    result.share = stats::seed_mean(of_seeds, grid.level());
    clip(result.share, -1, 1);
    result.share_test = stats::paired_t(of_seeds);
    result.share_scope = "seeds";
}

SeedContrast const* seed_named(ContrastResult const& result, std::string const& name)
{
    auto const found = std::find_if(result.seeds.begin(), result.seeds.end(),
                                    [&](SeedContrast const& seed) { return seed.seed == name; });
    return found == result.seeds.end() ? nullptr : &*found;
}

}  // namespace

ContrastResult contrast(GridView const& grid, Contrast const& what, ContrastOptions const& options)
{
    ContrastResult result;
    result.contrast = what;
    result.metric = options.metric;
    std::size_t const metric = grid.metric_index(what.set, options.metric);
    auto const a = grid.seed_values(what.condition, what.arm_a, what.set, what.method_a, metric);
    auto const b = grid.seed_values(what.condition, what.arm_b, what.set, what.method_b, metric);
    std::vector<double> d, of_seeds;
    double sum_a = 0, sum_b = 0;
    for (std::size_t seed = 0; seed < a.size(); ++seed) {
        of_seeds.push_back(a[seed] - b[seed]);
        if (!std::isfinite(of_seeds.back())) continue;
        d.push_back(of_seeds.back());
        sum_a += a[seed];
        sum_b += b[seed];
    }
    std::size_t const planned =
        std::min(grid.planned_seeds(what.condition, what.arm_a), grid.planned_seeds(what.condition, what.arm_b));
    result.n_seeds = d.size();
    result.n_excluded = planned - std::min(planned, d.size());
    result.seed_set = seed_set(grid, of_seeds);
    result.sd = stats::sample_sd(d);
    auto const size = common_size(grid, what.set, cell_runs(grid, what.condition, what.arm_a, what.set));
    result.n_items = size.items;
    result.n_positive = size.noisy;
    if (!d.empty()) {
        result.mean_a = sum_a / static_cast<double>(d.size());
        result.mean_b = sum_b / static_cast<double>(d.size());
    }
    result.difference = stats::seed_mean(d, grid.level());
    auto const info = metric_info(options.metric);
    clip(result.difference, info.lowest - info.highest, info.highest - info.lowest);
    result.test = stats::paired_t(d);
    result.scope = "seeds";
    result.design = design_of(d.size(), d.size() >= 2 && is_crossed(grid, what.condition, what.arm_a, what.set));

    bool const needs_items = options.wants_items || options.wants_bootstrap || d.size() == 1;
    if (!needs_items) return result;
    ItemDifferences differences;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        auto const run_a = grid.item_run(what.condition, what.arm_a, seed, what.set, what.method_a);
        auto const run_b = grid.item_run(what.condition, what.arm_b, seed, what.set, what.method_b);
        if (run_a < 0 || run_b < 0) continue;
        if (!are_paired(grid, what.set, static_cast<std::size_t>(run_a), static_cast<std::size_t>(run_b))) continue;
        SeedContrast of_seed;
        of_seed.seed = grid.seeds()[seed];
        of_seed.difference.value = a[seed] - b[seed];
        of_seed.difference.level = grid.level();
        add_seed_table(grid, what, static_cast<std::size_t>(run_a), static_cast<std::size_t>(run_b), of_seed,
                       differences);
        if (options.wants_bootstrap || d.size() == 1)
            bootstrap_seed(grid, what, options, static_cast<std::size_t>(run_a), static_cast<std::size_t>(run_b),
                           of_seed);
        result.seeds.push_back(std::move(of_seed));
    }
    if (result.seeds.empty()) return result;
    result.has_items = true;
    combine_tables(grid, what, differences, result);
    if (d.size() == 1) {
        // One seed says nothing about other seeds; what is left is the question about items.
        result.scope = "items";
        if (grid.layout().item_sets[what.set].kind == store::ColumnKind::prediction && options.metric == "accuracy") {
            result.difference = result.share;
            result.test = result.share_test;
        }
        else if (auto const* seed = seed_named(result, result.seed_set)) {
            result.difference = seed->difference;
            result.mc = seed->mc;
            result.test = seed->resampled;
            result.resampling = seed->resampling;
        }
    }
    else if (grid.layout().item_sets[what.set].kind == store::ColumnKind::prediction && options.metric == "accuracy") {
        // Accuracy on shared items: the claim is about new seeds and new items.
        result.difference = result.share;
        result.test = result.share_test;
        result.scope = result.share_scope;
    }
    return result;
}

void adjust_family(std::vector<ContrastResult>& results)
{
    std::vector<double> p, p_min, flips, flips_min, share;
    for (auto const& result : results) {
        p.push_back(result.test.p);
        p_min.push_back(result.test.p_min);
        flips.push_back(result.flips.p);
        flips_min.push_back(result.flips.p_min);
        share.push_back(result.share_test.p);
    }
    auto const p_adjusted = stats::adjust(p, stats::Adjustment::holm);
    auto const p_min_adjusted = stats::adjusted_minimum(p, p_min, stats::Adjustment::holm);
    auto const flips_adjusted = stats::adjust(flips, stats::Adjustment::holm);
    auto const flips_min_adjusted = stats::adjusted_minimum(flips, flips_min, stats::Adjustment::holm);
    auto const share_adjusted = stats::adjust(share, stats::Adjustment::holm);
    for (std::size_t i = 0; i < results.size(); ++i) {
        results[i].p_adjusted = p_adjusted[i];
        results[i].p_min_adjusted = p_min_adjusted[i];
        results[i].flips_adjusted = flips_adjusted[i];
        results[i].flips_min_adjusted = flips_min_adjusted[i];
        results[i].share_adjusted = share_adjusted[i];
        results[i].family_size = results.size();
    }
}

std::vector<std::pair<std::string, std::string>> condition_pairs(GridView const& grid, std::size_t condition)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 0; i < grid.by().size(); ++i)
        pairs.emplace_back(grid.by()[i], grid.conditions()[condition].values[i]);
    return pairs;
}

namespace {

/// What McNemar's tests are about.
std::string right_metric(store::ColumnKind kind)
{
    return kind == store::ColumnKind::prediction ? "right_predictions" : "right_decisions";
}

}  // namespace

void set_spread(Record& record, double sd)
{
    record.sd = sd;
    record.ddof = std::isnan(sd) ? -1 : 1;
}

void add_records(std::vector<Record>& records, GridView const& grid, ContrastResult const& result,
                 std::string const& family)
{
    auto const& what = result.contrast;
    auto const& items = grid.layout().item_sets[what.set];
    Record base;
    base.item_set = items.name;
    base.condition = condition_pairs(grid, what.condition);
    base.arm = grid.arms()[what.arm_a];
    base.arm_b = grid.arms()[what.arm_b];
    base.method = items.methods[what.method_a];
    base.method_b = items.methods[what.method_b];
    base.design = result.design;
    base.seed_set = result.seed_set;
    base.n_items = result.n_items;
    base.n_positive = result.n_positive;
    base.n_seeds = static_cast<std::int64_t>(result.n_seeds);
    base.n_excluded = static_cast<std::int64_t>(result.n_excluded);

    Record difference = base;
    difference.kind = "difference";
    difference.metric = result.metric;
    difference.scope = result.scope;
    difference.estimate = result.difference;
    set_spread(difference, result.sd);
    difference.resampling = result.resampling;
    difference.test = result.test;
    if (result.sd > 0) {
        difference.effect.method = "cohens_d";
        difference.effect.value = result.difference.value / result.sd;
    }
    difference.p_adjusted = result.p_adjusted;
    difference.p_min_adjusted = result.p_min_adjusted;
    difference.adjust = "holm";
    difference.family = family;
    difference.family_size = static_cast<std::int64_t>(result.family_size);
    difference.cannot_reach = result.p_min_adjusted >= alpha;
    records.push_back(std::move(difference));
    if (!result.has_items) return;

    stats::PairedTable sum;
    for (auto const& seed : result.seeds) {
        Record record = base;
        record.params = {{"seed", seed.seed}};
        record.seed_set = seed.seed;
        record.scope = "items";
        record.n_seeds = 1;
        record.n_excluded = 0;
        record.n_items = seed.table.n();

        Record difference = record;
        difference.kind = "seed_difference";
        difference.metric = result.metric;
        difference.estimate = seed.difference;
        difference.resampling = seed.resampling;
        difference.test = seed.resampled;
        records.push_back(std::move(difference));

        record.kind = "test";
        record.metric = right_metric(items.kind);
        record.estimate = stats::newcombe_difference(seed.table, grid.level());
        record.test = seed.exact;
        record.effect = stats::odds_ratio(seed.table, grid.level());
        record.effect.method = "odds_ratio";
        record.b = seed.table.only_a;
        record.c = seed.table.only_b;
        record.cannot_reach = seed.exact.cannot_reach(alpha);
        records.push_back(std::move(record));
        sum.only_a += seed.table.only_a;
        sum.only_b += seed.table.only_b;
    }
    Record flips = base;
    flips.kind = "test";
    flips.metric = right_metric(items.kind);
    flips.scope = "items";
    flips.estimate = result.share;
    flips.test = result.flips;
    flips.p_adjusted = result.flips_adjusted;
    flips.p_min_adjusted = result.flips_min_adjusted;
    flips.adjust = "holm";
    flips.family = family + ", McNemar";
    flips.family_size = static_cast<std::int64_t>(result.family_size);
    flips.cannot_reach = result.flips_min_adjusted >= alpha;
    flips.b = sum.only_a;
    flips.c = sum.only_b;
    flips.effect.method = "signed_g";
    flips.effect.value = stats::signed_g(sum);
    records.push_back(flips);
    Record share = flips;
    share.kind = "difference";
    share.effect = {};
    share.scope = result.share_scope;
    share.test = result.share_test;
    share.p_adjusted = result.share_adjusted;
    share.p_min_adjusted = stats::undefined_value;
    share.family = family + ", shares";
    share.cannot_reach = false;
    records.push_back(std::move(share));
}

}  // namespace ablatrix::report::detail
