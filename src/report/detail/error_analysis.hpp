#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/stats/agreement.hpp>
#include <ablatrix/stats/errors.hpp>

#include "answers.hpp"
#include "contrast.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Agreement of all pairs and of all together.
struct Kappas
{
    stats::Agreement fleiss;
    stats::Estimate fleiss_interval;      ///< over items, these seeds fixed
    std::vector<stats::Agreement> pairs;  ///< (0, 1), (0, 2), ..., (1, 2), ...
};

/// The errors of one method in one condition.
struct ErrorAnalysis
{
    std::size_t condition, method;
    Answers answers;
    stats::ErrorSummary summary;
    std::vector<stats::WrongItem> wrong;
    Kappas answer, right;

    double expected() const
    {
        return answers.label.empty() ? summary.expected_always_wrong : summary.expected_within_classes;
    }
    double p() const { return answers.label.empty() ? summary.p_always_wrong : summary.p_within_classes; }
    /// More always-wrong items than expected, but not more than chance gives.
    bool could_be_chance() const
    {
        bool const is_more =
            summary.pattern == stats::ErrorPattern::systematic || summary.pattern == stats::ErrorPattern::mixed;
        return is_more && !(p() < alpha);
    }
};

/// Everything about one item set, by condition and then method.
class SetErrors
{
  public:
    /// \param methods  to look at; empty: "none" and the one with the best primary metric
    SetErrors(GridView const& grid, std::size_t set, std::vector<std::string> const& methods);

    GridView const& grid() const { return grid_; }
    std::size_t set() const { return set_; }
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }
    std::string const& name_of(ErrorAnalysis const& analysis) const { return items().methods[analysis.method]; }

    /// Empty where the set has none of the methods.
    std::vector<ErrorAnalysis> const& analyses() const { return analyses_; }
    /// Items differ between the seeds of every analysis.
    bool nothing_is_shared() const;
    /// No analysis has items.
    bool nothing_is_known() const;

  private:
    std::vector<std::size_t> methods_of(std::size_t condition, std::vector<std::string> const& wanted) const;
    std::optional<std::size_t> leader(std::size_t condition) const;
    ErrorAnalysis analyse(std::size_t condition, std::size_t method) const;

    GridView const& grid_;
    std::size_t set_;
    std::vector<ErrorAnalysis> analyses_;
};

}  // namespace ablatrix::report::detail
