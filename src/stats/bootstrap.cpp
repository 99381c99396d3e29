#include <ablatrix/stats/bootstrap.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"
#include "detail/seed_model.hpp"

namespace ablatrix::stats {

namespace {

using detail::equality_tolerance;
using detail::LaneJob;
using detail::Lanes;
using detail::lanes;
using detail::SeedModel;
using detail::UnitCounts;
using detail::UnitLayout;

constexpr std::size_t most_items = std::size_t{1} << 27;

void check_items(SeedItems const& items, std::size_t columns, std::span<MetricSpec const> metrics)
{
    std::size_t const n = items.label.size();
    ABLATRIX_VALIDATE(n > 0, "a seed has no items. Leave it out");
    ABLATRIX_VALIDATE(n < most_items, "too many items for one frame");
    ABLATRIX_VALIDATE(items.columns.size() == columns, "seeds have different numbers of columns");
    ABLATRIX_VALIDATE(items.group.empty() || items.group.size() == n, "groups and labels differ in length");
    for (std::span<double const> const column : items.columns) {
        ABLATRIX_VALIDATE(column.size() == n, std::to_string(column.size()) + " values in a column for " +
                                                  std::to_string(n) + " items. Join columns by item first");
    }
    bool const ranking = std::any_of(metrics.begin(), metrics.end(),
                                     [](MetricSpec const& spec) { return detail::is_ranking(spec.metric); });
    bool const binary = std::all_of(items.label.begin(), items.label.end(), [](std::uint8_t y) { return y <= 1; });
    ABLATRIX_VALIDATE(!ranking || binary, "labels other than 0 and 1 in a ranking metric");
}

void check_options(BootstrapOptions const& options, std::span<MetricSpec const> metrics)
{
    ABLATRIX_VALIDATE(options.resamples > 0, "a bootstrap needs at least one resample");
    bool const plain = options.unit == Unit::item && options.seeds != Seeds::nested;
    ABLATRIX_VALIDATE(options.weighting == Weighting::multinomial || plain,
                      "Poisson weights are defined for unstratified items only. Use Unit::item");
    ABLATRIX_EXPECT(!options.acceleration || options.seeds == Seeds::fixed);
    for (MetricSpec const& spec : metrics) {
        ABLATRIX_VALIDATE(spec.K > 0 && spec.K <= 1, "the share K = " + std::to_string(spec.K) + " is not in (0, 1]");
    }
}

void draw_counts(UnitLayout const& layout, Weighting weighting, std::uint64_t key, Lanes<LaneJob> const& jobs,
                 std::span<UnitCounts> counts)
{
    if (weighting == Weighting::poisson) {
        detail::draw_poisson(key, jobs, counts);
    }
    else {
        detail::draw_multinomial(layout, key, jobs, counts);
    }
}

/// Which seed each slot of each resample holds, [resample][slot]; the plain order when seeds are fixed.
std::vector<std::uint32_t> draw_seeds(BootstrapOptions const& options, std::uint64_t key, std::size_t n_seeds)
{
    auto const S = static_cast<std::uint32_t>(n_seeds);
    std::vector<std::uint32_t> seeds(options.resamples * n_seeds);
    for (std::size_t b = 0; b < options.resamples; ++b) {
        detail::Place const place{static_cast<std::uint32_t>(b), 0, detail::Purpose::seed};
        for (std::uint32_t t = 0; t < S; ++t) {
            bool const fixed = options.seeds == Seeds::fixed;
            seeds[b * n_seeds + t] = fixed ? t : detail::draw_below(key, place, t, S);
        }
    }
    return seeds;
}

/// Everything the replicates are made from.
struct Plan
{
    BootstrapOptions const& options;
    std::uint64_t key;
    std::vector<UnitLayout> const& layouts;  // one, or one per seed when nested
    std::vector<SeedModel> const& models;
    std::vector<std::uint32_t> seed_of_slot;  // [resample][slot]
    std::size_t series;                       // columns * metrics
};

/// Completes values[series][place] of which this process computed the places that \p owner gives it.
void hear_others(Share const& share, std::size_t places, std::function<std::size_t(std::size_t)> const& owner,
                 std::vector<double>& values)
{
    if (share.ranks < 2) return;
    std::vector<std::vector<std::size_t>> places_of(share.ranks);
    for (std::size_t i = 0; i < values.size(); ++i)
        places_of[owner(i % places)].push_back(i);
    std::vector<double> mine;
    for (auto const i : places_of[share.rank])
        mine.push_back(values[i]);
    std::string text(mine.size() * sizeof(double), '\0');
    std::memcpy(text.data(), mine.data(), text.size());
    auto const texts = share.gather_all(text);
    ABLATRIX_EXPECT(texts.size() == share.ranks);
    for (std::size_t rank = 0; rank < share.ranks; ++rank) {
        ABLATRIX_EXPECT(texts[rank].size() == places_of[rank].size() * sizeof(double));
        for (std::size_t i = 0; i < places_of[rank].size(); ++i)
            std::memcpy(&values[places_of[rank][i]], texts[rank].data() + i * sizeof(double), sizeof(double));
    }
}

/// All seeds share a resample of the items; replicates[series][resample].
void run_shared(Plan const& plan, std::vector<double>& replicates)
{
    std::size_t const B = plan.options.resamples;
    std::size_t const S = plan.models.size();
    auto const& share = plan.options.share;
    base::parallel_for((B + lanes - 1) / lanes, plan.options.threads, [&](std::size_t block) {
        if (!share.has_block(block)) return;
        Lanes<LaneJob> jobs;
        for (std::size_t i = 0; i < lanes; ++i)
            jobs[i] = {static_cast<std::uint32_t>(block * lanes + i), 0};
        std::size_t const used = std::min(lanes, B - block * lanes);
        std::vector<UnitCounts> counts(plan.layouts[0].units);
        draw_counts(plan.layouts[0], plan.options.weighting, plan.key, jobs, counts);

        std::vector<Lanes<double>> sums(plan.series, Lanes<double>{});
        std::vector<Lanes<double>> values(plan.series);
        for (std::size_t s = 0; s < S; ++s) {
            Lanes<double> times{};
            for (std::size_t i = 0; i < used; ++i) {
                std::uint32_t const* slots = plan.seed_of_slot.data() + (block * lanes + i) * S;
                times[i] = static_cast<double>(std::count(slots, slots + S, static_cast<std::uint32_t>(s)));
            }
            plan.models[s].evaluate(counts, values);
            for (std::size_t k = 0; k < plan.series; ++k) {
                for (std::size_t i = 0; i < lanes; ++i) {
                    if (times[i] > 0) sums[k][i] += times[i] * values[k][i];
                }
            }
        }
        for (std::size_t k = 0; k < plan.series; ++k) {
            for (std::size_t i = 0; i < used; ++i) {
                replicates[k * B + block * lanes + i] = sums[k][i] / static_cast<double>(S);
            }
        }
    });
    hear_others(
        share, B, [&](std::size_t b) { return b / lanes % share.ranks; }, replicates);
}

/// Every slot draws items of its own seed. Slots that hold the same seed are packed into blocks of lanes, whatever
/// resample they belong to; then the slots of a resample are averaged.
void run_nested(Plan const& plan, std::vector<double>& replicates)
{
    struct Block
    {
        std::size_t seed;
        Lanes<LaneJob> jobs;
        std::size_t used;
    };
    std::size_t const B = plan.options.resamples;
    std::size_t const S = plan.models.size();
    std::vector<Block> blocks;
    for (std::size_t s = 0; s < S; ++s) {
        std::size_t used = lanes;
        for (std::size_t slot = 0; slot < B * S; ++slot) {
            if (plan.seed_of_slot[slot] != s) continue;
            if (used == lanes) {
                blocks.push_back({s, {}, 0});
                used = 0;
            }
            blocks.back().jobs[used] = {static_cast<std::uint32_t>(slot / S), static_cast<std::uint32_t>(slot % S)};
            blocks.back().used = ++used;
        }
    }
    auto const& share = plan.options.share;
    std::vector<double> slots(plan.series * B * S);
    base::parallel_for(blocks.size(), plan.options.threads, [&](std::size_t n) {
        if (!share.has_block(n)) return;
        Block const& block = blocks[n];
        UnitLayout const& layout = plan.layouts[block.seed];
        std::vector<UnitCounts> counts(layout.units);
        draw_counts(layout, plan.options.weighting, plan.key, block.jobs, counts);
        std::vector<Lanes<double>> values(plan.series);
        plan.models[block.seed].evaluate(counts, values);
        for (std::size_t k = 0; k < plan.series; ++k) {
            for (std::size_t i = 0; i < block.used; ++i) {
                slots[(k * B + block.jobs[i].replicate) * S + block.jobs[i].slot] = values[k][i];
            }
        }
    });
    std::vector<std::size_t> owner_of_slot(B * S);
    for (std::size_t n = 0; n < blocks.size(); ++n) {
        for (std::size_t i = 0; i < blocks[n].used; ++i)
            owner_of_slot[blocks[n].jobs[i].replicate * S + blocks[n].jobs[i].slot] = n % share.ranks;
    }
    hear_others(
        share, B * S, [&](std::size_t slot) { return owner_of_slot[slot]; }, slots);
    for (std::size_t r = 0; r < plan.series * B; ++r) {
        double sum = 0;
        for (std::size_t t = 0; t < S; ++t)
            sum += slots[r * S + t];
        replicates[r] = sum / static_cast<double>(S);
    }
}

/// Values without each unit in turn, 32 units at a time; values[series][unit].
std::vector<std::vector<double>> leave_out_groups(SeedModel const& model, std::size_t units, std::size_t series,
                                                  int threads)
{
    std::vector<std::vector<double>> result(series, std::vector<double>(units));
    base::parallel_for((units + lanes - 1) / lanes, threads, [&](std::size_t block) {
        std::vector<UnitCounts> counts(units);
        for (std::size_t u = 0; u < units; ++u) {
            for (std::size_t i = 0; i < lanes; ++i)
                counts[u].lane[i] = u == block * lanes + i ? 0 : 1;
        }
        std::vector<Lanes<double>> values(series);
        model.evaluate(counts, values);
        for (std::size_t k = 0; k < series; ++k) {
            for (std::size_t i = 0; i < lanes && block * lanes + i < units; ++i) {
                result[k][block * lanes + i] = values[k][i];
            }
        }
    });
    return result;
}

}  // namespace

std::string_view name_of(Unit unit)
{
    switch (unit) {
        case Unit::item:
            return "item";
        case Unit::item_strat:
            return "item_strat";
        case Unit::group:
            return "group";
        case Unit::group_strat:
            return "group_strat";
    }
    return "unknown";
}

std::string_view name_of(Seeds seeds)
{
    switch (seeds) {
        case Seeds::fixed:
            return "fixed";
        case Seeds::crossed:
            return "crossed";
        case Seeds::nested:
            return "nested";
    }
    return "unknown";
}

std::string_view name_of(Metric metric)
{
    switch (metric) {
        case Metric::auroc:
            return "auroc";
        case Metric::average_precision:
            return "average_precision";
        case Metric::tnr_at_95_tpr:
            return "tnr_at_95_tpr";
        case Metric::precision_at:
            return "precision_at";
        case Metric::recall_at:
            return "recall_at";
        case Metric::f1_at:
            return "f1_at";
        case Metric::mean:
            return "mean";
        case Metric::balanced_mean:
            return "balanced_mean";
    }
    return "unknown";
}

std::string_view name_of(IntervalKind kind)
{
    switch (kind) {
        case IntervalKind::percentile:
            return "percentile";
        case IntervalKind::basic:
            return "basic";
        case IntervalKind::bca:
            return "bca";
    }
    return "unknown";
}

/// One value with its replicates: a column's metric, or the difference of two.
struct Bootstrap::Series
{
    double value = undefined_value;
    std::vector<double> replicates;  // defined ones only
    std::size_t undefined = 0;
    bool invalid = false;
    double lowest, highest;        // of the metric's range
    std::vector<double> left_out;  // empty when not smooth or not asked for
};

Bootstrap::Bootstrap(std::span<SeedItems const> seeds, std::span<MetricSpec const> metrics, BootstrapOptions options)
    : options_(std::move(options)), metrics_(metrics.begin(), metrics.end()), n_seeds_(seeds.size())
{
    ABLATRIX_VALIDATE(!seeds.empty(), "a bootstrap needs at least one seed");
    check_options(options_, metrics_);
    n_columns_ = seeds[0].columns.size();
    invalid_.assign(n_columns_, 0);
    for (SeedItems const& items : seeds) {
        check_items(items, n_columns_, metrics_);
        for (std::size_t k = 0; k < n_columns_; ++k) {
            if (!detail::all_finite(items.columns[k])) invalid_[k] = 1;
        }
    }

    bool const nested = options_.seeds == Seeds::nested;
    std::vector<UnitLayout> layouts;
    std::vector<SeedModel> models;
    for (SeedItems const& items : seeds) {
        UnitLayout layout = detail::lay_out(items, options_.unit);
        std::size_t const fewest = detail::fewest_units(items, layout);
        fewest_units_ = models.empty() ? fewest : std::min(fewest_units_, fewest);
        bool const shared = layouts.empty() || (layout.unit_of_item == layouts[0].unit_of_item &&
                                                layout.stratum_size == layouts[0].stratum_size);
        ABLATRIX_VALIDATE(nested || shared,
                          "seeds differ in their items, classes or groups and cannot share a resample. "
                          "Use Seeds::nested for own items, or Unit::item when only the classes differ");
        models.emplace_back(items, layout, metrics_, invalid_);
        layouts.push_back(std::move(layout));
    }
    stratum_size_ = layouts[0].stratum_size;

    std::size_t const series = n_columns_ * metrics_.size();
    seed_values_.resize(series * n_seeds_);
    values_.assign(series, 0.0);
    for (std::size_t s = 0; s < n_seeds_; ++s) {
        UnitCounts once;
        std::fill(std::begin(once.lane), std::end(once.lane), std::uint8_t{1});
        std::vector<UnitCounts> const counts(layouts[s].units, once);
        std::vector<Lanes<double>> values(series);
        models[s].evaluate(counts, values);
        for (std::size_t k = 0; k < series; ++k)
            seed_values_[k * n_seeds_ + s] = values[k][0];
        for (std::size_t k = 0; k < series; ++k)
            values_[k] += values[k][0] / static_cast<double>(n_seeds_);
    }

    std::uint64_t const key = detail::stream_key(options_.seed, options_.frame);
    replicates_.resize(series * options_.resamples);
    Plan const plan{options_, key, layouts, models, draw_seeds(options_, key, n_seeds_), series};
    if (nested) {
        run_nested(plan, replicates_);
    }
    else {
        run_shared(plan, replicates_);
    }
    if (options_.acceleration) leave_out(seeds, layouts, models);
}

/// Left-out values, averaged over seeds: a unit is left out of all of them at once.
void Bootstrap::leave_out(std::span<SeedItems const> seeds, std::vector<UnitLayout> const& layouts,
                          std::vector<SeedModel> const& models)
{
    std::size_t const M = metrics_.size();
    std::size_t const units = layouts[0].units;
    left_out_.assign(n_columns_ * M, {});
    for (std::size_t s = 0; s < n_seeds_; ++s) {
        std::vector<std::vector<double>> by_group;
        if (layouts[s].purpose == detail::Purpose::group) {
            by_group = leave_out_groups(models[s], units, n_columns_ * M, options_.threads);
        }
        for (std::size_t series = 0; series < n_columns_ * M; ++series) {
            Metric const metric = metrics_[series % M].metric;
            std::size_t const column = series / M;
            if (!detail::is_smooth(metric) || invalid_[column] != 0) continue;
            std::vector<double>& total = left_out_[series];
            total.resize(units, 0.0);
            if (!by_group.empty()) {
                for (std::size_t u = 0; u < units; ++u)
                    total[u] += by_group[series][u] / static_cast<double>(n_seeds_);
                continue;
            }
            std::vector<double> const items = detail::left_out_items(metric, seeds[s].columns[column], seeds[s].label);
            for (std::size_t i = 0; i < units; ++i) {
                total[layouts[s].unit_of_item[i]] += items[i] / static_cast<double>(n_seeds_);
            }
        }
    }
}

std::size_t Bootstrap::place(std::size_t column, std::size_t metric) const
{
    ABLATRIX_EXPECT(column < n_columns_ && metric < metrics_.size());
    return column * metrics_.size() + metric;
}

std::span<double const> Bootstrap::seed_values(std::size_t column, std::size_t metric) const
{
    return std::span(seed_values_).subspan(place(column, metric) * n_seeds_, n_seeds_);
}

std::span<double const> Bootstrap::replicates(std::size_t column, std::size_t metric) const
{
    return std::span(replicates_).subspan(place(column, metric) * options_.resamples, options_.resamples);
}

Bootstrap::Series Bootstrap::series_of(std::size_t column, std::size_t metric) const
{
    Series series;
    series.value = value(column, metric);
    series.invalid = invalid_[column] != 0;
    bool const bounded = metrics_[metric].metric != Metric::mean && metrics_[metric].metric != Metric::balanced_mean;
    series.lowest = bounded ? 0 : -std::numeric_limits<double>::infinity();
    series.highest = bounded ? 1 : std::numeric_limits<double>::infinity();
    for (double const v : replicates(column, metric)) {
        if (!std::isnan(v)) series.replicates.push_back(v);
    }
    series.undefined = options_.resamples - series.replicates.size();
    if (!left_out_.empty()) series.left_out = left_out_[place(column, metric)];
    return series;
}

Bootstrap::Series Bootstrap::series_of(std::size_t a, std::size_t b, std::size_t metric) const
{
    Series series;
    series.value = value(a, metric) - value(b, metric);
    series.invalid = invalid_[a] != 0 || invalid_[b] != 0;
    bool const bounded = metrics_[metric].metric != Metric::mean && metrics_[metric].metric != Metric::balanced_mean;
    series.highest = bounded ? 1 : std::numeric_limits<double>::infinity();
    series.lowest = -series.highest;
    std::span<double const> const left = replicates(a, metric);
    std::span<double const> const right = replicates(b, metric);
    for (std::size_t r = 0; r < left.size(); ++r) {
        double const difference = left[r] - right[r];
        if (!std::isnan(difference)) series.replicates.push_back(difference);
    }
    series.undefined = options_.resamples - series.replicates.size();
    if (left_out_.empty()) return series;
    series.left_out = left_out_[place(a, metric)];
    std::vector<double> const& other = left_out_[place(b, metric)];
    for (std::size_t u = 0; u < std::min(series.left_out.size(), other.size()); ++u)
        series.left_out[u] -= other[u];
    return series;
}

double Bootstrap::acceleration_of(Series const& series) const
{
    double cubes = 0;
    double squares = 0;
    std::size_t first = 0;
    for (std::uint32_t const size : stratum_size_) {
        auto const n = static_cast<double>(size);
        double mean = 0;
        for (std::size_t u = first; u < first + size; ++u)
            mean += series.left_out[u];
        mean /= n;
        for (std::size_t u = first; u < first + size; ++u) {
            double const U = (n - 1) * (mean - series.left_out[u]);
            cubes += U * U * U / (n * n * n);
            squares += U * U / (n * n);
        }
        first += size;
    }
    // A trace of rounding is no spread.
    if (squares <= 1e-28) return 0;
    return cubes / (6 * squares * std::sqrt(squares));
}

Bootstrap::Bca Bootstrap::constants_of(Series const& series) const
{
    ABLATRIX_EXPECT(options_.acceleration);
    Bca constants{undefined_value, undefined_value};
    if (series.left_out.empty() || series.replicates.empty()) return constants;
    double const tolerance = equality_tolerance(series.value);
    double below = 0;
    for (double const v : series.replicates) {
        if (std::abs(v - series.value) <= tolerance) {
            below += 0.5;
        }
        else if (v < series.value) {
            below += 1;
        }
    }
    double const share = below / static_cast<double>(series.replicates.size());
    if (share > 0 && share < 1) constants.z0 = detail::normal_quantile(share);
    constants.acceleration = acceleration_of(series);
    return constants;
}

bool Bootstrap::is_skewed(Bca const& bca)
{
    return std::abs(bca.acceleration) > 0.05 || std::abs(bca.z0) > 0.25;
}

std::string Bootstrap::method_name(IntervalKind kind) const
{
    std::string name = "boot.";
    if (options_.weighting == Weighting::poisson) name += "poisson.";
    if (options_.seeds != Seeds::fixed) name += std::string(name_of(options_.seeds)) + ".";
    name += std::string(name_of(options_.unit)) + "." + std::string(name_of(kind));
    return name;
}

Estimate Bootstrap::interval_of(Series const& series, IntervalKind kind, double level) const
{
    ABLATRIX_EXPECT(level > 0 && level < 1);
    Estimate estimate;
    estimate.value = series.value;
    estimate.level = level;
    estimate.method = method_name(kind);
    if (series.invalid) {
        estimate.status = Status::invalid_input;
        return estimate;
    }
    if (std::isnan(series.value)) return estimate;
    std::vector<double> sorted = series.replicates;
    std::sort(sorted.begin(), sorted.end());
    bool const grouped = options_.unit == Unit::group || options_.unit == Unit::group_strat;
    bool const stratified = options_.unit == Unit::item_strat;
    bool const equal = sorted.empty() || sorted.back() - sorted.front() <= equality_tolerance(series.value);
    bool const single = (grouped || stratified) && fewest_units_ < 2;
    if (equal || single) {
        estimate.status = Status::degenerate;
        estimate.note = single ? (grouped ? "one_group" : "one_item_of_a_class") : "all_resamples_equal";
        return estimate;
    }

    double const tail = (1 - level) / 2;
    double low_p = tail;
    double high_p = 1 - tail;
    if (kind == IntervalKind::bca) {
        Bca const bca = constants_of(series);
        double const z = detail::normal_quantile(1 - tail);
        double const low_scale = 1 - bca.acceleration * (bca.z0 - z);
        double const high_scale = 1 - bca.acceleration * (bca.z0 + z);
        if (low_scale > 0 && high_scale > 0) {
            low_p = detail::normal_cdf(bca.z0 + (bca.z0 - z) / low_scale);
            high_p = detail::normal_cdf(bca.z0 + (bca.z0 + z) / high_scale);
        }
        else {
            estimate.method = method_name(IntervalKind::percentile);
            add_note(estimate.note, "bca_degenerate");
        }
    }
    if (options_.acceleration && is_skewed(constants_of(series))) add_note(estimate.note, "skewed");
    estimate.low = quantile(sorted, low_p);
    estimate.high = quantile(sorted, high_p);
    if (kind == IntervalKind::basic) {
        double const low = 2 * series.value - estimate.high;
        double const high = 2 * series.value - estimate.low;
        estimate.low = std::max(low, series.lowest);
        estimate.high = std::min(high, series.highest);
        if (estimate.low != low || estimate.high != high) add_note(estimate.note, "clipped");
    }

    bool const many_undefined = series.undefined * 100 > options_.resamples;
    bool const few_resamples = options_.resamples < 1000;
    estimate.status =
        many_undefined || few_resamples || (grouped && fewest_units_ < 5) ? Status::not_reliable : Status::ok;
    if (grouped && fewest_units_ < 10) add_note(estimate.note, "few_groups");
    if (many_undefined) add_note(estimate.note, "undefined_resamples");
    if (few_resamples) add_note(estimate.note, "few_resamples");
    if (options_.seeds != Seeds::fixed && n_seeds_ < 6) add_note(estimate.note, "few_seeds");
    return estimate;
}

Estimate Bootstrap::interval(std::size_t column, std::size_t metric, IntervalKind kind, double level) const
{
    return interval_of(series_of(column, metric), kind, level);
}

Estimate Bootstrap::difference(std::size_t a, std::size_t b, std::size_t metric, IntervalKind kind, double level) const
{
    return interval_of(series_of(a, b, metric), kind, level);
}

Bootstrap::Bca Bootstrap::bca_constants(std::size_t column, std::size_t metric) const
{
    return constants_of(series_of(column, metric));
}

Bootstrap::Bca Bootstrap::bca_constants(std::size_t a, std::size_t b, std::size_t metric) const
{
    return constants_of(series_of(a, b, metric));
}

Test Bootstrap::difference_test(std::size_t a, std::size_t b, std::size_t metric) const
{
    Series const series = series_of(a, b, metric);
    Estimate const judged = interval_of(series, IntervalKind::percentile, 0.95);
    Test test;
    test.method = method_name(IntervalKind::percentile);
    test.statistic = series.value;
    test.status = judged.status;
    test.note = judged.note;
    if (judged.status != Status::ok && judged.status != Status::not_reliable) return test;
    double const tolerance = equality_tolerance(series.value);
    std::size_t low = 0;
    std::size_t high = 0;
    for (double const v : series.replicates) {
        low += v <= tolerance ? 1 : 0;
        high += v >= -tolerance ? 1 : 0;
    }
    auto const B = static_cast<double>(series.replicates.size());
    test.p = std::min(1.0, 2 * (1 + static_cast<double>(std::min(low, high))) / (B + 1));
    test.p_min = 2 / (B + 1);
    add_note(test.note, "approximate");
    return test;
}

EndpointRange endpoint_range(std::span<double const> replicates, double level)
{
    ABLATRIX_EXPECT(level > 0 && level < 1);
    std::vector<double> sorted;
    for (double const v : replicates) {
        if (!std::isnan(v)) sorted.push_back(v);
    }
    std::sort(sorted.begin(), sorted.end());
    auto const B = static_cast<std::int64_t>(sorted.size());
    // The number of replicates below the true quantile is binomial.
    double const tail = (1 - level) / 2;
    std::int64_t const first = detail::binomial_quantile(0.025, B, tail);
    std::int64_t const last = detail::binomial_quantile(0.975, B, tail) + 1;
    EndpointRange range;
    if (first < 1 || last > B) return range;
    auto const at = [&](std::int64_t one_based) { return sorted[static_cast<std::size_t>(one_based - 1)]; };
    range.low_from = at(first);
    range.low_to = at(last);
    range.high_from = at(B + 1 - last);
    range.high_to = at(B + 1 - first);
    return range;
}

Unit default_unit(SeedItems const& items)
{
    if (items.group.empty()) return Unit::item_strat;
    ABLATRIX_VALIDATE(items.group.size() == items.label.size(), "groups and labels differ in length");
    std::vector<std::pair<std::int32_t, std::uint8_t>> pairs;
    for (std::size_t i = 0; i < items.label.size(); ++i)
        pairs.emplace_back(items.group[i], items.label[i]);
    std::sort(pairs.begin(), pairs.end());
    for (std::size_t i = 1; i < pairs.size(); ++i) {
        if (pairs[i].first == pairs[i - 1].first && pairs[i].second != pairs[i - 1].second) return Unit::group;
    }
    return Unit::group_strat;
}

}  // namespace ablatrix::stats
