#include "gate_candidates.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include <ablatrix/base/text.hpp>

namespace ablatrix::report::detail {

namespace {

using plan::GateStatistic;

/// One of the names that a rule gives, or one that it leaves open.
struct Choice
{
    std::size_t index = 0;
    bool is_named = false;
};

std::optional<std::size_t> position(std::vector<std::string> const& names, std::string const& name)
{
    auto const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

class CandidateFinder
{
  public:
    CandidateFinder(GridView const& grid, plan::Gate const& gate, GateSource const& source)
        : grid_(grid), gate_(gate), source_(source)
    {}

    std::vector<GateCandidate> find()
    {
        find_conditions();
        find_arms();
        find_methods();
        bool const between_methods = !gate_.quantity.against_method.empty();
        for (auto const condition : conditions_) {
            for (auto const& arm : arms_) {
                for (auto const& method : methods_) {
                    if (between_methods)
                        add(condition, arm, method, arm.index, method_b_);
                    else
                        add(condition, arm, method, arm_b_, method.index);
                }
            }
        }
        if (candidates_.empty()) add_missing("nothing in this result is what the gate is about");
        return std::move(candidates_);
    }

  private:
    std::vector<std::string> values_of(std::string const& key) const
    {
        std::vector<std::string> values;
        for (auto const& [name, value] : gate_.rule.where) {
            bool const is_arm = key == "arm" && name == grid_.layout().arm_axis;
            if (name == key || is_arm) values.push_back(value);
        }
        return values;
    }

    void find_conditions()
    {
        conditions_.resize(grid_.conditions().size());
        std::iota(conditions_.begin(), conditions_.end(), std::size_t{0});
        for (std::size_t axis = 0; axis < grid_.by().size(); ++axis) {
            for (auto const& value : values_of(grid_.by()[axis])) {
                bool const exists =
                    value == "*" || std::any_of(grid_.conditions().begin(), grid_.conditions().end(),
                                                [&](Condition const& other) { return other.values[axis] == value; });
                if (!exists) add_missing("no run has " + grid_.by()[axis] + " " + value);
            }
            std::erase_if(conditions_, [&](std::size_t c) { return !is_wanted(c, axis); });
        }
    }

    bool is_wanted(std::size_t condition, std::size_t axis) const
    {
        auto const values = values_of(grid_.by()[axis]);
        return values.empty() || position(values, "*") || position(values, grid_.conditions()[condition].values[axis]);
    }

    void find_arms()
    {
        auto const& quantity = gate_.quantity;
        bool const between_arms = quantity.statistic == GateStatistic::difference && quantity.against_method.empty();
        arm_b_ = grid_.baseline();
        if (!quantity.against_arm.empty()) {
            auto const found = position(grid_.arms(), quantity.against_arm);
            if (!found) add_missing("no run has the arm " + quantity.against_arm);
            if (!found) return;
            arm_b_ = *found;
        }
        auto const wanted = values_of("arm");
        bool const takes_all = position(wanted, "*") || (wanted.empty() && between_arms);
        for (std::size_t arm = 0; takes_all && arm < grid_.arms().size(); ++arm) {
            if (!between_arms || arm != arm_b_) arms_.push_back({arm, false});
        }
        if (wanted.empty() && !between_arms) arms_.push_back({grid_.baseline(), true});
        for (auto const& name : wanted) {
            if (takes_all) break;
            auto const found = position(grid_.arms(), name);
            if (!found)
                add_missing("no run has the arm " + name);
            else if (between_arms && *found == arm_b_)
                add_missing("arm " + name + " is compared with itself");
            else
                arms_.push_back({*found, true});
        }
    }

    void find_methods()
    {
        if (source_.is_scalar) {
            methods_.push_back({0, true});
            return;
        }
        auto const& known = grid_.layout().item_sets[source_.set].methods;
        std::string const& other = gate_.quantity.against_method;
        if (!other.empty()) {
            auto const found = position(known, other);
            if (!found) add_missing(no_method(other, known));
            if (!found) return;
            method_b_ = *found;
        }
        auto const wanted = values_of("method");
        bool const takes_all = wanted.empty() || position(wanted, "*");
        for (std::size_t method = 0; takes_all && method < known.size(); ++method) {
            if (known[method] != other) methods_.push_back({method, false});
        }
        for (auto const& name : wanted) {
            if (takes_all) break;
            auto const found = position(known, name);
            if (found)
                methods_.push_back({*found, true});
            else
                add_missing(no_method(name, known));
        }
    }

    static std::string no_method(std::string const& name, std::vector<std::string> const& known)
    {
        auto const nearest = base::did_you_mean(name, known);
        return "no run has the method " + name + (nearest ? "; the nearest is " + *nearest : "");
    }

    bool is_planned(std::size_t condition, std::size_t arm, std::size_t method) const
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            for (auto const run : grid_.runs(condition, arm, seed)) {
                if (source_.is_scalar) return true;
                auto const& items = grid_.layout().item_sets[source_.set];
                if (items.column_at(run, method) >= 0) return true;
            }
        }
        return false;
    }

    void add(std::size_t condition, Choice const& arm, Choice const& method, std::size_t arm_b, std::size_t method_b)
    {
        GateCandidate candidate;
        candidate.condition = condition;
        candidate.arm = arm.index;
        candidate.method = method.index;
        candidate.arm_b = arm_b;
        candidate.method_b = method_b;
        candidate.label = label_of(candidate);
        bool const is_difference = gate_.quantity.statistic == GateStatistic::difference;
        if (!is_planned(condition, arm.index, method.index) ||
            (is_difference && !is_planned(condition, arm_b, method_b))) {
            if (!arm.is_named || !method.is_named) return;
            candidate.missing = "no run of the grid has it";
        }
        // Arms that share a method's columns have nothing to compare.
        bool const is_open = is_difference && !source_.is_scalar && !method.is_named && arm.index != arm_b;
        if (is_open && !grid_.differs(source_.set, method.index, arm.index, arm_b)) return;
        candidates_.push_back(std::move(candidate));
    }

    void add_missing(std::string text)
    {
        GateCandidate candidate;
        candidate.missing = std::move(text);
        candidates_.push_back(std::move(candidate));
    }

    std::string label_of(GateCandidate const& candidate) const
    {
        std::vector<std::string> parts;
        bool const is_difference = gate_.quantity.statistic == GateStatistic::difference;
        std::string const arm = grid_.arms()[candidate.arm];
        if (!source_.is_scalar) {
            auto const& methods = grid_.layout().item_sets[source_.set].methods;
            parts.push_back(methods[candidate.method]);
            if (is_difference && candidate.method != candidate.method_b)
                parts.back() += " - " + methods[candidate.method_b];
        }
        if (is_difference && candidate.arm != candidate.arm_b)
            parts.push_back(arm + " - " + grid_.arms()[candidate.arm_b]);
        else if (grid_.has_arms() && candidate.arm != grid_.baseline())
            parts.push_back(arm);
        if (grid_.conditions().size() > 1) parts.push_back(grid_.conditions()[candidate.condition].short_label);
        return parts.empty() ? "all runs" : base::join(parts, ", ");
    }

    GridView const& grid_;
    plan::Gate const& gate_;
    GateSource const& source_;
    std::vector<std::size_t> conditions_;
    std::vector<Choice> arms_, methods_;
    std::size_t arm_b_ = 0, method_b_ = 0;
    std::vector<GateCandidate> candidates_;
};

}  // namespace

GateSource source_of(GridView const& grid, plan::Gate const& gate)
{
    GateSource source;
    auto const& layout = grid.layout();
    for (auto const& [key, value] : gate.rule.where) {
        if (key != "item_set" || value == "*") continue;
        source.set = layout.item_set_index(value);
        source.metric = grid.metric_index(source.set, gate.quantity.name);
        return source;
    }
    for (std::size_t set = 0; set < layout.item_sets.size(); ++set) {
        if (!position(layout.item_sets[set].metrics, gate.quantity.name)) continue;
        source.set = set;
        source.metric = grid.metric_index(set, gate.quantity.name);
        return source;
    }
    source.is_scalar = true;
    source.scalar = position(layout.scalars, gate.quantity.name).value();
    return source;
}

std::vector<GateCandidate> candidates_of(GridView const& grid, plan::Gate const& gate, GateSource const& source)
{
    return CandidateFinder(grid, gate, source).find();
}

}  // namespace ablatrix::report::detail
