#pragma once

#include <span>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Errors of predicted numbers, e = predicted - truth, in the units of the truth. NaN for no items.
double mean_absolute_error(std::span<double const> truth, std::span<double const> predicted);
double root_mean_squared_error(std::span<double const> truth, std::span<double const> predicted);
double median_absolute_error(std::span<double const> truth, std::span<double const> predicted);
/// 1 - sum e^2 / sum (y - mean y)^2; NaN for a constant truth, where scikit-learn says 0 or 1, and for one item.
double r_squared(std::span<double const> truth, std::span<double const> predicted);

/// Why R^2 is what it is (Murphy 1988): R^2 = 2 r k - k^2 - (bias / sd_truth)^2 <= r^2.
///
/// R^2 far below `debiased`: an offset. r high, k far from 1: units. r negative: a flipped sign. r near 0, k near 1:
/// rows out of step. k near 0: a constant prediction.
struct RSquaredParts
{
    double r_squared = undefined_value;
    double correlation = undefined_value;   ///< r; NaN for a constant prediction
    double bias = undefined_value;          ///< mean of e
    double spread_ratio = undefined_value;  ///< k = sd of predictions / sd of truth
    double debiased = undefined_value;      ///< 1 - Var e / Var y
    double sd_truth = undefined_value;      ///< ddof 0
    Status status = Status::undefined;
};
RSquaredParts r_squared_parts(std::span<double const> truth, std::span<double const> predicted);

}  // namespace ablatrix::stats
