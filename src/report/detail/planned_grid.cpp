#include "planned_grid.hpp"

#include <algorithm>
#include <set>

#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

template <typename T>
std::size_t place_of(std::vector<T>& known, T const& value)
{
    auto const found = std::find(known.begin(), known.end(), value);
    if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
    known.push_back(value);
    return known.size() - 1;
}

}  // namespace

PlannedGrid::PlannedGrid(store::ResultLayout const& layout, std::string const& seed_axis,
                         std::string const& baseline_arm)
    : layout_(&layout)
{
    std::map<std::vector<std::string>, std::size_t> conditions;
    for (std::size_t run = 0; run < static_cast<std::size_t>(layout.n_runs); ++run) {
        std::string seed = "-";
        std::string arm;
        std::vector<std::string> condition;
        for (auto const& axis : layout.axes) {
            if (axis.name == seed_axis)
                seed = axis.value_of_run[run];
            else if (!layout.arm_axis.empty() && axis.name == layout.arm_axis)
                arm = axis.value_of_run[run];
            else
                condition.push_back(axis.value_of_run[run]);
        }
        std::size_t const c = conditions.emplace(std::move(condition), conditions.size()).first->second;
        runs_.emplace(Cell{c, place_of(arms_, arm), place_of(seeds_, seed)}, run);
    }
    if (arms_.empty()) arms_.emplace_back();
    n_conditions_ = conditions.size();
    auto const wanted = std::find(arms_.begin(), arms_.end(), baseline_arm);
    if (wanted != arms_.end()) baseline_ = static_cast<std::size_t>(wanted - arms_.begin());
}

std::ptrdiff_t PlannedGrid::run_of(std::size_t condition, std::size_t arm, std::size_t seed) const
{
    auto const found = runs_.find({condition, arm, seed});
    return found == runs_.end() ? -1 : static_cast<std::ptrdiff_t>(found->second);
}

std::int32_t PlannedGrid::column_of(std::size_t set, std::size_t method, std::ptrdiff_t run) const
{
    auto const& items = layout_->item_sets[set];
    return items.column_at(static_cast<std::size_t>(run), method);
}

std::size_t PlannedGrid::fewest_seeds() const
{
    std::size_t fewest = seeds_.size();
    for (std::size_t condition = 0; condition < n_conditions_; ++condition) {
        for (std::size_t arm = 0; arm < arms_.size(); ++arm) {
            std::size_t const count = contrast(condition, 0, arm, arm).n_seeds;
            if (count > 0) fewest = std::min(fewest, count);
        }
    }
    return fewest;
}

bool PlannedGrid::has_method(std::size_t arm, std::size_t set, std::size_t method) const
{
    return std::any_of(runs_.begin(), runs_.end(), [&](auto const& entry) {
        return std::get<1>(entry.first) == arm &&
               column_of(set, method, static_cast<std::ptrdiff_t>(entry.second)) >= 0;
    });
}

bool PlannedGrid::differs(std::size_t set, std::size_t method, std::size_t arm_a, std::size_t arm_b) const
{
    for (auto const& [cell, run] : runs_) {
        if (std::get<1>(cell) != arm_a) continue;
        auto const other = run_of(std::get<0>(cell), arm_b, std::get<2>(cell));
        if (other < 0) continue;
        if (column_of(set, method, static_cast<std::ptrdiff_t>(run)) != column_of(set, method, other)) return true;
    }
    return false;
}

PlannedContrast PlannedGrid::contrast(std::size_t condition, std::size_t set, std::size_t arm_a,
                                      std::size_t arm_b) const
{
    PlannedContrast out;
    std::set<std::int32_t> truths;
    for (std::size_t seed = 0; seed < seeds_.size(); ++seed) {
        auto const run = run_of(condition, arm_a, seed);
        if (run < 0 || run_of(condition, arm_b, seed) < 0) continue;
        ++out.n_seeds;
        if (set < layout_->item_sets.size())
            truths.insert(layout_->item_sets[set].truth_of_run[static_cast<std::size_t>(run)]);
    }
    out.n_truths = truths.size();
    return out;
}

std::vector<PlannedContrast> PlannedGrid::arm_contrasts(std::size_t set) const
{
    std::vector<PlannedContrast> out;
    auto const& methods = layout_->item_sets[set].methods;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        if (is_variant(methods[m]) || !has_method(baseline_, set, m)) continue;
        for (std::size_t arm = 0; arm < arms_.size(); ++arm) {
            if (arm == baseline_ || !has_method(arm, set, m) || !differs(set, m, arm, baseline_)) continue;
            for (std::size_t condition = 0; condition < n_conditions_; ++condition) {
                auto const planned = contrast(condition, set, arm, baseline_);
                if (planned.n_seeds > 0) out.push_back(planned);
            }
        }
    }
    return out;
}

MethodContrasts PlannedGrid::method_contrasts(std::size_t set) const
{
    auto const& methods = layout_->item_sets[set].methods;
    std::size_t candidates = 0;
    bool has_none = false;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        if (!has_method(baseline_, set, m)) continue;
        has_none = has_none || methods[m] == "none";
        candidates += is_reference(methods[m]) || is_variant(methods[m]) ? 0 : 1;
    }
    MethodContrasts out;
    out.reference = has_none ? "none" : "the best";
    out.tests_per_condition = has_none ? candidates : candidates - std::min<std::size_t>(1, candidates);
    if (out.tests_per_condition == 0) return out;
    for (std::size_t condition = 0; condition < n_conditions_; ++condition) {
        auto const planned = contrast(condition, set, baseline_, baseline_);
        if (planned.n_seeds > 0) out.contrasts.push_back(planned);
    }
    return out;
}

bool PlannedGrid::are_equal(std::size_t arm_a, std::size_t arm_b) const
{
    bool meet = false;
    for (auto const& [cell, run] : runs_) {
        if (std::get<1>(cell) != arm_a) continue;
        auto const other = run_of(std::get<0>(cell), arm_b, std::get<2>(cell));
        if (other < 0) continue;
        meet = true;
        for (std::size_t set = 0; set < layout_->item_sets.size(); ++set) {
            for (std::size_t m = 0; m < layout_->item_sets[set].methods.size(); ++m) {
                if (column_of(set, m, static_cast<std::ptrdiff_t>(run)) != column_of(set, m, other)) return false;
            }
        }
    }
    return meet;
}

std::vector<std::vector<std::string>> PlannedGrid::equal_arms() const
{
    std::vector<std::vector<std::string>> groups;
    std::vector<bool> grouped(arms_.size(), false);
    for (std::size_t a = 0; a < arms_.size(); ++a) {
        if (grouped[a]) continue;
        std::vector<std::string> group = {arms_[a]};
        for (std::size_t b = a + 1; b < arms_.size(); ++b) {
            if (grouped[b] || !are_equal(a, b)) continue;
            grouped[b] = true;
            group.push_back(arms_[b]);
        }
        if (group.size() > 1) groups.push_back(std::move(group));
    }
    return groups;
}

}  // namespace ablatrix::report::detail
