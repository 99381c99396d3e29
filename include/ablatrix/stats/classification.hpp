#pragma once

#include <cstdint>
#include <span>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Share of equal entries; NaN for no items.
double accuracy(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted);
/// Share of the items of class \p label that were found; NaN when the class is absent.
double recall(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t label);
/// Mean recall over the declared classes 0 .. n_classes-1 (Brodersen et al. 2010).
/// NaN when a declared class is absent, where scikit-learn silently drops it.
double balanced_accuracy(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted,
                         std::int32_t n_classes);
/// 2 TP / (2 TP + FP + FN) of class \p label; NaN for 0/0, where scikit-learn says 0.
double f1(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t label = 1);
/// Mean F1 over the declared classes; NaN when one of them is undefined.
double macro_f1(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t n_classes);

/// Mean squared error of p(class 1) (Brier 1950). \throws Error unless probabilities are in [0, 1]
double brier(std::span<double const> probability, std::span<std::uint8_t const> positive);
/// Sum over classes of squared errors, mean over items, range 0-2. \p probability is row-major [item x class].
double brier(std::span<double const> probability, std::span<std::int32_t const> truth, std::int32_t n_classes);

struct LogLoss
{
    double value = undefined_value;  ///< mean -log p(truth), natural logarithm
    std::int64_t clipped = 0;        ///< probabilities moved into [2^-52, 1 - 2^-52]
};
/// \throws Error unless probabilities are in [0, 1]
LogLoss log_loss(std::span<double const> probability, std::span<std::uint8_t const> positive);
LogLoss log_loss(std::span<double const> probability, std::span<std::int32_t const> truth, std::int32_t n_classes);
/// From logits, row-major [item x class], by log-sum-exp and without clipping.
double log_loss_of_logits(std::span<double const> logits, std::span<std::int32_t const> truth, std::int32_t n_classes);

/// Interval of a proportion of independent items (Wilson 1927).
Estimate wilson(std::int64_t successes, std::int64_t n, double level = 0.95);
/// Strict interval of a proportion (Clopper and Pearson 1934).
Estimate clopper_pearson(std::int64_t successes, std::int64_t n, double level = 0.95);

}  // namespace ablatrix::stats
