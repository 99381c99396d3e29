#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "figure.hpp"
#include "grid_view.hpp"

/// \file
/// Which figures a result has, and their numbers. Estimates are those of the summary's records; curves, histograms and
/// costs are read from the file.

namespace ablatrix::report::detail {

class FigureMaker
{
  public:
    FigureMaker(GridView const& grid, std::vector<Record> const& records);

    /// Figures of an item set in reading order. \p findings has the summary's sentence on each condition, or is empty.
    std::vector<Figure> of_set(std::size_t set, std::vector<std::string> const& findings);
    /// Time spent by kind of task; empty when no task has run.
    std::vector<Figure> of_costs();

  private:
    using Axes = std::vector<std::pair<std::string, std::string>>;

    void add_forests(std::vector<Figure>& figures, std::size_t set, std::vector<std::string> const& findings);
    void add_lines(std::vector<Figure>& figures, std::size_t set);
    void add_curves(std::vector<Figure>& figures, std::size_t set, bool is_roc);
    void add_histograms(std::vector<Figure>& figures, std::size_t set);
    void add_differences(std::vector<Figure>& figures, std::size_t set);
    void add_heat_maps(std::vector<Figure>& figures, std::size_t set);

    /// Means of the primary metric at the baseline arm in one condition, best first.
    std::vector<Record const*> means(std::size_t set, std::size_t condition) const;
    /// Arms minus the baseline arm of one method.
    std::vector<Record const*> differences(std::size_t set, std::string const& method) const;
    std::vector<std::string> compared_methods(std::size_t set) const;
    std::size_t condition_of(Record const& record) const;
    std::string place_of(std::size_t condition) const;
    std::string unique_name(std::string const& wanted);
    store::ItemSetLayout const& items(std::size_t set) const { return grid_.layout().item_sets[set]; }
    std::size_t shown_conditions() const;

    GridView const& grid_;
    std::vector<Record> const& records_;
    std::vector<Axes> conditions_;
    std::set<std::string> names_;
};

}  // namespace ablatrix::report::detail
