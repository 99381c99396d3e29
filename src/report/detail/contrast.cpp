#include "contrast.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include <ablatrix/stats/multiplicity.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/two_level.hpp>

#include "cell.hpp"
#include "item_bootstrap.hpp"
#include "item_contributions.hpp"
#include "metric_info.hpp"

namespace ablatrix::report::detail {
namespace {

/// Same rows, same labels: only then do the two sides answer the same question.
bool are_paired(GridView const& grid, std::size_t set, std::size_t run_a, std::size_t run_b)
{
    auto const& truth_of_run = grid.layout().item_sets[set].truth_of_run;
    if (truth_of_run[run_a] == truth_of_run[run_b]) return true;
    auto const a = grid.items(set, run_a);
    auto const b = grid.items(set, run_b);
    return a.item == b.item && a.clean == b.clean && a.is_noisy == b.is_noisy;
}

/// A contrast while it is made.
class ContrastMaker
{
  public:
    ContrastMaker(GridView const& grid, Contrast const& what, ContrastOptions const& options)
        : grid_(grid), what_(what), options_(options)
    {
        result_.contrast = what;
        result_.metric = options.metric;
        std::size_t const metric = grid.metric_index(what.set, options.metric);
        a_ = grid.seed_values(what.condition, what.arm_a, what.set, what.method_a, metric);
        b_ = grid.seed_values(what.condition, what.arm_b, what.set, what.method_b, metric);
    }

    ContrastResult make()
    {
        compare_values();
        if (options_.wants_items || needs_bootstrap()) compare_items();
        if (!result_.seeds.empty()) {
            result_.has_items = true;
            result_.flips = stats::clustered_sign_flip(sums_of_items());
            compare_shares();
            let_items_speak();
        }
        compare_rankings();
        note_overlap();
        note_idle_seeds();
        return std::move(result_);
    }

  private:
    bool is_prediction() const { return grid_.layout().item_sets[what_.set].kind == store::ColumnKind::prediction; }
    bool needs_bootstrap() const { return options_.wants_bootstrap || result_.n_seeds == 1; }

    std::size_t runs_of(std::size_t arm) const { return cell_runs(grid_, what_.condition, arm, what_.set).size(); }

    /// Seeds that share items are not independent.
    void note_overlap()
    {
        if (result_.design != "nested") return;
        if (!(seed_overlap(grid_, what_.condition, what_.arm_a, what_.set) > noted_overlap)) return;
        if (result_.scope == "seeds") stats::add_note(result_.difference.note, "overlap");
        if (result_.share_scope == "seeds") stats::add_note(result_.share.note, "overlap");
    }

    /// Where neither side depends on the seed, there is one seed.
    void note_idle_seeds()
    {
        if (result_.n_seeds < 2 || result_.sd > 0) return;
        if (seed_matters(grid_, what_.condition, what_.arm_a, what_.set, what_.method_a) ||
            seed_matters(grid_, what_.condition, what_.arm_b, what_.set, what_.method_b))
            return;
        stats::add_note(result_.difference.note, "seed_not_effective");
        if (result_.scope == "both") result_.scope = "items";
        if (result_.share_scope.empty()) return;
        stats::add_note(result_.share.note, "seed_not_effective");
        if (result_.share_scope == "both") result_.share_scope = "items";
    }

    /// The metric over the seeds that both sides have.
    void compare_values()
    {
        std::vector<double> of_seeds;
        double sum_a = 0, sum_b = 0;
        for (std::size_t seed = 0; seed < a_.size(); ++seed) {
            of_seeds.push_back(a_[seed] - b_[seed]);
            if (!std::isfinite(of_seeds.back())) continue;
            sum_a += a_[seed];
            sum_b += b_[seed];
        }
        auto const d = finite(of_seeds);
        std::size_t const planned = std::min(grid_.planned_seeds(what_.condition, what_.arm_a),
                                             grid_.planned_seeds(what_.condition, what_.arm_b));
        result_.n_seeds = d.size();
        result_.n_excluded = planned - std::min(planned, d.size());
        result_.seed_set = seed_set(grid_, of_seeds);
        result_.sd = stats::sample_sd(d);
        auto const size = common_size(grid_, what_.condition, what_.arm_a, what_.set);
        result_.n_items = size.items;
        result_.n_positive = size.noisy;
        result_.n_unknown = size.unknown;
        if (!d.empty()) {
            result_.mean_a = sum_a / static_cast<double>(d.size());
            result_.mean_b = sum_b / static_cast<double>(d.size());
        }
        result_.difference = stats::seed_mean(d, grid_.level());
        auto const info = metric_info(options_.metric);
        clip(result_.difference, info.lowest - info.highest, info.highest - info.lowest);
        result_.test = stats::paired_t(d);
        if (runs_of(what_.arm_a) == 0 || runs_of(what_.arm_b) == 0)
            result_.difference.status = result_.test.status = stats::Status::not_run;
        result_.scope = "seeds";
        result_.design =
            design_of(d.size(), d.size() >= 2 && is_crossed(grid_, what_.condition, what_.arm_a, what_.set));
    }

    void compare_items()
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            auto const found_a = grid_.item_run(what_.condition, what_.arm_a, seed, what_.set, what_.method_a);
            auto const found_b = grid_.item_run(what_.condition, what_.arm_b, seed, what_.set, what_.method_b);
            if (found_a < 0 || found_b < 0) continue;
            auto const run_a = static_cast<std::size_t>(found_a);
            auto const run_b = static_cast<std::size_t>(found_b);
            if (!are_paired(grid_, what_.set, run_a, run_b) || grid_.sample_size(what_.set, run_a).items == 0) continue;
            SeedContrast of_seed;
            of_seed.seed = grid_.seeds()[seed];
            of_seed.difference.value = a_[seed] - b_[seed];
            of_seed.difference.level = grid_.level();
            add_seed_table(run_a, run_b, of_seed);
            if (needs_bootstrap()) bootstrap_seed(run_a, run_b, of_seed);
            result_.seeds.push_back(std::move(of_seed));
        }
    }

    void add_seed_table(std::size_t run_a, std::size_t run_b, SeedContrast& out)
    {
        auto const a = grid_.correctness(what_.set, run_a, what_.method_a);
        auto const b = grid_.correctness(what_.set, run_b, what_.method_b);
        auto const table = grid_.items(what_.set, run_a);
        out.table = stats::paired_table(a, b);
        out.exact = stats::mcnemar(out.table);
        std::vector<double> of_seed;
        for (std::size_t i = 0; i < a.size(); ++i) {
            int const d = static_cast<int>(a[i]) - static_cast<int>(b[i]);
            sum_of_item_[table.item[i]] += d;
            of_seed.push_back(d);
        }
        differences_.push_back(std::move(of_seed));
    }

    void bootstrap_seed(std::size_t run_a, std::size_t run_b, SeedContrast& out) const
    {
        auto const spec = resampled_metric(options_.metric);
        if (!spec || is_prediction()) return;
        std::vector<std::vector<double>> const scores = {grid_.scores(what_.set, run_a, what_.method_a),
                                                         grid_.scores(what_.set, run_b, what_.method_b)};
        auto const bootstrap =
            item_bootstrap(grid_, what_.set, run_a, scores, {*spec}, options_.resamples, options_.threads);
        double const stored = out.difference.value;
        out.difference = bootstrap.difference(0, 1, 0, stats::IntervalKind::percentile, grid_.level());
        out.difference.value = stored;
        std::vector<double> replicates;
        for (std::size_t b = 0; b < bootstrap.resamples(); ++b)
            replicates.push_back(bootstrap.replicates(0, 0)[b] - bootstrap.replicates(1, 0)[b]);
        out.mc = stats::endpoint_range(replicates, grid_.level());
        out.resampled = bootstrap.difference_test(0, 1, 0);
        out.resampling = resampling_of(bootstrap, replicates, bootstrap.bca_constants(0, 1, 0), out.mc);
    }

    bool are_crossed() const
    {
        return is_crossed(grid_, what_.condition, what_.arm_a, what_.set) &&
               is_crossed(grid_, what_.condition, what_.arm_b, what_.set);
    }

    /// AUROC or average precision on items that all seeds and both sides share: for new seeds and new items.
    void compare_rankings()
    {
        if (result_.n_seeds < 2 || !has_contributions(options_.metric) || !are_crossed()) return;
        std::vector<double> contributions;
        for (std::size_t seed = 0; seed < a_.size(); ++seed) {
            if (!std::isfinite(a_[seed] - b_[seed])) continue;
            auto const of_items = ranking_differences(seed);
            if (of_items.empty()) return;
            contributions.insert(contributions.end(), of_items.begin(), of_items.end());
        }
        auto const both = stats::two_level(contributions, result_.n_seeds, grid_.level());
        double const stored = result_.difference.value;
        result_.difference = both.estimate;
        result_.difference.value = stored;
        clip(result_.difference, -1, 1);
        result_.test = both.test;
        result_.scope = "both";
    }

    /// Contributions of the items to the difference in one seed; empty where items cannot say.
    std::vector<double> ranking_differences(std::size_t seed) const
    {
        auto const run_a = grid_.item_run(what_.condition, what_.arm_a, seed, what_.set, what_.method_a);
        auto const run_b = grid_.item_run(what_.condition, what_.arm_b, seed, what_.set, what_.method_b);
        if (run_a < 0 || run_b < 0) return {};
        auto const a = static_cast<std::size_t>(run_a);
        auto const b = static_cast<std::size_t>(run_b);
        if (!are_paired(grid_, what_.set, a, b)) return {};
        auto of_items = item_contributions(grid_, what_.set, a, what_.method_a, options_.metric);
        auto const of_b = item_contributions(grid_, what_.set, b, what_.method_b, options_.metric);
        for (std::size_t i = 0; i < of_items.size(); ++i)
            of_items[i] -= of_b[i];
        return of_items;
    }

    std::vector<std::int64_t> sums_of_items() const
    {
        std::vector<std::int64_t> sums;
        for (auto const& [item, sum] : sum_of_item_)
            sums.push_back(sum);
        return sums;
    }

    /// The shares of right items, over as much as the design lets them speak about.
    void compare_shares()
    {
        if (differences_.size() < 2) {
            result_.share = stats::newcombe_difference(result_.seeds[0].table, grid_.level());
            result_.share_test = result_.seeds[0].exact;
            result_.share_scope = "items";
        }
        else if (are_crossed())
            compare_shares_on_shared_items();
        else
            compare_shares_over_seeds();
    }

    void compare_shares_on_shared_items()
    {
        std::vector<double> contributions;
        for (auto const& of_seed : differences_)
            contributions.insert(contributions.end(), of_seed.begin(), of_seed.end());
        auto const both = stats::two_level(contributions, differences_.size(), grid_.level());
        result_.share = both.estimate;
        clip(result_.share, -1, 1);
        result_.share_test = both.test;
        result_.share_scope = "both";
    }

    void compare_shares_over_seeds()
    {
        std::vector<double> of_seeds;
        for (auto const& of_seed : differences_) {
            double const sum = std::accumulate(of_seed.begin(), of_seed.end(), 0.0);
            of_seeds.push_back(sum / static_cast<double>(std::max<std::size_t>(1, of_seed.size())));
        }
        result_.share = stats::seed_mean(of_seeds, grid_.level());
        clip(result_.share, -1, 1);
        result_.share_test = stats::paired_t(of_seeds);
        result_.share_scope = "seeds";
    }

    /// Where items say more about the metric than seeds do, theirs is the difference.
    void let_items_speak()
    {
        bool const is_one_seed = result_.n_seeds == 1;
        if (is_prediction() && options_.metric == "accuracy") {
            // Accuracy on shared items: the claim is about new seeds and new items.
            result_.difference = result_.share;
            result_.test = result_.share_test;
            result_.scope = is_one_seed ? "items" : result_.share_scope;
            return;
        }
        if (!is_one_seed) return;
        // One seed says nothing about other seeds; what is left is the question about items.
        result_.scope = "items";
        auto const seed = std::find_if(result_.seeds.begin(), result_.seeds.end(),
                                       [&](SeedContrast const& one) { return one.seed == result_.seed_set; });
        if (seed == result_.seeds.end()) return;
        result_.difference = seed->difference;
        result_.mc = seed->mc;
        result_.test = seed->resampled;
        result_.resampling = seed->resampling;
    }

    GridView const& grid_;
    Contrast const& what_;
    ContrastOptions const& options_;
    std::vector<double> a_, b_;  ///< of each seed
    ContrastResult result_;
    std::map<std::int64_t, std::int64_t> sum_of_item_;  ///< A right minus B right, over seeds
    std::vector<std::vector<double>> differences_;      ///< the same, [seed][item]
};

}  // namespace

stats::PairedTable ContrastResult::discordants() const
{
    stats::PairedTable sum;
    for (auto const& seed : seeds) {
        sum.only_a += seed.table.only_a;
        sum.only_b += seed.table.only_b;
    }
    return sum;
}

ContrastResult contrast(GridView const& grid, Contrast const& what, ContrastOptions const& options)
{
    return ContrastMaker(grid, what, options).make();
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

}  // namespace ablatrix::report::detail
