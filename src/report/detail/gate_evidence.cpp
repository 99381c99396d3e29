#include "gate_evidence.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <ablatrix/stats/paired.hpp>

#include "cell.hpp"
#include "cell_means.hpp"
#include "contrast.hpp"

namespace ablatrix::report::detail {

namespace {

using plan::GateStatistic;

constexpr std::size_t more_resamples = 10;  ///< times as many, statistics.md 2.5

std::vector<double> without_nan(std::vector<double> values)
{
    std::erase_if(values, [](double value) { return std::isnan(value); });
    return values;
}

bool all_equal(std::vector<double> const& values)
{
    return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

class FactFinder
{
  public:
    FactFinder(GridView grid, plan::Gate const& gate, GateSource const& source, int threads)
        : grid_(std::move(grid)), gate_(gate), source_(source), threads_(threads)
    {}

    std::vector<GateFacts> find(std::vector<GateCandidate> const& candidates)
    {
        std::vector<GateFacts> facts(candidates.size());
        bool const needs_means = !source_.is_scalar && gate_.quantity.statistic == GateStatistic::mean;
        if (needs_means) find_means(candidates, facts);
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            auto& of_one = facts[i];
            of_one.evidence.candidate = candidates[i].label;
            of_one.evidence.estimate.level = grid_.level();
            if (!candidates[i].missing.empty()) continue;
            if (gate_.quantity.statistic == GateStatistic::difference)
                source_.is_scalar ? find_scalar_difference(candidates[i], of_one)
                                  : find_difference(candidates[i], of_one);
            else if (!needs_means)
                find_from_values(candidates[i], of_one);
            if (!source_.is_scalar) add_items(candidates[i], of_one);
        }
        return facts;
    }

  private:
    /// One bootstrap serves all methods of a cell.
    void find_means(std::vector<GateCandidate> const& candidates, std::vector<GateFacts>& facts)
    {
        std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> cells;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].missing.empty()) cells[{candidates[i].condition, candidates[i].arm}].push_back(i);
        }
        for (auto const& [cell, members] : cells) {
            std::vector<std::size_t> methods;
            for (auto const i : members)
                methods.push_back(candidates[i].method);
            auto const means =
                cell_means(grid_, cell.first, cell.second, source_.set, methods, {source_.metric}, threads_);
            for (std::size_t m = 0; m < members.size(); ++m)
                take_mean(means[m][0], facts[members[m]]);
        }
    }

    /// What the number of \p found, a Mean or a ContrastResult, rests on.
    template <typename Found>
    static void take_frame(Found const& found, GateFacts& facts)
    {
        facts.evidence.mc = found.mc;
        facts.evidence.n_seeds = static_cast<std::int64_t>(found.n_seeds);
        facts.scope = found.scope;
        facts.design = found.design;
        facts.n_excluded = found.n_excluded;
        facts.seed_set = found.seed_set;
        facts.sd = found.sd;
        facts.resampling = found.resampling;
    }

    void take_mean(Mean const& mean, GateFacts& facts)
    {
        auto& evidence = facts.evidence;
        evidence.estimate = mean.estimate;
        take_frame(mean, facts);
        if (mean.estimate.method != "wilson") return;
        evidence.trials = mean.n_items;
        evidence.successes = std::llround(mean.estimate.value * static_cast<double>(mean.n_items));
    }

    std::vector<double> values_of(GateCandidate const& candidate) const
    {
        if (source_.is_scalar) return grid_.seed_scalars(candidate.condition, candidate.arm, source_.scalar);
        return grid_.seed_values(candidate.condition, candidate.arm, source_.set, candidate.method, source_.metric);
    }

    void find_from_values(GateCandidate const& candidate, GateFacts& facts)
    {
        auto const values = without_nan(values_of(candidate));
        auto& evidence = facts.evidence;
        evidence.spread_over_seeds = gate_.quantity.statistic == GateStatistic::seed_sd;
        evidence.estimate = evidence.spread_over_seeds ? stats::seed_sd_interval(values, grid_.level(), gate_.rule.ddof)
                                                       : stats::seed_mean(values, grid_.level());
        describe_seeds(values.size(), grid_.planned_seeds(candidate.condition, candidate.arm), facts);
    }

    static void describe_seeds(std::size_t n_seeds, std::size_t planned, GateFacts& facts)
    {
        facts.evidence.n_seeds = static_cast<std::int64_t>(n_seeds);
        facts.n_excluded = planned - std::min(planned, n_seeds);
        facts.scope = "seeds";
        if (n_seeds < 2) facts.design = "one seed";
    }

    void find_difference(GateCandidate const& candidate, GateFacts& facts)
    {
        ContrastOptions options;
        auto const& items = grid_.layout().item_sets[source_.set];
        options.metric = gate_.quantity.name;
        options.wants_items = items.kind == store::ColumnKind::prediction && options.metric == "accuracy";
        options.resamples = grid_.resamples();
        options.threads = threads_;
        auto const result = contrast(
            grid_,
            {candidate.condition, source_.set, candidate.arm, candidate.method, candidate.arm_b, candidate.method_b},
            options);
        auto& evidence = facts.evidence;
        evidence.estimate = result.difference;
        evidence.test = result.test;
        evidence.effect = result.difference.value;
        take_frame(result, facts);
    }

    void find_scalar_difference(GateCandidate const& candidate, GateFacts& facts)
    {
        auto const a = grid_.seed_scalars(candidate.condition, candidate.arm, source_.scalar);
        auto const b = grid_.seed_scalars(candidate.condition, candidate.arm_b, source_.scalar);
        std::vector<double> d;
        for (std::size_t seed = 0; seed < a.size(); ++seed)
            d.push_back(a[seed] - b[seed]);
        d = without_nan(d);
        auto& evidence = facts.evidence;
        evidence.estimate = stats::seed_mean(d, grid_.level());
        evidence.test = stats::paired_t(d);
        evidence.effect = evidence.estimate.value;
        std::size_t const planned = std::min(grid_.planned_seeds(candidate.condition, candidate.arm),
                                             grid_.planned_seeds(candidate.condition, candidate.arm_b));
        describe_seeds(d.size(), planned, facts);
    }

    /// What only items can tell: how many there are, and whether the seed matters to them.
    void add_items(GateCandidate const& candidate, GateFacts& facts)
    {
        auto& evidence = facts.evidence;
        auto const runs = runs_of(candidate);
        for (auto const run : runs) {
            auto const n = static_cast<std::int64_t>(grid_.items(source_.set, run).item.size());
            facts.n_items = facts.n_items < 0 ? n : std::min(facts.n_items, n);
        }
        // Items without a group are one each.
        evidence.n_groups = std::max<std::int64_t>(facts.n_items, 0);
        if (facts.design.empty())
            facts.design = is_crossed(grid_, candidate.condition, candidate.arm, source_.set) ? "crossed" : "nested";
        if (gate_.quantity.name == "ece") evidence.ece_null = ece_null_of(candidate);
        auto const values = without_nan(
            grid_.seed_values(candidate.condition, candidate.arm, source_.set, candidate.method, source_.metric));
        // Equal predictions have equal metrics, so that most seeds need no second look.
        if (values.size() < 2 || !all_equal(values)) return;
        if (seed_matters(grid_, candidate.condition, candidate.arm, source_.set, candidate.method)) return;
        evidence.seed_effective = false;
        evidence.n_seeds = 1;
        if (evidence.estimate.note.find("seed_not_effective") == std::string::npos)
            stats::add_note(evidence.estimate.note, "seed_not_effective");
    }

    std::vector<std::size_t> runs_of(GateCandidate const& candidate) const
    {
        std::vector<std::size_t> runs;
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            auto const run = grid_.item_run(candidate.condition, candidate.arm, seed, source_.set, candidate.method);
            if (run >= 0) runs.push_back(static_cast<std::size_t>(run));
        }
        return runs;
    }

    double ece_null_of(GateCandidate const& candidate) const
    {
        auto const& metrics = grid_.layout().item_sets[source_.set].metrics;
        auto const found = std::find(metrics.begin(), metrics.end(), "ece_null");
        if (found == metrics.end()) return stats::undefined_value;
        auto const values =
            without_nan(grid_.seed_values(candidate.condition, candidate.arm, source_.set, candidate.method,
                                          static_cast<std::size_t>(found - metrics.begin())));
        double sum = 0;
        for (double const value : values)
            sum += value;
        return values.empty() ? stats::undefined_value : sum / static_cast<double>(values.size());
    }

    GridView grid_;
    plan::Gate const& gate_;
    GateSource const& source_;
    int threads_;
};

/// The facts of one level, and for an equivalence those of the inner interval.
std::vector<GateFacts> facts_for_mode(GridView const& grid, plan::Gate const& gate, GateSource const& source,
                                      std::vector<GateCandidate> const& candidates, double level, std::size_t resamples,
                                      int threads)
{
    auto facts = FactFinder(grid.with_statistics(level, resamples), gate, source, threads).find(candidates);
    if (gate.rule.mode != stats::GateMode::equiv) return facts;
    double const inner_level = 1 - 2 * (1 - level);
    auto inner = FactFinder(grid.with_statistics(inner_level, resamples), gate, source, threads).find(candidates);
    for (std::size_t i = 0; i < facts.size(); ++i) {
        facts[i].evidence.inner = std::move(inner[i].evidence.estimate);
        facts[i].evidence.inner_mc = inner[i].evidence.mc;
    }
    return facts;
}

}  // namespace

std::vector<GateFacts> facts_of(GridView const& grid, plan::Gate const& gate, GateSource const& source,
                                std::vector<GateCandidate> const& candidates, double level, int threads)
{
    auto facts = facts_for_mode(grid, gate, source, candidates, level, grid.resamples(), threads);
    std::vector<std::size_t> open;
    std::vector<GateCandidate> again;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (!stats::is_within_resampling_error(gate.rule, facts[i].evidence)) continue;
        open.push_back(i);
        again.push_back(candidates[i]);
    }
    if (open.empty()) return facts;
    auto better = facts_for_mode(grid, gate, source, again, level, more_resamples * grid.resamples(), threads);
    for (std::size_t i = 0; i < open.size(); ++i)
        facts[open[i]] = std::move(better[i]);
    return facts;
}

}  // namespace ablatrix::report::detail
