#include <ablatrix/stats/planning.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats {
namespace {

TEST(Planning, seeds_for_a_paired_t_agree_with_statsmodels_and_r)  // P1
{
    double const effect[] = {.5, .8, 1, 1.5, 2, 3};
    std::int64_t const seeds[] = {34, 15, 10, 6, 5, 4};
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_EQ(seeds_for_paired_t(effect[i]), seeds[i]);
    EXPECT_NEAR(paired_t_power(.5, 34), .8077775, 5e-8);
    EXPECT_NEAR(paired_t_power(1, 10), .8030968566, 5e-11);  // statsmodels 0.15.0 and quadrature
    EXPECT_NEAR(paired_t_power(2, 5), .9088849, 5e-8);
    EXPECT_NEAR(detectable_effect(3), 3.264, 5e-4);
    EXPECT_NEAR(detectable_effect(5), 1.682, 5e-4);
    EXPECT_NEAR(detectable_effect(10), .996, 5e-4);
    EXPECT_TRUE(std::isnan(detectable_effect(1)));
    EXPECT_THROW(seeds_for_paired_t(0), Error);
}

TEST(Planning, mcnemar_items_agree_with_formula_and_enumeration)  // P2
{
    double const psi[] = {.10, .20, .20, .30, .25};
    double const delta[] = {.05, .05, .10, .10, .20};
    double const formula[] = {311.59, 625.55, 154.60, 233.09, 46.63};
    std::int64_t const exact[] = {337, 658, 168, 249, 50};
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(mcnemar_items_formula(psi[i], delta[i]), formula[i], 5e-3);
        EXPECT_EQ(mcnemar_items(psi[i], delta[i]), exact[i]);
    }
    EXPECT_NEAR(mcnemar_items_formula(.20, .05), 625.5473, 5e-5);
    EXPECT_NEAR(mcnemar_power(24, .25, .15), .151, 5e-4);
    EXPECT_THROW(mcnemar_items_formula(.1, .2), Error);
}

TEST(Planning, mcnemar_power_agrees_with_hand_calculation)
{
    // All 6 items discordant, A always right: p = 2 / 64 rejects for sure. With 5 nothing can.
    EXPECT_NEAR(mcnemar_power(6, 1, 1), 1, 1e-12);
    EXPECT_EQ(mcnemar_power(5, 1, 1), 0);
    // 6 items, psi = .5: all must be discordant, and all on one side with shares .75 and .25.
    EXPECT_NEAR(mcnemar_power(6, .5, .25), std::pow(.5, 6) * (std::pow(.75, 6) + std::pow(.25, 6)), 1e-14);
}

TEST(Planning, auroc_sizes_agree_with_hanley_and_mcneil)  // P2
{
    EXPECT_NEAR(hanley_mcneil_se(.8253125, 40, 160), .0421030467, 5e-11);
    AurocItems const items = auroc_items(.85, .82, .6, 9);
    EXPECT_EQ(items.positives, 454);
    EXPECT_EQ(items.negatives, 4086);
    EXPECT_TRUE(std::isnan(hanley_mcneil_se(.8, 0, 10)));
}

TEST(Planning, proportion_gates_agree_with_exact_binomials)
{
    struct Row
    {
        double threshold, truth;
        std::int64_t n, successes;
    };
    for (Row const& row : {Row{.5, .6, 187, 107}, {.5, .75, 26, 18}, {.95, .99, 142, 140}}) {
        ProportionItems const items = proportion_items(row.threshold, row.truth);
        EXPECT_EQ(items.n, row.n);
        EXPECT_EQ(items.successes, row.successes);
    }
    EXPECT_EQ(successes_needed(8, .5), 7);
    EXPECT_EQ(successes_needed(16, .95), 0);
    EXPECT_EQ(perfect_items_needed(.95), 73);
    EXPECT_THROW(proportion_items(.5, .5), Error);
}

TEST(Planning, discordants_for_a_family_follow_the_smallest_p)
{
    double const family[] = {1, 2, 3, 6, 12, 28};
    std::int64_t const exact[] = {6, 7, 7, 8, 9, 11};
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(discordants_needed(.05, family[i]), exact[i]);
        EXPECT_EQ(discordants_needed(.05, family[i], true), exact[i] - 1);
    }
}

TEST(Planning, clustering_and_two_levels_have_floors)
{
    EXPECT_DOUBLE_EQ(effective_items(1000, 10, .1), 1000 / 1.9);
    TwoLevelPlan const plan = two_level_plan(.16, .0004, .04, 100, 4);
    EXPECT_DOUBLE_EQ(plan.floor_items, .04);
    EXPECT_DOUBLE_EQ(plan.floor_seeds, .01);
    EXPECT_DOUBLE_EQ(plan.standard_error, std::sqrt(.0016 + .0001 + .0001));
    EXPECT_NEAR(one_class_risk(24, 2.0 / 24), .124, 5e-4);
}

TEST(Planning, warns_before_compute_is_spent)
{
    PlannedComparison plan;
    plan.n_seeds = 3;
    EXPECT_TRUE(plan_warnings(plan).empty());  // nothing known, nothing to say
    plan.most_discordant = 6;                  // enough for one test, not for two
    plan.seed_effect = 3.3;                    // 3 seeds detect 3.264
    plan.fewest_groups = 10;
    plan.expected_sd = .004;  // below .00477
    plan.sd_threshold = .03;
    plan.n_items = 200;
    plan.positive_share = .1;
    EXPECT_TRUE(plan_warnings(plan).empty());
    plan.family = 2;
    EXPECT_EQ(plan_warnings(plan), (std::vector<std::string>{"unreachable", "underpowered"}));
    plan.fewest_groups = 9;
    plan.expected_sd = .005;
    plan.n_items = 24;
    EXPECT_EQ(plan_warnings(plan), (std::vector<std::string>{"unreachable", "underpowered", "few_groups",
                                                             "std_gate_unreachable", "one_class_risk"}));
}

}  // namespace
}  // namespace ablatrix::stats
