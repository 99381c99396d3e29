#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cell_means.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// What a summary shows of one item set: its methods and metrics in the baseline arm, with their means in every
/// condition. Methods are counted among those that the arm has.
class SetMeans
{
  public:
    /// \param wanted  metrics, the first leads; empty: the primary metric and two more
    SetMeans(GridView const& grid, std::size_t set, std::vector<std::string> const& wanted, int threads);

    /// No metric or no method: nothing to show.
    bool is_empty() const { return metrics_.empty() || methods_.empty(); }

    GridView const& grid() const { return grid_; }
    std::size_t set() const { return set_; }
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }

    /// As indices of the layout.
    std::vector<std::size_t> const& methods() const { return methods_; }
    std::vector<std::size_t> const& metrics() const { return metrics_; }
    std::string const& name(std::size_t method) const { return items().methods[methods_[method]]; }
    std::string const& primary() const { return items().metrics[metrics_[0]]; }

    /// [method][metric]
    std::vector<std::vector<Mean>> const& means(std::size_t condition) const { return means_[condition]; }
    /// Of the primary metric.
    Mean const& mean(std::size_t condition, std::size_t method) const { return means_[condition][method][0]; }
    /// Of the primary metric; grows as the method gets better, without a value it is the worst.
    double merit_of(std::size_t condition, std::size_t method) const;

    /// Neither a reference nor measured on a changed test set.
    bool may_lead(std::size_t method) const;
    /// Best first in one condition; changed test sets last.
    std::vector<std::size_t> order_in(std::size_t condition) const;
    /// Best first over all conditions; changed test sets last.
    std::vector<std::size_t> order() const;

  private:
    template <typename Value>
    std::vector<std::size_t> sorted_methods(Value const& value) const;

    GridView const& grid_;
    std::size_t set_;
    std::vector<std::size_t> methods_;
    std::vector<std::size_t> metrics_;
    std::vector<std::vector<std::vector<Mean>>> means_;  ///< [condition][method][metric]
};

}  // namespace ablatrix::report::detail
