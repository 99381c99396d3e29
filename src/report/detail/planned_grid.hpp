#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report::detail {

/// A paired comparison in one condition.
struct PlannedContrast
{
    std::size_t n_seeds = 0;   ///< that both sides have
    std::size_t n_truths = 0;  ///< sets of items over those seeds
};

/// Methods against one of them, at the baseline arm.
struct MethodContrasts
{
    std::string reference;  ///< "none", or "the best", which is not known yet
    std::vector<PlannedContrast> contrasts;
    std::size_t tests_per_condition = 0;  ///< corrected together
};

/// Runs of a layout by condition, arm and seed: GridView without a file.
class PlannedGrid
{
  public:
    PlannedGrid(store::ResultLayout const& layout, std::string const& seed_axis, std::string const& baseline_arm);

    store::ResultLayout const& layout() const { return *layout_; }
    /// At least one; a grid without arms has one arm "".
    std::vector<std::string> const& arms() const { return arms_; }
    std::size_t baseline() const { return baseline_; }
    /// Of any condition and arm that has runs.
    std::size_t fewest_seeds() const;

    /// Every arm against the baseline, for methods and conditions that both have: what summarize() compares.
    std::vector<PlannedContrast> arm_contrasts(std::size_t set) const;
    /// What summarize() compares in each condition: with "none" where there is such a method, else with the leader.
    MethodContrasts method_contrasts(std::size_t set) const;
    /// Groups of two or more arms that read the same columns wherever they run.
    std::vector<std::vector<std::string>> equal_arms() const;

  private:
    using Cell = std::tuple<std::size_t, std::size_t, std::size_t>;  ///< condition, arm, seed

    std::ptrdiff_t run_of(std::size_t condition, std::size_t arm, std::size_t seed) const;
    std::int32_t column_of(std::size_t set, std::size_t method, std::ptrdiff_t run) const;
    bool has_method(std::size_t arm, std::size_t set, std::size_t method) const;
    bool differs(std::size_t set, std::size_t method, std::size_t arm_a, std::size_t arm_b) const;
    bool are_equal(std::size_t arm_a, std::size_t arm_b) const;
    PlannedContrast contrast(std::size_t condition, std::size_t set, std::size_t arm_a, std::size_t arm_b) const;

    store::ResultLayout const* layout_;
    std::vector<std::string> arms_, seeds_;
    std::size_t baseline_ = 0;
    std::size_t n_conditions_ = 0;
    std::map<Cell, std::size_t> runs_;
};

}  // namespace ablatrix::report::detail
