#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/stats/estimate.hpp>
#include <ablatrix/stats/share.hpp>

/// \file
/// Bootstrap of many score columns at once (Efron 1979; Davison and Hinkley 1997).
///
/// All columns, metrics and arms of one frame share the resamples, so differences are paired. Scores are sorted once;
/// a resample is a vector of repetition counts, and 32 of them are evaluated in one walk over a column. Replicate b
/// depends on (seed, frame, b) only: not on threads, the number of columns, or how many replicates are asked for.

namespace ablatrix::stats {

namespace detail {
struct UnitLayout;
class SeedModel;
}  // namespace detail

/// What is drawn with replacement.
enum class Unit : std::uint8_t
{
    item,         ///< n of n items
    item_strat,   ///< within each class; the default without groups
    group,        ///< whole groups (speaker, document); every copy brings all its rows
    group_strat,  ///< groups within each class; needs groups of one class each; the default with groups
};

/// What happens to the seeds (training repetitions) in a resample.
enum class Seeds : std::uint8_t
{
    fixed,    ///< kept as they are; all seeds score the same items and share the draw. Scope "items"
    crossed,  ///< S of S seeds and, once per replicate, the shared items (pigeonhole bootstrap, Owen 2007)
    nested,   ///< S of S seeds, a fresh draw of that seed's own items for each
};

enum class Weighting : std::uint8_t
{
    multinomial,
    poisson
};

enum class Metric : std::uint8_t
{
    auroc,
    average_precision,
    tnr_at_95_tpr,
    precision_at,  ///< among the share \p MetricSpec::K of the items, see AtK
    recall_at,
    f1_at,
    mean,           ///< of the column's values: accuracy of 0/1 correctness, Brier of squared errors
    balanced_mean,  ///< mean over classes of the class's mean: balanced accuracy of 0/1 correctness
};

struct MetricSpec
{
    Metric metric = Metric::auroc;
    double K = 0.1;  ///< for the *_at metrics only, in (0, 1]
};

enum class IntervalKind : std::uint8_t
{
    percentile,
    basic,
    bca
};

std::string_view name_of(Unit unit);
std::string_view name_of(Seeds seeds);
std::string_view name_of(Metric metric);
std::string_view name_of(IntervalKind kind);

/// Items and score columns of one seed, in canonical order: ascending item id, so that file order never matters.
struct SeedItems
{
    std::span<std::uint8_t const> label;           ///< 0/1 for ranking metrics, any class code for the means
    std::span<std::int32_t const> group;           ///< empty: no groups; codes ascend with the canonical group order
    std::vector<std::span<double const>> columns;  ///< [column][item], the same columns for every seed
};

struct BootstrapOptions
{
    std::string frame;  ///< "dataset/split": equal frames share resamples
    std::uint64_t seed = 42;
    std::size_t resamples = 10000;
    Unit unit = Unit::item_strat;
    Seeds seeds = Seeds::fixed;
    Weighting weighting = Weighting::multinomial;  ///< poisson: Unit::item only
    bool acceleration = false;                     ///< prepare BCa, and note `skewed` intervals; fixed seeds only
    int threads = 1;
    Share share;  ///< processes that resample together; results do not depend on it
};

/// Values of every metric on the sample and on every resample. The multi-seed value is the mean over seeds.
class Bootstrap
{
  public:
    /// A column with NaN or infinite values is marked invalid and the others go on.
    /// \throws Error on unequal lengths, labels other than 0/1 for a ranking metric, seeds of unequal items unless
    ///         nested, groups missing or of several classes where the unit needs otherwise
    Bootstrap(std::span<SeedItems const> seeds, std::span<MetricSpec const> metrics, BootstrapOptions options);

    std::size_t columns() const noexcept { return n_columns_; }
    std::size_t resamples() const noexcept { return options_.resamples; }
    BootstrapOptions const& options() const noexcept { return options_; }

    /// On the sample itself: mean over seeds, NaN when undefined for a seed.
    double value(std::size_t column, std::size_t metric) const { return values_[place(column, metric)]; }
    std::span<double const> seed_values(std::size_t column, std::size_t metric) const;
    /// One value per resample; NaN where the metric is undefined.
    std::span<double const> replicates(std::size_t column, std::size_t metric) const;

    Estimate interval(std::size_t column, std::size_t metric, IntervalKind kind = IntervalKind::percentile,
                      double level = 0.95) const;
    /// Of the paired difference: value of column \p a minus value of column \p b on the same resamples.
    Estimate difference(std::size_t a, std::size_t b, std::size_t metric, IntervalKind kind = IntervalKind::percentile,
                        double level = 0.95) const;
    /// Approximate two-sided p of "no difference" (min tail of the resampled differences): for metrics without a test.
    Test difference_test(std::size_t a, std::size_t b, std::size_t metric) const;

    /// Bias correction z0 and acceleration of the BCa interval of one column (difference: \p b given).
    struct Bca
    {
        double z0, acceleration;
    };
    Bca bca_constants(std::size_t column, std::size_t metric) const;
    Bca bca_constants(std::size_t a, std::size_t b, std::size_t metric) const;

  private:
    struct Series;
    void leave_out(std::span<SeedItems const> seeds, std::vector<detail::UnitLayout> const& layouts,
                   std::vector<detail::SeedModel> const& models);
    Series series_of(std::size_t column, std::size_t metric) const;
    Series series_of(std::size_t a, std::size_t b, std::size_t metric) const;
    Estimate interval_of(Series const& series, IntervalKind kind, double level) const;
    Bca constants_of(Series const& series) const;
    static bool is_skewed(Bca const& bca);
    double acceleration_of(Series const& series) const;
    std::size_t place(std::size_t column, std::size_t metric) const;
    std::string method_name(IntervalKind kind) const;

    BootstrapOptions options_;
    std::vector<MetricSpec> metrics_;
    std::size_t n_columns_ = 0;
    std::size_t n_seeds_ = 0;
    std::size_t fewest_units_ = 0;               // in a stratum; for groups in a class; of any seed
    std::vector<std::uint32_t> stratum_size_;    // units, of the first seed
    std::vector<std::uint8_t> invalid_;          // per column
    std::vector<double> values_;                 // [column][metric]
    std::vector<double> seed_values_;            // [column][metric][seed]
    std::vector<double> replicates_;             // [column][metric][resample]
    std::vector<std::vector<double>> left_out_;  // [column * metric]: value without unit u; empty when not smooth
};

/// Where the ends of a percentile interval would lie with another draw of resamples: 95 % ranges from order statistics.
/// A threshold inside a range is not decided by these resamples.
struct EndpointRange
{
    double low_from = undefined_value;
    double low_to = undefined_value;
    double high_from = undefined_value;
    double high_to = undefined_value;
};
/// \p replicates as from Bootstrap::replicates(); undefined ones are left out. NaN when there are too few.
EndpointRange endpoint_range(std::span<double const> replicates, double level = 0.95);

/// item_strat, or with groups group_strat when every group has one class, else group.
Unit default_unit(SeedItems const& items);

}  // namespace ablatrix::stats
