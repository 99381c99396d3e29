#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

/// \file
/// Which numbers the measuring stages write, in order.

namespace ablatrix::ecg {

/// Shares of the rows looked at first (ecg.md 7.1).
inline constexpr std::array<double, 5> inspected_shares{0.005, 0.01, 0.02, 0.05, 0.10};
/// Places at which ROC and precision-recall curves are stored.
inline constexpr std::size_t curve_points = 101;

/// auroc, auprc, tnr_at_95, p_at_0.005 ..., r_at_0.005 ..., f1_at_0.005 ..., p_at_npos
inline std::vector<std::string> detection_metrics()
{
    std::vector<std::string> names{"auroc", "auprc", "tnr_at_95"};
    for (char const* const prefix : {"p_at_", "r_at_", "f1_at_"}) {
        for (double const share : inspected_shares)
            names.push_back(prefix + base::shortest(share));
    }
    names.emplace_back("p_at_npos");
    return names;
}

/// The calibration error of a model is read beside that of a calibrated one with the same confidences, ece_null.
inline std::vector<std::string> test_metrics()
{
    return {"accuracy", "balanced_accuracy", "log_loss", "brier", "ece", "ece_null"};
}

}  // namespace ablatrix::ecg
