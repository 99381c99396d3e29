#include <ablatrix/stats/planning.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/gates.hpp>

#include "detail/distributions.hpp"

namespace ablatrix::stats {

namespace {

constexpr std::int64_t most_planned = 1'000'000;

void check_levels(double power, double alpha)
{
    ABLATRIX_VALIDATE(alpha > 0 && alpha < 1, "alpha is not in (0, 1). Use 0.05");
    ABLATRIX_VALIDATE(power > alpha && power < 1, "the power is not in (alpha, 1). Use 0.8");
}

double upper_quantile(double upper)
{
    return -detail::normal_quantile(upper);
}

/// Chance that the exact test rejects, by number of discordant items; filled up to the largest number asked for.
class RejectionTable
{
  public:
    RejectionTable(double share_a, double alpha) : share_a_(share_a), alpha_(alpha) {}

    double operator[](std::int64_t m)
    {
        while (static_cast<std::int64_t>(values_.size()) <= m)
            values_.push_back(next(static_cast<std::int64_t>(values_.size())));
        return values_[static_cast<std::size_t>(m)];
    }

  private:
    double next(std::int64_t m)
    {
        // The largest minority count that rejects grows with m, by at most one a step.
        while (2 * (critical_ + 1) < m && 2 * detail::half_binomial_cdf(critical_ + 1, m) <= alpha_)
            ++critical_;
        if (critical_ < 0) return 0;
        return detail::binomial_cdf(critical_, m, share_a_) + detail::binomial_cdf(critical_, m, 1 - share_a_);
    }

    double share_a_, alpha_;
    std::int64_t critical_ = -1;
    std::vector<double> values_;
};

double power_of(RejectionTable& rejection, std::int64_t n, double discordant)
{
    if (discordant == 1) return rejection[n];
    double const log_p = std::log(discordant);
    double const log_q = std::log1p(-discordant);
    // Beyond 12 standard deviations and 40 lies less than the rounding of the sum.
    double const mean = static_cast<double>(n) * discordant;
    double const reach = 12 * std::sqrt(mean * (1 - discordant)) + 40;
    std::int64_t const first = std::max<std::int64_t>(0, static_cast<std::int64_t>(mean - reach));
    std::int64_t const last = std::min(n, static_cast<std::int64_t>(mean + reach));
    double power = 0;
    for (std::int64_t m = first; m <= last; ++m) {
        double const log_mass = detail::log_factorial(n) - detail::log_factorial(m) - detail::log_factorial(n - m) +
                                static_cast<double>(m) * log_p + static_cast<double>(n - m) * log_q;
        power += std::exp(log_mass) * rejection[m];
    }
    return power;
}

void check_discordance(double discordant, double difference)
{
    ABLATRIX_VALIDATE(discordant > 0 && discordant <= 1, "the discordant share is not in (0, 1]. Take it from a pilot");
    ABLATRIX_VALIDATE(difference != 0 && std::abs(difference) <= discordant,
                      "a difference of accuracies is 0 or exceeds the discordant share. Only items on which the arms "
                      "differ can make a difference");
}

double auroc_variance(double theta, double positives, double negatives)
{
    double const square = theta * theta;
    return (theta * (1 - theta) + (positives - 1) * (theta / (2 - theta) - square) +
            (negatives - 1) * (2 * square / (1 + theta) - square)) /
           (positives * negatives);
}

double auroc_difference_variance(double a, double b, double correlation, double positives, double negatives)
{
    double const v_a = auroc_variance(a, positives, negatives);
    double const v_b = auroc_variance(b, positives, negatives);
    return v_a + v_b - 2 * correlation * std::sqrt(v_a * v_b);
}

}  // namespace

double paired_t_power(double effect, std::int64_t n_seeds, double alpha)
{
    check_levels(0.999999, alpha);
    if (n_seeds < 2) return undefined_value;
    double const df = static_cast<double>(n_seeds - 1);
    double const critical = detail::student_two_sided(1 - alpha, df);
    double const shift = std::abs(effect) * std::sqrt(static_cast<double>(n_seeds));
    // By symmetry the lower tail is the upper one of the mirrored shift.
    return 1 - detail::noncentral_t_cdf(critical, df, shift) + detail::noncentral_t_cdf(-critical, df, shift);
}

std::int64_t seeds_for_paired_t(double effect, double power, double alpha)
{
    check_levels(power, alpha);
    ABLATRIX_VALIDATE(effect > 0, "a planned effect is not above 0. Give its size in standard deviations");
    double const z = upper_quantile(alpha / 2);
    double const total = (z + upper_quantile(1 - power)) / effect;
    double const start = total * total + z * z / 2;
    ABLATRIX_VALIDATE(start < static_cast<double>(most_planned), "an effect too small to plan for. Plan a larger one");
    auto seeds = std::max<std::int64_t>(2, static_cast<std::int64_t>(start));
    while (seeds > 2 && paired_t_power(effect, seeds - 1, alpha) >= power)
        --seeds;
    while (paired_t_power(effect, seeds, alpha) < power)
        ++seeds;
    return seeds;
}

double detectable_effect(std::int64_t n_seeds, double power, double alpha)
{
    check_levels(power, alpha);
    if (n_seeds < 2) return undefined_value;
    double low = 0;
    double high = 1;
    while (paired_t_power(high, n_seeds, alpha) < power)
        high *= 2;
    while (high - low > 1e-10 * high) {
        double const middle = low + (high - low) / 2;
        (paired_t_power(middle, n_seeds, alpha) < power ? low : high) = middle;
    }
    return high;
}

double mcnemar_items_formula(double discordant, double difference, double power, double alpha)
{
    check_levels(power, alpha);
    check_discordance(discordant, difference);
    double const root = upper_quantile(alpha / 2) * std::sqrt(discordant) +
                        upper_quantile(1 - power) * std::sqrt(std::max(0.0, discordant - difference * difference));
    return root * root / (difference * difference);
}

double mcnemar_power(std::int64_t n, double discordant, double difference, double alpha)
{
    check_discordance(discordant, difference);
    RejectionTable rejection((discordant + std::abs(difference)) / (2 * discordant), alpha);
    return power_of(rejection, n, discordant);
}

std::int64_t mcnemar_items(double discordant, double difference, double power, double alpha)
{
    double const formula = mcnemar_items_formula(discordant, difference, power, alpha);
    ABLATRIX_VALIDATE(formula < 1e5, "more than 100000 items for exact planning. Use the formula");
    RejectionTable rejection((discordant + std::abs(difference)) / (2 * discordant), alpha);
    auto n = static_cast<std::int64_t>(std::ceil(formula));
    while (power_of(rejection, n, discordant) < power)
        ++n;
    return n;
}

double hanley_mcneil_se(double auroc, std::int64_t positives, std::int64_t negatives)
{
    ABLATRIX_VALIDATE(auroc >= 0 && auroc <= 1, "an AUROC is not in [0, 1]");
    if (positives < 1 || negatives < 1) return undefined_value;
    return std::sqrt(auroc_variance(auroc, static_cast<double>(positives), static_cast<double>(negatives)));
}

double hanley_mcneil_difference_se(double a, double b, double correlation, std::int64_t positives,
                                   std::int64_t negatives)
{
    ABLATRIX_VALIDATE(a >= 0 && a <= 1 && b >= 0 && b <= 1, "an AUROC is not in [0, 1]");
    ABLATRIX_VALIDATE(correlation >= -1 && correlation < 1, "a correlation is not in [-1, 1)");
    if (positives < 1 || negatives < 1) return undefined_value;
    return std::sqrt(std::max(0.0, auroc_difference_variance(a, b, correlation, static_cast<double>(positives),
                                                             static_cast<double>(negatives))));
}

AurocItems auroc_items(double a, double b, double correlation, double negatives_per_positive, double power,
                       double alpha)
{
    check_levels(power, alpha);
    ABLATRIX_VALIDATE(a != b, "equal AUROCs need no items. Give the difference to detect");
    ABLATRIX_VALIDATE(negatives_per_positive > 0, "the ratio of negatives to positives is not above 0");
    double const z = upper_quantile(alpha / 2) + upper_quantile(1 - power);
    for (std::int64_t positives = 2; positives <= most_planned; ++positives) {
        auto const negatives =
            static_cast<std::int64_t>(std::llround(static_cast<double>(positives) * negatives_per_positive));
        if (negatives < 1) continue;
        double const se = hanley_mcneil_difference_se(a, b, correlation, positives, negatives);
        if (z * se <= std::abs(a - b)) return {positives, negatives};
    }
    ABLATRIX_VALIDATE(false, "a difference too small to plan for. Plan a larger one");
    return {0, 0};
}

std::int64_t successes_needed(std::int64_t n, double threshold, double level)
{
    std::int64_t low = 0;  // does not suffice, unless the threshold is 0
    std::int64_t high = n + 1;
    while (high - low > 1) {
        std::int64_t const middle = low + (high - low) / 2;
        (wilson(middle, n, level).low >= threshold ? high : low) = middle;
    }
    return high <= n ? high : 0;
}

std::int64_t perfect_items_needed(double threshold, double level)
{
    ABLATRIX_VALIDATE(threshold < 1, "no number of items shows a proportion of 1. Lower the threshold");
    std::int64_t n = 1;
    while (wilson(n, n, level).low < threshold)
        ++n;
    return n;
}

ProportionItems proportion_items(double threshold, double truth, double power, double level)
{
    ABLATRIX_VALIDATE(threshold >= 0 && threshold < truth && truth <= 1,
                      "the true proportion is not between the threshold and 1. Plan for a larger one");
    for (std::int64_t n = 1; n <= most_planned; ++n) {
        std::int64_t const needed = successes_needed(n, threshold, level);
        if (needed == 0) continue;
        if (1 - detail::binomial_cdf(needed - 1, n, truth) >= power) return {n, needed};
    }
    ABLATRIX_VALIDATE(false, "a margin too small to plan for. Plan for a larger one");
    return {0, 0};
}

std::int64_t discordants_needed(double alpha, double family, bool mid_p)
{
    ABLATRIX_EXPECT(alpha > 0 && alpha < 1 && family >= 1);
    std::int64_t m = 1;
    while (std::ldexp(1.0, static_cast<int>(mid_p ? -m : 1 - m)) >= alpha / family)
        ++m;
    return m;
}

double effective_items(double n, double group_size, double correlation)
{
    return n / (1 + (group_size - 1) * correlation);
}

TwoLevelPlan two_level_plan(double var_item, double var_seed, double var_cell, std::int64_t n_items,
                            std::int64_t n_seeds)
{
    ABLATRIX_EXPECT(n_items > 0 && n_seeds > 0 && var_item >= 0 && var_seed >= 0 && var_cell >= 0);
    auto const n = static_cast<double>(n_items);
    auto const S = static_cast<double>(n_seeds);
    return {std::sqrt(var_item / n + var_seed / S + var_cell / (n * S)), std::sqrt(var_item / n),
            std::sqrt(var_seed / S)};
}

double one_class_risk(std::int64_t n, double positive_share)
{
    auto const exponent = static_cast<double>(n);
    return std::pow(1 - positive_share, exponent) + std::pow(positive_share, exponent);
}

std::vector<std::string> plan_warnings(PlannedComparison const& plan, double power, double alpha)
{
    std::vector<std::string> warnings;
    if (plan.most_discordant >= 0 && plan.most_discordant < discordants_needed(alpha, plan.family)) {
        warnings.emplace_back("unreachable");
    }
    if (!std::isnan(plan.seed_effect)) {
        // One seed has no power at all.
        double const reached = paired_t_power(plan.seed_effect, plan.n_seeds, alpha / plan.family);
        if (!(reached >= power)) warnings.emplace_back("underpowered");
    }
    if (plan.fewest_groups >= 0 && plan.fewest_groups < 10) warnings.emplace_back("few_groups");
    if (!std::isnan(plan.expected_sd) && !std::isnan(plan.sd_threshold)) {
        bool const reachable = plan.expected_sd < largest_passing_sd(plan.sd_threshold, plan.n_seeds);
        if (!reachable) warnings.emplace_back("std_gate_unreachable");
    }
    if (plan.n_items > 0 && one_class_risk(plan.n_items, plan.positive_share) > 0.01) {
        warnings.emplace_back("one_class_risk");
    }
    return warnings;
}

}  // namespace ablatrix::stats
