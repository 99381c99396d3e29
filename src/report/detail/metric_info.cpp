#include "metric_info.hpp"

#include <algorithm>

namespace ablatrix::report::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_share(std::string_view name)
{
    for (std::string_view const known : {"auroc", "auprc", "ap", "average_precision", "accuracy", "balanced_accuracy",
                                         "f1", "macro_f1", "precision", "recall", "tnr95"})
    {
        if (name == known) return true;
    }
    for (std::string_view const prefix : {"tnr_at_", "precision_at_", "p_at_", "recall_at_", "r_at_", "f1_at_"}) {
        if (name.starts_with(prefix)) return true;
    }
    return false;
}

}  // namespace

MetricInfo metric_info(std::string_view name)
{
    if (is_share(name)) return {Goal::higher, 0, 1};
    if (name == "ece" || name == "mce") return {Goal::lower, 0, 1};
    if (name == "ece_null") return {Goal::none, 0, 1};
    if (name == "brier") return {Goal::lower, 0, 2};  // two for several classes
    for (std::string_view const error : {"log_loss", "mae", "rmse"}) {
        if (name == error) return {Goal::lower, 0, infinity};
    }
    if (name == "r2") return {Goal::higher, -infinity, 1};
    return {};
}

double merit(std::string_view name, double value)
{
    return metric_info(name).goal == Goal::lower ? -value : value;
}

void clip(stats::Estimate& estimate, double lowest, double highest)
{
    double const low = std::clamp(estimate.low, lowest, highest);
    double const high = std::clamp(estimate.high, lowest, highest);
    if (estimate.low < low || estimate.high > high) stats::add_note(estimate.note, "clipped");
    estimate.low = low;
    estimate.high = high;
}

}  // namespace ablatrix::report::detail
