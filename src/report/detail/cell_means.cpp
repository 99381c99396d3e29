#include "cell_means.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/delong.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/two_level.hpp>

#include "cell.hpp"
#include "item_bootstrap.hpp"
#include "item_contributions.hpp"
#include "metric_info.hpp"

namespace ablatrix::report::detail {
namespace {

/// The means of one cell while they are made.
class CellMeans
{
  public:
    CellMeans(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
              std::vector<std::size_t> const& methods, std::vector<std::size_t> const& metrics)
        : grid_(grid),
          condition_(condition),
          arm_(arm),
          set_(set),
          methods_(methods),
          metrics_(metrics),
          runs_(cell_runs(grid, condition, arm, set)),
          means_(methods.size(), std::vector<Mean>(metrics.size()))
    {}

    std::vector<std::vector<Mean>> make(int threads)
    {
        bool const single_runs = is_single_run_cell();
        over_seeds(single_runs);
        if (runs_.size() == 1 && single_runs) {
            if (is_prediction())
                accuracy_over_items();
            else
                resample_items(threads);
        }
        return std::move(means_);
    }

  private:
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }
    std::string const& metric_name(std::size_t k) const { return items().metrics[metrics_[k]]; }
    bool is_accuracy(std::size_t k) const { return is_prediction() && metric_name(k) == "accuracy"; }
    /// Whether the only run has a column of the method.
    bool has_column(std::size_t m) const { return items().column_at(runs_[0], methods_[m]) >= 0; }

    bool is_single_run_cell() const
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            if (grid_.runs(condition_, arm_, seed).size() > 1) return false;
        }
        return true;
    }

    void over_seeds(bool single_runs)
    {
        std::size_t const planned = grid_.planned_seeds(condition_, arm_);
        bool const crossed = is_crossed(grid_, condition_, arm_, set_);
        bool const overlaps = !crossed && seed_overlap(grid_, condition_, arm_, set_) > noted_overlap;
        auto const size = common_size(grid_, condition_, arm_, set_);
        for (std::size_t m = 0; m < methods_.size(); ++m) {
            for (std::size_t k = 0; k < metrics_.size(); ++k) {
                auto& mean = means_[m][k];
                auto const all = grid_.seed_values(condition_, arm_, set_, methods_[m], metrics_[k]);
                auto const values = finite(all);
                mean.seed_set = seed_set(grid_, all);
                mean.sd = stats::sample_sd(values);
                mean.n_items = size.items;
                mean.n_positive = size.noisy;
                mean.n_unknown = size.unknown;
                mean.n_seeds = values.size();
                mean.n_excluded = planned - std::min(planned, values.size());
                mean.design = design_of(values.size(), crossed);
                mean.scope = "seeds";
                mean.estimate = stats::seed_mean(values, grid_.level());
                if (values.size() >= 2 && crossed && single_runs) {
                    if (is_accuracy(k)) two_level_accuracy(methods_[m], mean);
                    if (has_contributions(metric_name(k))) two_level_ranking(methods_[m], metric_name(k), all, mean);
                }
                if (runs_.empty()) mean.estimate.status = stats::Status::not_run;
                if (values.size() >= 2 && overlaps) stats::add_note(mean.estimate.note, "overlap");
                if (values.size() >= 2 && !(mean.sd > 0) && !seed_matters(grid_, condition_, arm_, set_, methods_[m]))
                    take_for_one_seed(mean);
                auto const info = metric_info(metric_name(k));
                clip(mean.estimate, info.lowest, info.highest);
            }
        }
    }

    /// Seeds that all say the same are one: they know nothing about new seeds.
    static void take_for_one_seed(Mean& mean)
    {
        stats::add_note(mean.estimate.note, "seed_not_effective");
        if (mean.scope == "both") mean.scope = "items";
    }

    /// Accuracy on items that all seeds share: seeds and items both count.
    void two_level_accuracy(std::size_t method, Mean& mean) const
    {
        std::vector<double> contributions;
        std::size_t n_seeds = 0;
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            auto const run = grid_.item_run(condition_, arm_, seed, set_, method);
            if (run < 0) continue;
            ++n_seeds;
            for (auto const correct : grid_.correctness(set_, static_cast<std::size_t>(run), method))
                contributions.push_back(correct);
        }
        if (n_seeds < 2 || contributions.empty()) return;
        mean.estimate = stats::two_level(contributions, n_seeds, grid_.level()).estimate;
        mean.scope = "both";
    }

    /// AUROC or average precision on items that all seeds share. Where items cannot say, the seeds' interval stays.
    void two_level_ranking(std::size_t method, std::string const& metric, std::vector<double> const& of_seed,
                           Mean& mean) const
    {
        std::vector<double> contributions;
        for (std::size_t seed = 0; seed < of_seed.size(); ++seed) {
            if (!std::isfinite(of_seed[seed])) continue;
            auto const run = grid_.item_run(condition_, arm_, seed, set_, method);
            if (run < 0) return;
            auto const of_items = item_contributions(grid_, set_, static_cast<std::size_t>(run), method, metric);
            if (of_items.empty()) return;
            contributions.insert(contributions.end(), of_items.begin(), of_items.end());
        }
        // Jackknifed contributions have a mean of their own, which corrects the bias; the metric stays what it is.
        double const stored = mean.estimate.value;
        mean.estimate = stats::two_level(contributions, mean.n_seeds, grid_.level()).estimate;
        mean.estimate.value = stored;
        mean.scope = "both";
    }

    /// One seed: Wilson's interval over its items.
    void accuracy_over_items()
    {
        for (std::size_t m = 0; m < methods_.size(); ++m) {
            if (!has_column(m)) continue;
            auto const correct = grid_.correctness(set_, runs_[0], methods_[m]);
            auto const right = std::count(correct.begin(), correct.end(), std::uint8_t{1});
            for (std::size_t k = 0; k < metrics_.size(); ++k) {
                if (!is_accuracy(k)) continue;
                means_[m][k].estimate = stats::wilson(right, static_cast<std::int64_t>(correct.size()), grid_.level());
                means_[m][k].scope = "items";
            }
        }
    }

    /// One seed: percentile intervals over its items; one bootstrap serves all methods and metrics.
    void resample_items(int threads)
    {
        std::vector<stats::MetricSpec> specs;
        std::vector<std::size_t> with_spec;
        for (std::size_t k = 0; k < metrics_.size(); ++k) {
            if (auto const spec = resampled_metric(metric_name(k))) {
                specs.push_back(*spec);
                with_spec.push_back(k);
            }
        }
        std::vector<std::vector<double>> scores;
        std::vector<std::size_t> with_scores;
        for (std::size_t m = 0; m < methods_.size(); ++m) {
            if (!has_column(m)) continue;
            with_scores.push_back(m);
            scores.push_back(grid_.scores(set_, runs_[0], methods_[m]));
        }
        if (specs.empty() || scores.empty()) return;
        auto const bootstrap = item_bootstrap(grid_, set_, runs_[0], scores, specs, grid_.resamples(), threads);
        for (std::size_t column = 0; column < with_scores.size(); ++column) {
            for (std::size_t spec = 0; spec < with_spec.size(); ++spec) {
                auto& mean = means_[with_scores[column]][with_spec[spec]];
                take_interval(bootstrap, column, spec, mean);
                if (specs[spec].metric == stats::Metric::auroc) bound_separation(scores[column], mean);
            }
        }
    }

    /// The interval around the stored value.
    void take_interval(stats::Bootstrap const& bootstrap, std::size_t column, std::size_t spec, Mean& mean) const
    {
        double const stored = mean.estimate.value;
        mean.estimate = bootstrap.interval(column, spec, stats::IntervalKind::percentile, grid_.level());
        mean.estimate.value = stored;
        auto const replicates = bootstrap.replicates(column, spec);
        mean.mc = stats::endpoint_range(replicates, grid_.level());
        mean.resampling = resampling_of(bootstrap, replicates, bootstrap.bca_constants(column, spec), mean.mc);
        mean.scope = "items";
    }

    /// Scores that separate the classes perfectly do so in every resample; a bound is left to say.
    void bound_separation(std::vector<double> const& scores, Mean& mean) const
    {
        if (mean.estimate.status != stats::Status::degenerate) return;
        auto const table = grid_.items(set_, runs_[0]);
        std::span<double const> const columns[] = {scores};
        auto const bound = stats::delong_interval(stats::delong(columns, table.is_noisy), 0, grid_.level());
        if (bound.note != "perfect_separation") return;
        mean.estimate = bound;
        mean.mc = {};
        mean.resampling = {};
    }

    GridView const& grid_;
    std::size_t condition_, arm_, set_;
    std::vector<std::size_t> const& methods_;
    std::vector<std::size_t> const& metrics_;
    std::vector<std::size_t> runs_;
    std::vector<std::vector<Mean>> means_;
};

}  // namespace

std::vector<std::vector<Mean>> cell_means(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set,
                                          std::vector<std::size_t> const& methods,
                                          std::vector<std::size_t> const& metrics, int threads)
{
    return CellMeans(grid, condition, arm, set, methods, metrics).make(threads);
}

}  // namespace ablatrix::report::detail
