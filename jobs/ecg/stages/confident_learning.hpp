#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ablatrix::ecg {

/// Confident learning (Northcutt, Jiang, Chuang 2021) as cleanlab 2 does it with filter_by = "prune_by_noise_rate";
/// ecg.md 6.1. n rows, C classes; matrices are row-major [C x C].
struct ConfidentLearning
{
    std::vector<double> thresholds;             ///< [C] mean self-confidence; 2 (out of reach) for an absent class
    std::vector<std::int64_t> confident_joint;  ///< [given][true], calibrated to the given labels' counts
    std::vector<std::int64_t> prune_counts;     ///< [true][given]: rows to flag off the diagonal
    std::vector<std::uint8_t> flagged;          ///< [n]
};

/// \p probabilities row-major [n x C], out of sample. Of rows with equal margins those with smaller \p tie_key [n] are
/// flagged first.
ConfidentLearning confident_learning(std::span<double const> probabilities, std::span<std::int32_t const> labels,
                                     std::int32_t classes, std::span<std::uint64_t const> tie_key);

/// Flagged rows by ascending self-confidence, then all others likewise: 1 is the most suspicious, 0 the least,
/// mid-ranks for ties.
std::vector<double> confident_learning_scores(std::span<double const> probabilities,
                                              std::span<std::int32_t const> labels, std::int32_t classes,
                                              std::span<std::uint8_t const> flagged);

}  // namespace ablatrix::ecg
