#include "detail/seed_model.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/scores.hpp"

namespace ablatrix::stats::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_at_k(Metric metric)
{
    return metric == Metric::precision_at || metric == Metric::recall_at || metric == Metric::f1_at;
}

std::vector<std::uint8_t> distinct(std::span<std::uint8_t const> labels)
{
    std::set<std::uint8_t> const values(labels.begin(), labels.end());
    return {values.begin(), values.end()};
}

}  // namespace

bool is_ranking(Metric metric)
{
    return metric != Metric::mean && metric != Metric::balanced_mean;
}

bool is_smooth(Metric metric)
{
    return metric == Metric::auroc || metric == Metric::average_precision || !is_ranking(metric);
}

UnitLayout lay_out(SeedItems const& items, Unit unit)
{
    bool const grouped = unit == Unit::group || unit == Unit::group_strat;
    bool const stratified = unit == Unit::item_strat || unit == Unit::group_strat;
    std::size_t const n = items.label.size();
    ABLATRIX_VALIDATE(!grouped || items.group.size() == n,
                      "the resampling unit is a group but " + std::to_string(items.group.size()) + " of " +
                          std::to_string(n) + " items have one. Give every item a group, or resample items");
    // (stratum, canonical place) of every unit; the map's order numbers them.
    using UnitId = std::pair<int, std::int64_t>;
    std::map<UnitId, std::uint32_t> units;
    std::map<std::int64_t, std::uint8_t> class_of_group;
    std::vector<UnitId> id_of_item(n);
    for (std::size_t i = 0; i < n; ++i) {
        std::int64_t const place = grouped ? items.group[i] : static_cast<std::int64_t>(i);
        id_of_item[i] = {stratified ? items.label[i] : 0, place};
        units.emplace(id_of_item[i], 0);
        if (!grouped || !stratified) continue;
        bool const pure = class_of_group.emplace(place, items.label[i]).first->second == items.label[i];
        ABLATRIX_VALIDATE(pure, "group " + std::to_string(place) +
                                    " holds items of several classes and cannot be drawn within one. Use Unit::group");
    }
    UnitLayout layout;
    layout.purpose = grouped ? Purpose::group : Purpose::item;
    int stratum = -1;
    for (auto& [id, number] : units) {
        if (id.first != stratum || layout.stratum_size.empty()) layout.stratum_size.push_back(0);
        stratum = id.first;
        ++layout.stratum_size.back();
        number = static_cast<std::uint32_t>(layout.units++);
    }
    layout.unit_of_item.reserve(n);
    for (UnitId const& id : id_of_item)
        layout.unit_of_item.push_back(units.at(id));
    return layout;
}

std::size_t fewest_units(SeedItems const& items, UnitLayout const& layout)
{
    if (layout.purpose == Purpose::item) {
        return *std::min_element(layout.stratum_size.begin(), layout.stratum_size.end());
    }
    std::map<std::uint8_t, std::set<std::uint32_t>> groups;
    for (std::size_t i = 0; i < items.label.size(); ++i)
        groups[items.label[i]].insert(layout.unit_of_item[i]);
    std::size_t fewest = layout.units;
    for (auto const& [label, members] : groups)
        fewest = std::min(fewest, members.size());
    return fewest;
}

SeedModel::SeedModel(SeedItems const& items, UnitLayout const& layout, std::span<MetricSpec const> metrics,
                     std::span<std::uint8_t const> invalid)
    : metrics_(metrics.begin(), metrics.end()), classes_(distinct(items.label))
{
    for (MetricSpec const& spec : metrics_) {
        (is_ranking(spec.metric) ? ranks_ : means_) = true;
        average_precision_ |= spec.metric == Metric::average_precision;
        tnr_ |= spec.metric == Metric::tnr_at_95_tpr;
        if (is_at_k(spec.metric) && std::find(K_.begin(), K_.end(), spec.K) == K_.end()) K_.push_back(spec.K);
    }
    if (ranks_) classes_ = {0, 1};
    std::vector<std::vector<std::size_t>> rows(classes_.size());
    class_rows_.resize(classes_.size());
    for (std::size_t i = 0; i < items.label.size(); ++i) {
        auto const c = static_cast<std::size_t>(std::lower_bound(classes_.begin(), classes_.end(), items.label[i]) -
                                                classes_.begin());
        rows[c].push_back(i);
        class_rows_[c].push_back(layout.unit_of_item[i]);
    }
    for (std::size_t k = 0; k < items.columns.size(); ++k) {
        std::span<double const> const values = items.columns[k];
        Column column;
        column.invalid = invalid[k] != 0;
        if (ranks_ && !column.invalid) column.sorted = sort_column(values, items.label, layout.unit_of_item);
        column.binary = std::all_of(values.begin(), values.end(), [](double v) { return v == 0 || v == 1; });
        for (std::size_t c = 0; means_ && c < rows.size(); ++c) {
            ClassValues of_class;
            for (std::size_t const i : rows[c]) {
                if (column.binary && values[i] == 0) continue;
                of_class.units.push_back(layout.unit_of_item[i]);
                if (!column.binary) of_class.values.push_back(values[i]);
            }
            column.classes.push_back(std::move(of_class));
        }
        columns_.push_back(std::move(column));
    }
}

void SeedModel::evaluate(std::span<UnitCounts const> counts, std::span<Lanes<double>> values) const
{
    std::vector<Lanes<std::uint32_t>> totals;
    for (std::vector<std::uint32_t> const& rows : class_rows_)
        totals.push_back(sum_counts(rows, counts));
    PassResult scratch;
    for (std::size_t k = 0; k < columns_.size(); ++k) {
        std::span<Lanes<double>> const mine = values.subspan(k * metrics_.size(), metrics_.size());
        if (columns_[k].invalid) {
            for (Lanes<double>& value : mine)
                value.fill(nan);
            continue;
        }
        if (ranks_) evaluate_ranking(columns_[k], counts, totals[1], totals[0], scratch, mine);
        if (means_) evaluate_means(columns_[k], counts, totals, mine);
    }
}

void SeedModel::evaluate_ranking(Column const& column, std::span<UnitCounts const> counts,
                                 Lanes<std::uint32_t> const& P, Lanes<std::uint32_t> const& N, PassResult& scratch,
                                 std::span<Lanes<double>> values) const
{
    weighted_pass(column.sorted, counts, P, N, {average_precision_, tnr_, K_}, scratch);
    for (std::size_t m = 0; m < metrics_.size(); ++m) {
        Metric const metric = metrics_[m].metric;
        if (metric == Metric::auroc) values[m] = scratch.auroc;
        if (metric == Metric::average_precision) values[m] = scratch.average_precision;
        if (metric == Metric::tnr_at_95_tpr) values[m] = scratch.tnr;
        if (!is_at_k(metric)) continue;
        auto const h = static_cast<std::size_t>(std::find(K_.begin(), K_.end(), metrics_[m].K) - K_.begin());
        for (std::size_t i = 0; i < lanes; ++i) {
            double const hits = scratch.hits[h][i];
            double const k = scratch.k[h][i];
            double const positives = P[i];
            if (metric == Metric::precision_at) values[m][i] = hits / k;
            if (metric == Metric::recall_at) values[m][i] = positives > 0 ? hits / positives : nan;
            if (metric == Metric::f1_at) values[m][i] = 2 * hits / (k + positives);
        }
    }
}

void SeedModel::evaluate_means(Column const& column, std::span<UnitCounts const> counts,
                               std::span<Lanes<std::uint32_t> const> totals, std::span<Lanes<double>> values) const
{
    Lanes<double> sum{};
    Lanes<double> weight{};
    Lanes<double> balanced{};
    for (std::size_t c = 0; c < column.classes.size(); ++c) {
        ClassValues const& rows = column.classes[c];
        Lanes<double> of_class;
        if (column.binary) {
            Lanes<std::uint32_t> const ones = sum_counts(rows.units, counts);
            std::copy(ones.begin(), ones.end(), of_class.begin());
        }
        else {
            of_class = sum_products(rows.units, rows.values, counts);
        }
        for (std::size_t i = 0; i < lanes; ++i) {
            sum[i] += of_class[i];
            weight[i] += totals[c][i];
            balanced[i] += of_class[i] / totals[c][i];  // 0 / 0: a class without items leaves it undefined
        }
    }
    auto const n_classes = static_cast<double>(column.classes.size());
    for (std::size_t m = 0; m < metrics_.size(); ++m) {
        for (std::size_t i = 0; i < lanes; ++i) {
            if (metrics_[m].metric == Metric::mean) values[m][i] = sum[i] / weight[i];
            if (metrics_[m].metric == Metric::balanced_mean) values[m][i] = balanced[i] / n_classes;
        }
    }
}

std::vector<double> left_out_items(Metric metric, std::span<double const> column, std::span<std::uint8_t const> label)
{
    if (metric == Metric::auroc) return auroc_left_out(column, label);
    if (metric == Metric::average_precision) return average_precision_left_out(column, label);
    ABLATRIX_EXPECT(is_smooth(metric));
    struct Sum
    {
        double value = 0, n = 0;
    };
    std::map<std::uint8_t, Sum> classes;
    for (std::size_t i = 0; i < column.size(); ++i) {
        Sum& sum = classes[metric == Metric::mean ? std::uint8_t{0} : label[i]];
        sum.value += column[i];
        sum.n += 1;
    }
    double means = 0;
    for (auto const& [code, sum] : classes)
        means += sum.value / sum.n;
    std::vector<double> values(column.size());
    for (std::size_t i = 0; i < column.size(); ++i) {
        Sum const& sum = classes[metric == Metric::mean ? std::uint8_t{0} : label[i]];
        double const without = sum.n > 1 ? (sum.value - column[i]) / (sum.n - 1) : nan;
        values[i] = (means - sum.value / sum.n + without) / static_cast<double>(classes.size());
    }
    return values;
}

}  // namespace ablatrix::stats::detail
