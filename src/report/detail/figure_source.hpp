#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// What every family of figures reads: the grid and the summary's records. Both outlive it.
class FigureSource
{
  public:
    FigureSource(GridView const& grid, std::vector<Record> const& records);

    GridView const& grid() const { return grid_; }
    store::ItemSetLayout const& items(std::size_t set) const { return grid_.layout().item_sets[set]; }
    std::string const& baseline_arm() const { return grid_.arms()[grid_.baseline()]; }
    /// Conditions with figures of their own: the first twelve. Tables hold all.
    std::size_t shown_conditions() const;
    /// "noise.type uniform, noise.rate 0.1"; empty when the grid has no axes of conditions.
    std::string const& place(std::size_t condition) const { return grid_.conditions()[condition].label; }
    std::size_t condition_of(Record const& record) const;
    std::size_t method_index(std::size_t set, std::string const& method) const;

    /// Means of the primary metric at the baseline arm in one condition that have a value, best first; methods on
    /// changed test sets come last.
    std::vector<Record const*> means(std::size_t set, std::size_t condition) const;
    /// The same without references (random, none, oracles) and changed test sets.
    std::vector<Record const*> candidates(std::size_t set, std::size_t condition) const;
    /// Methods of the baseline arm that means() lacks.
    std::vector<std::string> without_value(std::size_t set, std::size_t condition) const;
    /// Arms minus the baseline arm of one method, in the primary metric.
    std::vector<Record const*> differences(std::size_t set, std::string const& method) const;
    /// Methods with a difference that has a value.
    std::vector<std::string> compared_methods(std::size_t set) const;
    /// "No ROC curves for noise.rate 0.1: <why>"; conditions are not listed when \p empty holds them all.
    std::string not_drawn(std::string const& what, std::vector<std::string> const& empty, std::string const& why) const;

  private:
    using Axes = std::vector<std::pair<std::string, std::string>>;

    GridView const& grid_;
    std::vector<Record> const& records_;
    std::vector<Axes> conditions_;
};

}  // namespace ablatrix::report::detail
