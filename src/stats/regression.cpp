#include <ablatrix/stats/regression.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

std::vector<double> residuals(std::span<double const> truth, std::span<double const> predicted)
{
    ABLATRIX_VALIDATE(truth.size() == predicted.size(), std::to_string(predicted.size()) + " predictions for " +
                                                            std::to_string(truth.size()) +
                                                            " true values. Join them by item first");
    ABLATRIX_VALIDATE(detail::all_finite(truth) && detail::all_finite(predicted),
                      "a true or predicted value is NaN or infinite. Leave the item out or fix the method");
    std::vector<double> e(truth.size());
    for (std::size_t i = 0; i < e.size(); ++i)
        e[i] = predicted[i] - truth[i];
    return e;
}

double mean_of(std::span<double const> values)
{
    double sum = 0;
    for (double const v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
}

double mean_product(std::span<double const> a, double mean_a, std::span<double const> b, double mean_b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - mean_a) * (b[i] - mean_b);
    return sum / static_cast<double>(a.size());
}

bool is_constant(std::span<double const> values)
{
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

}  // namespace

double mean_absolute_error(std::span<double const> truth, std::span<double const> predicted)
{
    std::vector<double> e = residuals(truth, predicted);
    for (double& v : e)
        v = std::abs(v);
    return mean_of(e);
}

double root_mean_squared_error(std::span<double const> truth, std::span<double const> predicted)
{
    std::vector<double> const e = residuals(truth, predicted);
    return std::sqrt(mean_product(e, 0, e, 0));
}

double median_absolute_error(std::span<double const> truth, std::span<double const> predicted)
{
    std::vector<double> e = residuals(truth, predicted);
    for (double& v : e)
        v = std::abs(v);
    return quantile(e, 0.5);
}

double r_squared(std::span<double const> truth, std::span<double const> predicted)
{
    return r_squared_parts(truth, predicted).r_squared;
}

RSquaredParts r_squared_parts(std::span<double const> truth, std::span<double const> predicted)
{
    std::vector<double> const e = residuals(truth, predicted);
    RSquaredParts parts;
    if (truth.empty()) return parts;
    parts.bias = mean_of(e);
    if (truth.size() < 2 || is_constant(truth)) return parts;
    double const mean_y = mean_of(truth);
    double const mean_p = mean_of(predicted);
    double const var_y = mean_product(truth, mean_y, truth, mean_y);
    double const var_p = is_constant(predicted) ? 0 : mean_product(predicted, mean_p, predicted, mean_p);
    parts.sd_truth = std::sqrt(var_y);
    parts.r_squared = 1 - mean_product(e, 0, e, 0) / var_y;
    parts.debiased = 1 - mean_product(e, parts.bias, e, parts.bias) / var_y;
    parts.spread_ratio = std::sqrt(var_p / var_y);
    if (var_p > 0) parts.correlation = mean_product(truth, mean_y, predicted, mean_p) / std::sqrt(var_y * var_p);
    parts.status = Status::ok;
    return parts;
}

}  // namespace ablatrix::stats
