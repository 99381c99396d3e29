#include "compare_run.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>

#include <ablatrix/base/text.hpp>

namespace ablatrix::app {
namespace {

using store::ItemSetLayout;
using store::ResultFile;

bool same(double left, double right)
{
    return (left != left && right != right) ||
           std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right);
}

template <typename T>
bool same(T left, T right)
{
    return left == right;
}

std::string text_of(double value)
{
    return base::shortest(value);
}

template <typename T>
std::string text_of(T value)
{
    return std::to_string(static_cast<std::int64_t>(value));
}

/// One side of the comparison.
struct Side
{
    ResultFile const& file;
    std::size_t run;

    ItemSetLayout const* set(std::string const& name) const
    {
        auto const& sets = file.layout().item_sets;
        auto const found = std::find_if(sets.begin(), sets.end(), [&](auto const& set) { return set.name == name; });
        return found == sets.end() ? nullptr : &*found;
    }
    std::optional<std::size_t> truth_of(ItemSetLayout const& set) const
    {
        auto const truth = set.truth_of_run.at(run);
        if (truth < 0) return std::nullopt;
        return static_cast<std::size_t>(truth);
    }
    /// Columns by method.
    std::map<std::string, std::size_t> columns_of(ItemSetLayout const& set) const
    {
        std::map<std::string, std::size_t> columns;
        for (std::size_t method = 0; method < set.methods.size(); ++method) {
            auto const column = set.column_of.at(run * set.methods.size() + method);
            if (column >= 0) columns.emplace(set.methods[method], static_cast<std::size_t>(column));
        }
        return columns;
    }
    std::map<std::string, double> scalars() const
    {
        std::map<std::string, double> named;
        auto const values = file.read_scalars(run);
        for (std::size_t i = 0; i < values.size(); ++i)
            named.emplace(file.layout().scalars[i], values[i]);
        return named;
    }
};

class Comparison
{
  public:
    Comparison(Side stored, Side remade) : stored_(stored), remade_(remade) {}

    RunComparison compare()
    {
        for (auto const& set : stored_.file.layout().item_sets) {
            auto const* other = remade_.set(set.name);
            if (other == nullptr) {
                add("/items/" + set.name, "present", "absent");
                continue;
            }
            compare_truth(set, *other);
            compare_columns(set, *other);
        }
        auto const left = stored_.scalars();
        auto const right = remade_.scalars();
        for (auto const& [name, value] : left) {
            auto const found = right.find(name);
            if (found != right.end()) {
                compare_value("/metrics/run/values[" + name + "]", value, found->second);
                ++result_.scalars;
            }
            else if (value == value)
                add("/metrics/run/values[" + name + "]", text_of(value), "absent");
        }
        return std::move(result_);
    }

  private:
    void add(std::string where, std::string left, std::string right)
    {
        result_.differences.push_back({std::move(where), std::move(left), std::move(right)});
    }

    template <typename T>
    bool compare_value(std::string const& where, T left, T right)
    {
        if (same(left, right)) return true;
        add(where, text_of(left), text_of(right));
        return false;
    }

    /// Stops at the first element that differs: the others say nothing new.
    template <typename T>
    void compare_lists(std::string const& where, std::vector<T> const& left, std::vector<T> const& right)
    {
        if (left.size() != right.size()) {
            add(where, std::to_string(left.size()) + " values", std::to_string(right.size()) + " values");
            return;
        }
        for (std::size_t i = 0; i < left.size(); ++i)
            if (!compare_value(where + "[" + std::to_string(i) + "]", left[i], right[i])) return;
    }

    void compare_truth(ItemSetLayout const& left_set, ItemSetLayout const& right_set)
    {
        auto const left = stored_.truth_of(left_set);
        auto const right = remade_.truth_of(right_set);
        std::string const where = "/items/" + left_set.name;
        if (left.has_value() != right.has_value())
            add(where, left ? "present" : "absent", right ? "present" : "absent");
        if (!left || !right) return;
        auto const a = stored_.file.read_truth(stored_.file.layout().item_set_index(left_set.name), *left);
        auto const b = remade_.file.read_truth(remade_.file.layout().item_set_index(left_set.name), *right);
        compare_lists(where + "/item", a.item, b.item);
        compare_lists(where + "/clean", a.clean, b.clean);
        compare_lists(where + "/observed", a.observed, b.observed);
        compare_lists(where + "/is_noisy", a.is_noisy, b.is_noisy);
        ++result_.truths;
    }

    void compare_columns(ItemSetLayout const& left_set, ItemSetLayout const& right_set)
    {
        auto const left = stored_.columns_of(left_set);
        auto const right = remade_.columns_of(right_set);
        for (auto const& [method, column] : left) {
            std::string const where = left_set.name + ", " + method + ": ";
            auto const found = right.find(method);
            if (found == right.end()) {
                add(where + "column", "present", "absent");
                continue;
            }
            auto const& name = left_set.columns[column];
            auto const& other_name = right_set.columns[found->second];
            if (name != other_name) add(where + "fingerprint", name.text(), other_name.text());
            compare_column(where, left_set, column, right_set, found->second);
        }
        for (auto const& [method, column] : right)
            if (!left.contains(method)) add(left_set.name + ", " + method + ": column", "absent", "present");
    }

    void compare_column(std::string const& where, ItemSetLayout const& left_set, std::size_t left,
                        ItemSetLayout const& right_set, std::size_t right)
    {
        auto const a = stored_.file.read_column(stored_.file.layout().item_set_index(left_set.name), left);
        auto const b = remade_.file.read_column(remade_.file.layout().item_set_index(right_set.name), right);
        compare_lists(where + "values", a.scores, b.scores);
        compare_lists(where + "values", a.predictions, b.predictions);
        compare_lists(where + "confidence", a.confidence, b.confidence);
        compare_lists(where + "roc", a.roc, b.roc);
        compare_lists(where + "pr", a.pr, b.pr);
        if (left_set.metrics != right_set.metrics) {
            add(where + "metrics", base::join(left_set.metrics, " "), base::join(right_set.metrics, " "));
        }
        else {
            for (std::size_t i = 0; i < a.metrics.size(); ++i)
                compare_value(where + left_set.metrics[i], a.metrics[i], b.metrics[i]);
            result_.metrics += a.metrics.size();
        }
        ++result_.columns;
    }

    Side stored_, remade_;
    RunComparison result_;
};

}  // namespace

RunComparison compare_runs(store::ResultFile const& stored, std::size_t stored_run, store::ResultFile const& remade,
                           std::size_t remade_run)
{
    return Comparison({stored, stored_run}, {remade, remade_run}).compare();
}

}  // namespace ablatrix::app
