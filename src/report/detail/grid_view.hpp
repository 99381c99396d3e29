#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/stats/share.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report::detail {

/// Runs that differ only in seed and arm (and in axes that the reader asked to average over).
struct Condition
{
    std::vector<std::string> values;  ///< per axis of GridView::by()
    std::string short_label;          ///< values of the axes that vary, "uniform 0.1"
    std::string heading;              ///< the same with one value a line, for the top of a column
    std::string label;                ///< "noise.type uniform, noise.rate 0.1"
};

/// One item's row of a run, in canonical order (ascending item id). A prediction can be judged only where the clean
/// label is known: without it the item is left out, here and in every column below.
struct ItemTable
{
    std::vector<std::int64_t> item;
    std::vector<std::int32_t> clean;
    std::vector<std::uint8_t> is_noisy;
};

/// The result file as a table of conditions x arms x seeds.
class GridView
{
  public:
    /// \throws Error for an axis that does not exist, with a did-you-mean
    GridView(store::ResultFile const& file, std::vector<std::string> const& by);

    store::ResultFile const& file() const { return *file_; }
    store::ResultLayout const& layout() const { return file_->layout(); }
    std::string fact(std::string const& key) const;

    std::vector<std::string> const& by() const { return by_; }
    std::vector<Condition> const& conditions() const { return conditions_; }
    std::vector<std::string> const& seeds() const { return seeds_; }
    /// At least one; a grid without arms has one arm "".
    std::vector<std::string> const& arms() const { return arms_; }
    bool has_arms() const { return arms_.size() > 1; }
    std::size_t baseline() const { return baseline_; }
    std::size_t arm_index(std::string const& name) const;

    /// Processes that resample together; all by itself unless said otherwise.
    void share_with(stats::Share share) { share_ = std::move(share); }
    stats::Share const& share() const { return share_; }

    double level() const { return level_; }
    std::size_t resamples() const { return resamples_; }
    std::uint64_t statistics_seed() const { return statistics_seed_; }
    /// The same grid, estimated at another level with another number of resamples.
    GridView with_statistics(double level, std::size_t resamples) const;

    /// Runs of one cell: one, or several when axes are averaged over.
    std::vector<std::size_t> const& runs(std::size_t condition, std::size_t arm, std::size_t seed) const;
    bool is_done(std::size_t run) const { return statuses_[run] == store::RunStatus::done; }
    std::vector<store::RunStatus> const& statuses() const { return statuses_; }
    std::string run_label(std::size_t run) const;

    /// Per seed, the mean over the cell's runs; NaN where a run is missing, lacks the method, or the metric is
    /// undefined.
    std::vector<double> seed_values(std::size_t condition, std::size_t arm, std::size_t set, std::size_t method,
                                    std::size_t metric) const;
    std::vector<double> seed_scalars(std::size_t condition, std::size_t arm, std::size_t scalar) const;
    /// Seeds that the grid plans for this cell.
    std::size_t planned_seeds(std::size_t condition, std::size_t arm) const;

    /// Whether any cell has the method in this arm.
    bool has_method(std::size_t arm, std::size_t set, std::size_t method) const;
    /// Whether two arms have different columns of this method anywhere.
    bool depends_on_arm(std::size_t set, std::size_t method) const;
    bool differs(std::size_t set, std::size_t method, std::size_t arm_a, std::size_t arm_b) const;

    /// The only run of a cell when it is done, has the method, and no score is NaN or infinite; -1 otherwise.
    std::ptrdiff_t item_run(std::size_t condition, std::size_t arm, std::size_t seed, std::size_t set,
                            std::size_t method) const;
    /// Whether the column of a run can be ranked: false when a score is NaN or infinite.
    bool has_numbers(std::size_t set, std::size_t run, std::size_t method) const;
    ItemTable items(std::size_t set, std::size_t run) const;
    /// Items of a run, how many of them are noisy, and how many were left out because their clean label is unknown.
    struct SampleSize
    {
        std::int64_t items = 0, noisy = 0, unknown = 0;
    };
    SampleSize sample_size(std::size_t set, std::size_t run) const;
    /// Scores of a method, in the order of items().
    std::vector<double> scores(std::size_t set, std::size_t run, std::size_t method) const;
    /// Predicted classes of a method, in the order of items().
    std::vector<std::int32_t> predictions(std::size_t set, std::size_t run, std::size_t method) const;
    /// Probability of each predicted class, in the order of items(); empty where the file has none.
    std::vector<double> confidences(std::size_t set, std::size_t run, std::size_t method) const;
    /// 0/1 per item: was the prediction the clean label; for scores, is "among the k most suspicious, k = number of
    /// noisy items" the same as being noisy (ties at the cut go to the smaller item id).
    std::vector<std::uint8_t> correctness(std::size_t set, std::size_t run, std::size_t method) const;

    std::string primary_metric(std::size_t set) const;
    std::size_t metric_index(std::size_t set, std::string const& name) const;

  private:
    void read_conventions();
    void find_cells();
    bool is_judged(std::size_t set, store::Truth const& truth, std::size_t item) const;
    std::vector<std::size_t> canonical_order(std::size_t set, std::size_t truth) const;
    /// One member of a column, in the order of items().
    template <typename T>
    std::vector<T> column_values(std::size_t set, std::size_t run, std::size_t method,
                                 std::vector<T> store::Column::*values) const;
    std::vector<double> const& metrics_of(std::size_t set, std::size_t run) const;
    std::size_t cell(std::size_t condition, std::size_t arm, std::size_t seed) const
    {
        return (condition * arms_.size() + arm) * seeds_.size() + seed;
    }

    store::ResultFile const* file_;
    std::vector<store::RunStatus> statuses_;
    std::string seed_axis_;
    std::vector<std::string> by_;
    std::vector<std::string> seeds_, arms_;
    std::size_t baseline_ = 0;
    double level_ = 0.95;
    std::size_t resamples_ = 10000;
    std::uint64_t statistics_seed_ = 42;
    stats::Share share_;
    std::vector<Condition> conditions_;
    std::vector<std::vector<std::size_t>> cells_;
    mutable std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> metrics_;
    mutable std::map<std::pair<std::size_t, std::size_t>, SampleSize> sample_sizes_;  ///< by set and truth
    mutable std::map<std::pair<std::size_t, std::size_t>, bool> has_numbers_;         ///< by set and column
};

}  // namespace ablatrix::report::detail
