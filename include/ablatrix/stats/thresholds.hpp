#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// Temperature and decision threshold: fitted on development items, applied once to test items. Pass which rows are
/// test rows where that is known: fitting refuses them.

namespace ablatrix::stats {

enum class TemperatureStatus : std::uint8_t
{
    ok,
    at_lower_bound,  ///< every item is right by its logits: any lower temperature looks better
    at_upper_bound,  ///< logits say nothing, or the opposite: any higher temperature looks better
    flat,            ///< all logits of every item equal
    one_class,       ///< the items have one class
    few_per_class,   ///< a class that occurs has one item only: fitted, but do not trust it
    not_converged,
};
std::string_view name_of(TemperatureStatus status);

struct Temperature
{
    double value = 1;  ///< 1 unless fitted
    TemperatureStatus status = TemperatureStatus::not_converged;
    double nll_before = undefined_value;  ///< mean -log p(truth) at temperature 1
    double nll_after = undefined_value;   ///< at \p value
    int steps = 0;

    bool fitted() const { return status == TemperatureStatus::ok || status == TemperatureStatus::few_per_class; }
};

/// Temperature scaling (Guo et al. 2017): 1 / T in [1/20, 20] minimises the mean log loss of logits / T, by safeguarded
/// Newton steps. Never changes which class is predicted.
///
/// \param logits row-major [item x class], finite
/// \param test_row empty, or 1 for rows that are test items
/// \throws Error on test rows, no items, or a truth outside 0 .. n_classes-1
Temperature fit_temperature(std::span<double const> logits, std::span<std::int32_t const> truth, std::int32_t n_classes,
                            std::span<std::uint8_t const> test_row = {});
/// Two classes, \p margin = logit of class 1 minus logit of class 0.
Temperature fit_temperature(std::span<double const> margin, std::span<std::uint8_t const> positive,
                            std::span<std::uint8_t const> test_row = {});

enum class ThresholdGoal : std::uint8_t
{
    balanced_accuracy,
    accuracy,
    f1,
};

struct Threshold
{
    double value = undefined_value;     ///< positive iff score > value; infinite when everything is of one kind
    double goal = undefined_value;      ///< reached on these items
    Status status = Status::undefined;  ///< undefined with one class
};
/// Best among the midpoints of consecutive distinct scores and +-infinity. Of equally good ones the one with the most
/// room between its scores, then the one nearest 0. \throws Error on test rows and bad scores
Threshold choose_threshold(std::span<double const> scores, std::span<std::uint8_t const> positive,
                           ThresholdGoal goal = ThresholdGoal::balanced_accuracy,
                           std::span<std::uint8_t const> test_row = {});

}  // namespace ablatrix::stats
