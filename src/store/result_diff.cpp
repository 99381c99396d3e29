#include <bit>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::store {

namespace {

/// Collects differences up to the limit.
class Differences
{
  public:
    explicit Differences(std::size_t limit) : limit_(limit) {}

    bool full() const noexcept { return found_.size() >= limit_; }
    bool any() const noexcept { return !found_.empty(); }
    void add(std::string where, std::string left, std::string right)
    {
        if (!full()) found_.push_back({std::move(where), std::move(left), std::move(right)});
    }
    std::vector<Difference> take() { return std::move(found_); }

  private:
    std::size_t limit_;
    std::vector<Difference> found_;
};

bool same(double left, double right)
{
    return (left != left && right != right) ||
           std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right);
}
bool same(StageRow const& left, StageRow const& right)
{
    return left.kind == right.kind && left.fingerprint == right.fingerprint;
}
template <typename T>
bool same(T const& left, T const& right)
{
    return left == right;
}

std::string text_of(std::string const& value)
{
    return value;
}
std::string text_of(double value)
{
    return base::shortest(value);
}
std::string text_of(std::integral auto value)
{
    return std::to_string(value);
}
std::string text_of(base::Fingerprint const& value)
{
    return value.text();
}
std::string text_of(ColumnKind kind)
{
    return kind == ColumnKind::score ? "score" : "prediction";
}
std::string text_of(StageRow const& stage)
{
    return stage.kind + " " + stage.fingerprint.text();
}
std::string text_of(RunStatus status)
{
    switch (status) {
        case RunStatus::pending:
            return "pending";
        case RunStatus::done:
            return "done";
        case RunStatus::failed:
            return "failed";
    }
    return "status " + std::to_string(static_cast<int>(status));
}

template <typename T>
void compare(std::string const& where, T const& left, T const& right, Differences& differences)
{
    if (!same(left, right)) differences.add(where, text_of(left), text_of(right));
}

/// \p name gives the place of element i, as in "/metrics/detection/values[run 3, margin, auroc]".
template <typename T, typename Name>
void compare_lists(std::string const& where, std::vector<T> const& left, std::vector<T> const& right,
                   Differences& differences, Name&& name)
{
    if (left.size() != right.size()) {
        differences.add(where, std::to_string(left.size()) + " entries", std::to_string(right.size()) + " entries");
        return;
    }
    for (std::size_t i = 0; i < left.size() && !differences.full(); ++i)
        if (!same(left[i], right[i])) differences.add(where + "[" + name(i) + "]", text_of(left[i]), text_of(right[i]));
}

template <typename T>
void compare_lists(std::string const& where, std::vector<T> const& left, std::vector<T> const& right,
                   Differences& differences)
{
    compare_lists(where, left, right, differences, [](std::size_t i) { return std::to_string(i); });
}

auto numbered(std::string what)
{
    return [what = std::move(what)](std::size_t i) { return what + " " + std::to_string(i); };
}

// Layout

void compare_item_sets(ItemSetLayout const& left, ItemSetLayout const& right, Differences& differences)
{
    auto const items = "/items/" + left.name;
    auto const columns = "/columns/" + left.name;
    auto const metrics = "/metrics/" + left.name;
    compare(items + "@kind", left.kind, right.kind, differences);
    compare(items + " items", left.n_items, right.n_items, differences);
    compare_lists(metrics + "/methods", left.methods, right.methods, differences);
    compare_lists(metrics + "/metrics", left.metrics, right.metrics, differences);
    compare("/curves/" + left.name + " present", static_cast<int>(left.curves), static_cast<int>(right.curves),
            differences);
    compare(items + "/confidence present", static_cast<int>(left.has_confidence),
            static_cast<int>(right.has_confidence), differences);
    compare_lists(items + "/fingerprint", left.truths, right.truths, differences, numbered("truth"));
    compare_lists(items + "/truth_of_run", left.truth_of_run, right.truth_of_run, differences, numbered("run"));
    compare_lists(columns + "/fingerprint", left.columns, right.columns, differences, numbered("column"));
    compare_lists(columns + "/index", left.column_of, right.column_of, differences);
    compare_lists(columns + "/truth", left.truth_of_column, right.truth_of_column, differences, numbered("column"));
}

template <typename T>
std::vector<std::string> names_of(std::vector<T> const& parts)
{
    std::vector<std::string> names;
    for (auto const& part : parts)
        names.push_back(part.name);
    return names;
}

void compare_layouts(ResultLayout const& left, ResultLayout const& right, Differences& differences)
{
    compare("/runs", left.n_runs, right.n_runs, differences);
    compare("/axes@arm_axis", left.arm_axis, right.arm_axis, differences);
    auto const axes = names_of(left.axes);
    compare_lists("/axes@names", axes, names_of(right.axes), differences);
    if (axes == names_of(right.axes))
        for (std::size_t i = 0; i < axes.size(); ++i)
            compare_lists("/axes/" + axes[i], left.axes[i].value_of_run, right.axes[i].value_of_run, differences,
                          numbered("run"));
    compare_lists("/metrics/run/names", left.scalars, right.scalars, differences);
    auto const sets = names_of(left.item_sets);
    compare_lists("/items@names", sets, names_of(right.item_sets), differences);
    if (sets == names_of(right.item_sets))
        for (std::size_t i = 0; i < sets.size(); ++i)
            compare_item_sets(left.item_sets[i], right.item_sets[i], differences);
    compare_lists("/stages", left.stages, right.stages, differences, numbered("task"));
}

// Contents

/// Are both rows whole? A row that is pending on both sides is equal, and there is nothing to compare.
bool both_verified(std::string const& where, bool left, bool right, Differences& differences)
{
    if (left != right)
        differences.add(where, left ? "done and verified" : "not done, or its checksum does not match",
                        right ? "done and verified" : "not done, or its checksum does not match");
    return left && right;
}

void compare_truths(ResultFile const& left, ResultFile const& right, std::size_t set, Differences& differences)
{
    auto const& layout = left.layout().item_sets[set];
    auto const group = "/items/" + layout.name;
    auto const left_verified = left.truths_verified(set);
    auto const right_verified = right.truths_verified(set);
    for (std::size_t truth = 0; truth < layout.truths.size() && !differences.full(); ++truth) {
        auto const row = "truth " + std::to_string(truth);
        if (!both_verified(group + "/status[" + row + "]", left_verified[truth], right_verified[truth], differences))
            continue;
        auto const a = left.read_truth(set, truth);
        auto const b = right.read_truth(set, truth);
        auto const place = numbered(row + ", item");
        compare_lists(group + "/item", a.item, b.item, differences, place);
        compare_lists(group + "/clean", a.clean, b.clean, differences, place);
        compare_lists(group + "/observed", a.observed, b.observed, differences, place);
        compare_lists(group + "/is_noisy", a.is_noisy, b.is_noisy, differences, place);
    }
}

void compare_columns(ResultFile const& left, ResultFile const& right, std::size_t set, Differences& differences)
{
    auto const& layout = left.layout().item_sets[set];
    auto const values = "/items/" + layout.name + "/values";
    auto const group = "/columns/" + layout.name;
    auto const curves = "/curves/" + layout.name;
    auto const left_verified = left.columns_verified(set);
    auto const right_verified = right.columns_verified(set);
    for (std::size_t column = 0; column < layout.columns.size() && !differences.full(); ++column) {
        auto const row = "column " + std::to_string(column);
        if (!both_verified(group + "/status[" + row + "]", left_verified[column], right_verified[column], differences))
            continue;
        auto const a = left.read_column(set, column);
        auto const b = right.read_column(set, column);
        compare_lists(values, a.scores, b.scores, differences, numbered(row + ", item"));
        compare_lists(values, a.predictions, b.predictions, differences, numbered(row + ", item"));
        compare_lists(group + "/metrics", a.metrics, b.metrics, differences,
                      [&](std::size_t i) { return row + ", " + layout.metrics[i]; });
        compare_lists(curves + "/roc", a.roc, b.roc, differences, numbered(row + ", point"));
        compare_lists(curves + "/pr", a.pr, b.pr, differences, numbered(row + ", point"));
        compare_lists("/items/" + layout.name + "/confidence", a.confidence, b.confidence, differences,
                      numbered(row + ", item"));
    }
}

void compare_run(ResultFile const& left, ResultFile const& right, std::size_t run, Differences& differences)
{
    auto const& layout = left.layout();
    auto const row = "run " + std::to_string(run);
    compare_lists("/metrics/run/values", left.read_scalars(run), right.read_scalars(run), differences,
                  [&](std::size_t i) { return row + ", " + layout.scalars[i]; });
    for (std::size_t set = 0; set < layout.item_sets.size(); ++set) {
        auto const& names = layout.item_sets[set];
        compare_lists("/metrics/" + names.name + "/values", left.read_metrics(set, run), right.read_metrics(set, run),
                      differences, [&](std::size_t i) {
                          return row + ", " + names.methods[i / names.metrics.size()] + ", " +
                                 names.metrics[i % names.metrics.size()];
                      });
    }
}

void compare_runs(ResultFile const& left, ResultFile const& right, Differences& differences)
{
    compare_lists("/runs/status", left.run_statuses(), right.run_statuses(), differences, numbered("run"));
    auto const left_verified = left.runs_verified();
    auto const right_verified = right.runs_verified();
    for (std::size_t run = 0; run < left_verified.size() && !differences.full(); ++run)
        if (both_verified("/runs/checksum[run " + std::to_string(run) + "]", left_verified[run], right_verified[run],
                          differences))
            compare_run(left, right, run, differences);
}

}  // namespace

std::vector<Difference> diff(ResultFile const& left, ResultFile const& right, std::size_t limit)
{
    Differences layouts(limit);
    compare_layouts(left.layout(), right.layout(), layouts);
    Differences differences(limit);
    compare("/experiment@plan", left.provenance().plan, right.provenance().plan, differences);
    if (layouts.any()) {
        for (auto& difference : layouts.take())
            differences.add(std::move(difference.where), std::move(difference.left), std::move(difference.right));
        return differences.take();
    }
    compare_runs(left, right, differences);
    for (std::size_t set = 0; set < left.layout().item_sets.size(); ++set) {
        compare_truths(left, right, set, differences);
        compare_columns(left, right, set, differences);
    }
    return differences.take();
}

}  // namespace ablatrix::store
