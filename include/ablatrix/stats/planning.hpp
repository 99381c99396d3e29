#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// How many seeds and items a question needs, before compute is spent. Tests are two-sided at \p alpha.

namespace ablatrix::stats {

/// Power of the paired t test over S seeds at a mean difference of \p effect standard deviations of the differences.
double paired_t_power(double effect, std::int64_t n_seeds, double alpha = 0.05);
/// Fewest seeds with that power. \throws Error unless effect > 0, and when a million seeds are too few
std::int64_t seeds_for_paired_t(double effect, double power = 0.8, double alpha = 0.05);
/// Smallest effect, in standard deviations of the differences, that S seeds detect with that power. NaN for one seed.
double detectable_effect(std::int64_t n_seeds, double power = 0.8, double alpha = 0.05);

/// Items for McNemar's test by the normal formula (Miettinen 1968; Connor 1987).
///
/// \param discordant share of items on which the arms differ
/// \param difference of the accuracies, at most \p discordant in size and not 0
double mcnemar_items_formula(double discordant, double difference, double power = 0.8, double alpha = 0.05);
/// Exact power of the exact conditional test with n items.
double mcnemar_power(std::int64_t n, double discordant, double difference, double alpha = 0.05);
/// First n upward from the formula whose exact power suffices. (Power saws: a slightly larger n may fall short again.)
std::int64_t mcnemar_items(double discordant, double difference, double power = 0.8, double alpha = 0.05);

/// Standard error of one AUROC (Hanley and McNeil 1982).
double hanley_mcneil_se(double auroc, std::int64_t positives, std::int64_t negatives);
/// Of the difference of two AUROCs whose estimates correlate with \p correlation (same items).
double hanley_mcneil_difference_se(double a, double b, double correlation, std::int64_t positives,
                                   std::int64_t negatives);
struct AurocItems
{
    std::int64_t positives, negatives;
};
/// Fewest positives, with \p negatives_per_positive negatives each, that detect a - b.
AurocItems auroc_items(double a, double b, double correlation, double negatives_per_positive, double power = 0.8,
                       double alpha = 0.05);

/// Smallest number right of n whose Wilson lower bound reaches \p threshold; 0 when none does.
std::int64_t successes_needed(std::int64_t n, double threshold, double level = 0.95);
/// Fewest items whose Wilson lower bound reaches \p threshold < 1 when all are right.
std::int64_t perfect_items_needed(double threshold, double level = 0.95);
struct ProportionItems
{
    std::int64_t n, successes;  ///< the gate passes with at least that many of n
};
/// Fewest items with which "proportion >= threshold" passes with that power when the truth is \p truth > threshold.
ProportionItems proportion_items(double threshold, double truth, double power = 0.8, double level = 0.95);

/// Discordant items, clusters or seeds without which an exact sign test cannot get below alpha / family.
std::int64_t discordants_needed(double alpha, double family = 1, bool mid_p = false);

/// Independent items that n items in groups of \p group_size with intraclass correlation are worth (Kish 1965).
double effective_items(double n, double group_size, double correlation);

/// Standard error of a mean over items and seeds, and what it cannot fall below (pilot variances of two_level()).
struct TwoLevelPlan
{
    double standard_error;
    double floor_items;  ///< with these items and any number of seeds
    double floor_seeds;  ///< with these seeds and any number of items
};
/// \p var_item, \p var_seed, \p var_cell: variances of one item, seed and cell, not of the mean.
TwoLevelPlan two_level_plan(double var_item, double var_seed, double var_cell, std::int64_t n_items,
                            std::int64_t n_seeds);

/// Chance that a plain item resample holds one class only: the metric is then undefined.
double one_class_risk(std::int64_t n, double positive_share);

/// A planned comparison; what is not known keeps its default and is not judged.
struct PlannedComparison
{
    std::int64_t n_seeds = 0;
    double family = 1;                     ///< tests that are corrected together
    double seed_effect = undefined_value;  ///< declared effect, in standard deviations of the seeds' differences
    std::int64_t most_discordant = -1;     ///< items that can differ at best: the errors of a baseline
    std::int64_t fewest_groups = -1;       ///< in a class
    double expected_sd = undefined_value;  ///< over seeds, for a gate "sd < sd_threshold"
    double sd_threshold = undefined_value;
    std::int64_t n_items = 0;  ///< of a metric that needs both classes, resampled unstratified
    double positive_share = undefined_value;
};

/// Codes of what to say before compute is spent: "unreachable" (no data could be significant), "underpowered" (power of
/// the paired t below \p power), "few_groups" (fewer than 10), "std_gate_unreachable", "one_class_risk" (above 1 %).
std::vector<std::string> plan_warnings(PlannedComparison const& plan, double power = 0.8, double alpha = 0.05);

}  // namespace ablatrix::stats
