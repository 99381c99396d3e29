#pragma once

#include <limits>
#include <string_view>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// What the name of a metric says about its values. Result files store names and numbers only, so this is the one place
/// that knows which of two numbers is the better one.

namespace ablatrix::report::detail {

enum class Goal
{
    higher,
    lower,
    none  ///< a yardstick for another metric (ece_null): neither is better
};

struct MetricInfo
{
    Goal goal = Goal::higher;
    double lowest = -std::numeric_limits<double>::infinity();
    double highest = std::numeric_limits<double>::infinity();
};

/// A metric that is not known counts as without limits and the higher the better.
MetricInfo metric_info(std::string_view name);

/// A number that grows as \p value gets better: the value, or its negative where lower is better. NaN stays NaN.
double merit(std::string_view name, double value);

/// Student's t knows nothing of the limits of a metric: an interval that leaves them ends there, and says so.
void clip(stats::Estimate& estimate, double lowest, double highest);

}  // namespace ablatrix::report::detail
