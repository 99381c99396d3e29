#include <ablatrix/stats/gates.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/mcnemar.hpp>

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-7;  // seven digits are given

GateRule rule_of(GateOp op, double threshold, GateMode mode = GateMode::ci)
{
    GateRule rule;
    rule.id = "G1";
    rule.op = op;
    rule.threshold = threshold;
    rule.mode = mode;
    return rule;
}

/// Values with mean .7 and sample standard deviation .01.
std::vector<double> spread_of(std::size_t seeds)
{
    std::vector<double> values(seeds, .7);
    // Two values at +-x have s^2 = 2 x^2 / (S - 1).
    double const x = .01 * std::sqrt((static_cast<double>(seeds) - 1) / 2);
    values.front() += x;
    values.back() -= x;
    return values;
}

GateEvidence spread_evidence(std::vector<double> const& values)
{
    GateEvidence evidence;
    evidence.estimate = seed_sd_interval(values);
    evidence.spread_over_seeds = true;
    evidence.n_seeds = static_cast<std::int64_t>(values.size());
    return evidence;
}

GateEvidence proportion_evidence(std::int64_t k, std::int64_t n)
{
    GateEvidence evidence;
    evidence.estimate = wilson(k, n);
    evidence.successes = k;
    evidence.trials = n;
    return evidence;
}

TEST(Gates, three_seeds_cannot_decide_a_small_spread)  // G1 .. the gate table, row by row
{
    GateEvidence const evidence = spread_evidence(spread_of(3));
    GateResult const result = judge(rule_of(GateOp::less, .03), evidence);
    EXPECT_NEAR(result.value, .01, 1e-12);
    EXPECT_NEAR(result.low, .0052066, tolerance);
    EXPECT_NEAR(result.high, .0628473, tolerance);
    EXPECT_EQ(result.outcome, Outcome::undecidable);
    EXPECT_EQ(result.point, Outcome::pass);
    EXPECT_EQ(result.reason, "interval_straddles");
    EXPECT_EQ(result.settle, "a standard deviation below 0.00477 at 3 seeds, or 5 seeds at the observed one");
}

TEST(Gates, five_seeds_can_decide_it)
{
    GateResult const result = judge(rule_of(GateOp::less, .03), spread_evidence(spread_of(5)));
    EXPECT_NEAR(result.low, .0059913, tolerance);
    EXPECT_NEAR(result.high, .0287356, tolerance);
    EXPECT_EQ(result.outcome, Outcome::pass);
}

TEST(Gates, a_seed_without_effect_is_no_stability)
{
    GateEvidence evidence = spread_evidence({.7, .7, .7});
    evidence.seed_effective = false;
    GateResult const result = judge(rule_of(GateOp::less, .03), evidence);
    EXPECT_EQ(result.outcome, Outcome::undecidable);
    EXPECT_EQ(result.reason, "seed_not_effective");
    EXPECT_EQ(result.point, Outcome::pass);
}

TEST(Gates, four_of_eight_do_not_show_a_half)
{
    GateResult const result = judge(rule_of(GateOp::greater_equal, .5), proportion_evidence(4, 8));
    EXPECT_NEAR(result.low, .2152161, tolerance);
    EXPECT_NEAR(result.high, .7847839, tolerance);
    EXPECT_EQ(result.outcome, Outcome::undecidable);
    EXPECT_EQ(result.point, Outcome::pass);
    EXPECT_EQ(result.settle, "at least 7 of 8");
}

TEST(Gates, all_of_sixteen_do_not_show_95_percent)
{
    GateResult const result = judge(rule_of(GateOp::greater_equal, .95), proportion_evidence(16, 16));
    EXPECT_NEAR(result.low, .8063923, tolerance);
    EXPECT_NEAR(result.high, 1, tolerance);
    EXPECT_EQ(result.outcome, Outcome::undecidable);
    EXPECT_EQ(result.point, Outcome::pass);
    EXPECT_EQ(result.settle, "at least 73 items, all right");
}

TEST(Gates, calibration_error_of_few_items_is_marked_as_uninformative)
{
    GateEvidence evidence;
    evidence.estimate.value = .1;
    evidence.estimate.low = .05;
    evidence.estimate.high = .19;
    evidence.estimate.status = Status::ok;
    evidence.ece_null = .146;
    GateResult const result = judge(rule_of(GateOp::less, .2), evidence);
    EXPECT_EQ(result.outcome, Outcome::pass);
    EXPECT_EQ(result.note, "ece_uninformative");
    evidence.ece_null = .036;
    EXPECT_EQ(judge(rule_of(GateOp::less, .2), evidence).note, "");
}

GateEvidence mcnemar_evidence(std::int64_t b, std::int64_t c)
{
    GateEvidence evidence;
    evidence.test = mcnemar({0, b, c, 0});
    evidence.effect = static_cast<double>(b - c);
    return evidence;
}

TEST(Gates, mcnemar_passes_fails_or_cannot_reach)
{
    GateRule const worse = rule_of(GateOp::less, 0, GateMode::test);
    EXPECT_EQ(judge(worse, mcnemar_evidence(0, 6)).outcome, Outcome::pass);
    GateResult const not_shown = judge(worse, mcnemar_evidence(1, 7));
    EXPECT_EQ(not_shown.outcome, Outcome::fail);
    EXPECT_EQ(not_shown.reason, "not_shown");
    GateResult const hopeless = judge(worse, mcnemar_evidence(0, 5));
    EXPECT_EQ(hopeless.outcome, Outcome::undecidable);
    EXPECT_EQ(hopeless.reason, "cannot_reach");
    EXPECT_EQ(hopeless.settle, "at least 6 discordant items, clusters or seeds");
    GateResult const opposite = judge(rule_of(GateOp::greater, 0, GateMode::test), mcnemar_evidence(0, 6));
    EXPECT_EQ(opposite.outcome, Outcome::fail);
    EXPECT_EQ(opposite.reason, "significant_opposite");
}

std::vector<GateEvidence> holm_family()
{
    double const p[] = {.0703125, .0625, .001, .02};
    double const p_min[] = {std::ldexp(1, -7), std::ldexp(1, -4), std::ldexp(1, -10), std::ldexp(1, -8)};
    std::vector<GateEvidence> family(4);
    for (std::size_t i = 0; i < 4; ++i) {
        family[i].test.p = p[i];
        family[i].test.p_min = p_min[i];
        family[i].test.status = Status::ok;
        family[i].effect = .1;
    }
    return family;
}

TEST(Gates, any_of_adjusts_its_candidates_by_holm)
{
    GateRule rule = rule_of(GateOp::greater, 0, GateMode::test);
    rule.scope = GateScope::any_of;
    GateVerdict const verdict = judge_all(rule, holm_family());
    Outcome const expected[] = {Outcome::fail, Outcome::undecidable, Outcome::pass, Outcome::fail};
    double const adjusted[] = {.125, .125, .004, .06};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(verdict.candidates[i].outcome, expected[i]) << i;
        EXPECT_NEAR(verdict.candidates[i].p, adjusted[i], 1e-12);
    }
    EXPECT_EQ(verdict.outcome, Outcome::pass);
    EXPECT_EQ(verdict.reason, "significant");
}

TEST(Gates, all_of_needs_no_adjustment)
{
    GateVerdict const verdict = judge_all(rule_of(GateOp::greater, 0, GateMode::test), holm_family());
    EXPECT_EQ(verdict.candidates[3].outcome, Outcome::pass);  // .02 stays .02
    EXPECT_EQ(verdict.outcome, Outcome::fail);
}

TEST(Gates, any_of_intervals_are_wider)
{
    GateRule rule = rule_of(GateOp::less, .03);
    rule.scope = GateScope::any_of;
    EXPECT_DOUBLE_EQ(gate_level(rule, 5), .99);
    GateEvidence evidence = spread_evidence(spread_of(5));
    std::vector<GateEvidence> five(5, evidence);
    EXPECT_THROW(judge_all(rule, five), ContractError);  // 95 % intervals
    evidence.estimate = seed_sd_interval(spread_of(5), .99);
    five.assign(5, evidence);
    EXPECT_EQ(judge_all(rule, five).outcome, Outcome::undecidable);  // upper end .044
}

TEST(Gates, a_threshold_within_the_resampling_error_is_undecided)
{
    GateRule const rule = rule_of(GateOp::greater, .5);
    GateEvidence evidence;
    evidence.estimate = {.6, .501, .7, .95, undefined_value, Status::ok, "boot.item_strat.percentile", ""};
    evidence.mc = {.502, .51, .69, .71};
    EXPECT_EQ(judge(rule, evidence).outcome, Outcome::pass);
    EXPECT_FALSE(is_within_resampling_error(rule, evidence));
    evidence.mc.low_from = .499;
    EXPECT_TRUE(is_within_resampling_error(rule, evidence));
    EXPECT_EQ(judge(rule, evidence).outcome, Outcome::undecidable);
    EXPECT_EQ(judge(rule, evidence).reason, "resampling_error");

    GateRule const margin = rule_of(GateOp::less, .05, GateMode::equiv);
    GateEvidence close;
    close.estimate = {.0, -.06, .06, .95, undefined_value, Status::ok, "", ""};
    close.inner = {.0, -.049, .049, .9, undefined_value, Status::ok, "", ""};
    close.mc = {-.07, -.05, .05, .07};
    close.inner_mc = {-.0495, -.048, .048, .0495};
    EXPECT_EQ(judge(margin, close).outcome, Outcome::pass);  // the outer interval need not be inside
    close.inner_mc.high_to = .0501;
    EXPECT_EQ(judge(margin, close).reason, "resampling_error");
}

TEST(Gates, a_wider_family_asks_for_wider_intervals)
{
    GateRule rule = rule_of(GateOp::less, .03);
    rule.scope = GateScope::any_of;
    std::vector<GateEvidence> const two(2, spread_evidence(spread_of(5)));
    EXPECT_THROW(judge_all(rule, two), ContractError);  // 95 % intervals, 97.5 % are needed
    GateEvidence evidence = spread_evidence(spread_of(5));
    evidence.estimate = seed_sd_interval(spread_of(5), .975);
    std::vector<GateEvidence> const wide(2, evidence);
    EXPECT_NO_THROW(judge_all(rule, wide));
    EXPECT_THROW(judge_all(rule, wide, 5), ContractError);  // 99 %
}

TEST(Gates, equivalence_needs_the_inner_interval_within_the_margin)
{
    GateRule const rule = rule_of(GateOp::less, .05, GateMode::equiv);
    auto const evidence = [](double value, double inner, double outer) {
        GateEvidence e;
        e.estimate = {value, value - outer, value + outer, .95, undefined_value, Status::ok, "", ""};
        e.inner = {value, value - inner, value + inner, .9, undefined_value, Status::ok, "", ""};
        return e;
    };
    EXPECT_EQ(judge(rule, evidence(.01, .03, .045)).outcome, Outcome::pass);  // outer straddles, which is allowed
    EXPECT_EQ(judge(rule, evidence(.03, .03, .04)).outcome, Outcome::undecidable);
    EXPECT_EQ(judge(rule, evidence(-.2, .03, .04)).outcome, Outcome::fail);
    EXPECT_THROW(judge(rule_of(GateOp::less, 0, GateMode::equiv), evidence(0, .1, .1)), Error);
}

TEST(Gates, what_is_missing_never_passes)
{
    GateRule rule = rule_of(GateOp::less, .03, GateMode::point);
    EXPECT_EQ(judge(rule, {}).outcome, Outcome::undecidable);
    GateEvidence evidence = spread_evidence(spread_of(3));
    EXPECT_EQ(judge(rule, evidence).outcome, Outcome::pass);
    rule.min_seeds = 5;
    GateResult const unmet = judge(rule, evidence);
    EXPECT_EQ(unmet.outcome, Outcome::undecidable);
    EXPECT_EQ(unmet.reason, "needs_seeds");
    EXPECT_EQ(unmet.settle, "5 seeds");
    rule.mode = GateMode::ci;
    rule.min_seeds = 0;
    evidence.estimate.status = Status::not_reliable;
    EXPECT_EQ(judge(rule, evidence).reason, "not_reliable");
    EXPECT_EQ(judge_all(rule, {}).reason, "no_candidates");
    rule.mode = GateMode::test;
    EXPECT_EQ(judge(rule, {}).reason, "no_p");
}

TEST(Gates, outcomes_combine_by_kleenes_tables)
{
    using enum Outcome;
    EXPECT_EQ(combine(std::vector{pass, fail, undecidable}, GateScope::all_of), fail);
    EXPECT_EQ(combine(std::vector{pass, undecidable}, GateScope::all_of), undecidable);
    EXPECT_EQ(combine(std::vector{pass, pass}, GateScope::all_of), pass);
    EXPECT_EQ(combine(std::vector{pass, fail, undecidable}, GateScope::any_of), pass);
    EXPECT_EQ(combine(std::vector{fail, undecidable}, GateScope::any_of), undecidable);
    EXPECT_EQ(combine(std::vector{fail, fail}, GateScope::any_of), fail);
    EXPECT_EQ(combine({}, GateScope::all_of), undecidable);
}

TEST(Gates, largest_passing_spreads_are_those_of_the_table)  // chi-square quantiles, "std < 3 pp"
{
    std::int64_t const seeds[] = {2, 3, 4, 5, 8, 10};
    double const expected[] = {.094, .477, .805, 1.044, 1.474, 1.643};
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_NEAR(100 * largest_passing_sd(.03, seeds[i]), expected[i], 5e-4);
    EXPECT_EQ(seeds_for_sd(.03, .03), 0);
    EXPECT_EQ(seed_sd_interval(std::vector<double>{.1}).status, Status::undefined);
    EXPECT_EQ(seed_sd_interval(std::vector<double>{.1, .1}).status, Status::degenerate);
    EXPECT_EQ(seed_sd_interval(std::vector<double>{.85 - .8, .75 - .7}).status, Status::degenerate);  // rounding
    EXPECT_NEAR(seed_sd_interval(std::vector<double>{0, 2}, .95, 0).value, 1, 1e-15);
}

TEST(Gates, names_are_read_back)
{
    EXPECT_EQ(gate_op("<="), GateOp::less_equal);
    EXPECT_EQ(gate_mode("equiv"), GateMode::equiv);
    EXPECT_EQ(gate_scope("any_of"), GateScope::any_of);
    EXPECT_THROW(gate_mode("bayes"), Error);
}

}  // namespace
}  // namespace ablatrix::stats
