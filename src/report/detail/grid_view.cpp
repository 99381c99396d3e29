#include "grid_view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/config/node.hpp>
#include <ablatrix/config/reader.hpp>

namespace ablatrix::report::detail {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::size_t position_of(std::vector<std::string> const& names, std::string const& name, std::string const& what)
{
    auto const found = std::find(names.begin(), names.end(), name);
    ABLATRIX_VALIDATE(found != names.end(), "unknown " + what + " '" + name + "'." +
                                                base::did_you_mean_hint(name, names) +
                                                " There are: " + base::join(names, ", ") + ".");
    return static_cast<std::size_t>(found - names.begin());
}

std::size_t add_once(std::vector<std::string>& names, std::string const& name)
{
    auto const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) names.push_back(name);
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

double mean_or_nan(std::vector<double> const& values)
{
    if (values.empty()) return nan;
    double sum = 0;
    for (double const value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

}  // namespace

GridView::GridView(store::ResultFile const& file, std::vector<std::string> const& by)
    : file_(&file), statuses_(file.run_statuses()), by_(by)
{
    read_conventions();
    find_cells();
}

std::string GridView::fact(std::string const& key) const
{
    auto const& facts = file_->provenance().facts;
    auto const found = facts.find(key);
    return found == facts.end() ? std::string{} : found->second;
}

GridView GridView::with_statistics(double level, std::size_t resamples) const
{
    GridView copy = *this;
    copy.level_ = level;
    copy.resamples_ = resamples;
    return copy;
}

void GridView::read_conventions()
{
    seed_axis_ = fact("seed_axis").empty() ? "seed" : fact("seed_axis");
    auto const experiment = config::parse_yaml(file_->provenance().experiment_yaml, "result file");
    if (auto const* statistics = experiment.find("statistics")) {
        config::Reader reader(*statistics, "statistics");
        level_ = reader.get("level", level_);
        resamples_ = static_cast<std::size_t>(reader.integer("resamples", 10000, 1, 100000000));
        statistics_seed_ = static_cast<std::uint64_t>(reader.get("seed", std::int64_t{42}));
    }
}

void GridView::find_cells()
{
    auto const& axes = layout().axes;
    std::vector<std::string> condition_axes;
    for (auto const& axis : axes) {
        if (axis.name != seed_axis_ && axis.name != layout().arm_axis) condition_axes.push_back(axis.name);
    }
    if (by_.empty()) by_ = condition_axes;
    std::vector<std::size_t> by_index;
    for (auto const& name : by_) {
        position_of(condition_axes, name, "condition axis");
        for (std::size_t i = 0; i < axes.size(); ++i) {
            if (axes[i].name == name) by_index.push_back(i);
        }
    }

    auto const n_runs = static_cast<std::size_t>(layout().n_runs);
    std::vector<std::size_t> seed_of(n_runs), arm_of(n_runs), condition_of(n_runs);
    std::map<std::vector<std::string>, std::size_t> known;
    for (std::size_t run = 0; run < n_runs; ++run) {
        std::string seed = "-";
        std::string arm;
        for (auto const& axis : axes) {
            if (axis.name == seed_axis_) seed = axis.value_of_run[run];
            if (!layout().arm_axis.empty() && axis.name == layout().arm_axis) arm = axis.value_of_run[run];
        }
        seed_of[run] = add_once(seeds_, seed);
        arm_of[run] = add_once(arms_, arm);
        std::vector<std::string> values;
        for (auto const i : by_index)
            values.push_back(axes[i].value_of_run[run]);
        auto const [place, is_new] = known.emplace(values, conditions_.size());
        if (is_new) conditions_.push_back({values, "", "", ""});
        condition_of[run] = place->second;
    }
    cells_.resize(conditions_.size() * arms_.size() * seeds_.size());
    for (std::size_t run = 0; run < n_runs; ++run)
        cells_[cell(condition_of[run], arm_of[run], seed_of[run])].push_back(run);

    for (auto& condition : conditions_) {
        for (std::size_t i = 0; i < by_.size(); ++i) {
            bool const varies = std::any_of(conditions_.begin(), conditions_.end(), [&](Condition const& other) {
                return other.values[i] != condition.values[i];
            });
            if (!varies) continue;
            condition.short_label += (condition.short_label.empty() ? "" : " ") + condition.values[i];
            condition.heading += (condition.heading.empty() ? "" : "\n") + condition.values[i];
            condition.label += (condition.label.empty() ? "" : ", ") + by_[i] + " " + condition.values[i];
        }
        if (condition.label.empty()) condition.label = condition.short_label = condition.heading = "all runs";
    }

    std::string const wanted = fact("baseline_arm");
    if (!wanted.empty() && std::find(arms_.begin(), arms_.end(), wanted) != arms_.end()) baseline_ = arm_index(wanted);
}

std::size_t GridView::arm_index(std::string const& name) const
{
    return position_of(arms_, name, "arm");
}

std::vector<std::size_t> const& GridView::runs(std::size_t condition, std::size_t arm, std::size_t seed) const
{
    return cells_[cell(condition, arm, seed)];
}

std::string GridView::run_label(std::size_t run) const
{
    std::string label;
    for (auto const& axis : layout().axes)
        label += (label.empty() ? "" : " ") + axis.name + "=" + axis.value_of_run[run];
    return label;
}

std::vector<double> const& GridView::metrics_of(std::size_t set, std::size_t run) const
{
    auto const key = std::make_pair(set, run);
    auto const found = metrics_.find(key);
    if (found != metrics_.end()) return found->second;
    return metrics_.emplace(key, file_->read_metrics(set, run)).first->second;
}

std::vector<double> GridView::seed_values(std::size_t condition, std::size_t arm, std::size_t set, std::size_t method,
                                          std::size_t metric) const
{
    auto const& items = layout().item_sets[set];
    std::vector<double> values;
    for (std::size_t seed = 0; seed < seeds_.size(); ++seed) {
        std::vector<double> of_runs;
        for (auto const run : runs(condition, arm, seed)) {
            bool const has = is_done(run) && items.column_at(run, method) >= 0;
            of_runs.push_back(has ? metrics_of(set, run)[method * items.metrics.size() + metric] : nan);
        }
        values.push_back(mean_or_nan(of_runs));
    }
    return values;
}

std::vector<double> GridView::seed_scalars(std::size_t condition, std::size_t arm, std::size_t scalar) const
{
    std::vector<double> values;
    for (std::size_t seed = 0; seed < seeds_.size(); ++seed) {
        std::vector<double> of_runs;
        for (auto const run : runs(condition, arm, seed))
            of_runs.push_back(is_done(run) ? file_->read_run(run).scalars[scalar] : nan);
        values.push_back(mean_or_nan(of_runs));
    }
    return values;
}

std::size_t GridView::planned_seeds(std::size_t condition, std::size_t arm) const
{
    std::size_t count = 0;
    for (std::size_t seed = 0; seed < seeds_.size(); ++seed)
        count += runs(condition, arm, seed).empty() ? 0 : 1;
    return count;
}

bool GridView::has_method(std::size_t arm, std::size_t set, std::size_t method) const
{
    auto const& items = layout().item_sets[set];
    for (std::size_t condition = 0; condition < conditions_.size(); ++condition) {
        for (std::size_t seed = 0; seed < seeds_.size(); ++seed) {
            for (auto const run : runs(condition, arm, seed)) {
                if (items.column_at(run, method) >= 0) return true;
            }
        }
    }
    return false;
}

bool GridView::differs(std::size_t set, std::size_t method, std::size_t arm_a, std::size_t arm_b) const
{
    auto const& items = layout().item_sets[set];
    for (std::size_t condition = 0; condition < conditions_.size(); ++condition) {
        for (std::size_t seed = 0; seed < seeds_.size(); ++seed) {
            auto const& left = runs(condition, arm_a, seed);
            auto const& right = runs(condition, arm_b, seed);
            for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
                if (items.column_at(left[i], method) != items.column_at(right[i], method)) return true;
            }
        }
    }
    return false;
}

bool GridView::depends_on_arm(std::size_t set, std::size_t method) const
{
    for (std::size_t arm = 1; arm < arms_.size(); ++arm) {
        if (differs(set, method, 0, arm)) return true;
    }
    return false;
}

std::ptrdiff_t GridView::item_run(std::size_t condition, std::size_t arm, std::size_t seed, std::size_t set,
                                  std::size_t method) const
{
    auto const& cell_runs = runs(condition, arm, seed);
    auto const& items = layout().item_sets[set];
    if (cell_runs.size() != 1 || !is_done(cell_runs[0])) return -1;
    if (items.column_at(cell_runs[0], method) < 0) return -1;
    if (!has_numbers(set, cell_runs[0], method)) return -1;
    return static_cast<std::ptrdiff_t>(cell_runs[0]);
}

bool GridView::has_numbers(std::size_t set, std::size_t run, std::size_t method) const
{
    auto const& items = layout().item_sets[set];
    if (items.kind != store::ColumnKind::score) return true;
    auto const column = static_cast<std::size_t>(items.column_at(run, method));
    auto const found = has_numbers_.find({set, column});
    if (found != has_numbers_.end()) return found->second;
    auto const values = file_->read_column(set, column).scores;
    bool const all = std::all_of(values.begin(), values.end(), [](double score) { return std::isfinite(score); });
    return has_numbers_[{set, column}] = all;
}

GridView::SampleSize GridView::sample_size(std::size_t set, std::size_t run) const
{
    auto const truth = static_cast<std::size_t>(layout().item_sets[set].truth_of_run[run]);
    auto const found = sample_sizes_.find({set, truth});
    if (found != sample_sizes_.end()) return found->second;
    auto const values = file_->read_truth(set, truth);
    SampleSize size;
    for (std::size_t i = 0; i < values.item.size(); ++i) {
        bool const counts = is_judged(set, values, i);
        size.items += counts ? 1 : 0;
        size.noisy += counts && values.is_noisy[i] == 1 ? 1 : 0;
        size.unknown += counts ? 0 : 1;
    }
    return sample_sizes_[{set, truth}] = size;
}

bool GridView::is_judged(std::size_t set, store::Truth const& truth, std::size_t item) const
{
    return layout().item_sets[set].kind != store::ColumnKind::prediction || truth.clean[item] >= 0;
}

std::vector<std::size_t> GridView::canonical_order(std::size_t set, std::size_t truth) const
{
    auto const values = file_->read_truth(set, truth);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.item.size(); ++i) {
        if (is_judged(set, values, i)) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values.item[a] < values.item[b]; });
    return order;
}

ItemTable GridView::items(std::size_t set, std::size_t run) const
{
    auto const truth = static_cast<std::size_t>(layout().item_sets[set].truth_of_run[run]);
    auto const values = file_->read_truth(set, truth);
    ItemTable table;
    for (auto const i : canonical_order(set, truth)) {
        table.item.push_back(values.item[i]);
        table.clean.push_back(values.clean[i]);
        table.is_noisy.push_back(values.is_noisy[i]);
    }
    return table;
}

template <typename T>
std::vector<T> GridView::column_values(std::size_t set, std::size_t run, std::size_t method,
                                       std::vector<T> store::Column::*values) const
{
    auto const& items = layout().item_sets[set];
    auto const column = file_->read_column(set, static_cast<std::size_t>(items.column_at(run, method)));
    std::vector<T> out;
    for (auto const i : canonical_order(set, static_cast<std::size_t>(items.truth_of_run[run])))
        out.push_back((column.*values)[i]);
    return out;
}

std::vector<double> GridView::scores(std::size_t set, std::size_t run, std::size_t method) const
{
    return column_values(set, run, method, &store::Column::scores);
}

std::vector<std::int32_t> GridView::predictions(std::size_t set, std::size_t run, std::size_t method) const
{
    return column_values(set, run, method, &store::Column::predictions);
}

std::vector<double> GridView::confidences(std::size_t set, std::size_t run, std::size_t method) const
{
    if (!layout().item_sets[set].has_confidence) return {};
    return column_values(set, run, method, &store::Column::confidence);
}

std::vector<std::uint8_t> GridView::correctness(std::size_t set, std::size_t run, std::size_t method) const
{
    auto const& layout_of_set = layout().item_sets[set];
    auto const table = items(set, run);
    std::size_t const n = table.item.size();
    std::vector<std::uint8_t> correct(n, 0);
    if (layout_of_set.kind == store::ColumnKind::prediction) {
        auto const predicted = predictions(set, run, method);
        for (std::size_t i = 0; i < n; ++i)
            correct[i] = predicted[i] == table.clean[i] ? 1 : 0;
        return correct;
    }
    auto const values = scores(set, run, method);
    std::vector<std::size_t> ranked(n);
    std::iota(ranked.begin(), ranked.end(), std::size_t{0});
    std::stable_sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    std::size_t const n_noisy =
        static_cast<std::size_t>(std::count(table.is_noisy.begin(), table.is_noisy.end(), std::uint8_t{1}));
    for (std::size_t rank = 0; rank < n; ++rank) {
        bool const is_flagged = rank < n_noisy;
        correct[ranked[rank]] = is_flagged == (table.is_noisy[ranked[rank]] == 1) ? 1 : 0;
    }
    return correct;
}

std::string GridView::primary_metric(std::size_t set) const
{
    auto const& items = layout().item_sets[set];
    std::string const chosen = fact("primary_metric." + items.name);
    if (std::find(items.metrics.begin(), items.metrics.end(), chosen) != items.metrics.end()) return chosen;
    return items.metrics.empty() ? "" : items.metrics.front();
}

std::size_t GridView::metric_index(std::size_t set, std::string const& name) const
{
    return position_of(layout().item_sets[set].metrics, name, "metric");
}

}  // namespace ablatrix::report::detail
