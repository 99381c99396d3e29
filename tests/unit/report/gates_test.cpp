#include <ablatrix/report/gates.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/text.hpp>

#include "sample_result.hpp"

namespace ablatrix::report {
namespace {

using stats::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

/// Rules written "{id: g, ...}, {...}".
std::vector<plan::Gate> rules(std::string const& text)
{
    return plan::read_gates(config::parse_yaml("[" + text + "]", "gates.yaml"), 0.95);
}

GateReport judged(store::ResultFile const& file, std::string const& text)
{
    return gates(file, rules(text));
}

/// The only candidate of the only rule.
stats::GateResult only(GateReport const& report)
{
    EXPECT_THAT(report.gates, SizeIs(1));
    EXPECT_THAT(report.gates.at(0).verdict.candidates, SizeIs(1));
    return report.gates.at(0).verdict.candidates.at(0);
}

std::vector<std::string> labels(GateReport const& report)
{
    std::vector<std::string> out;
    for (auto const& record : report.report.records) {
        if (record.kind != "gate_candidate" && report.report.records.size() > 1) continue;
        std::string label = record.method;
        if (!record.method_b.empty() && record.method_b != record.method) label += "-" + record.method_b;
        label += " " + record.arm;
        if (!record.arm_b.empty() && record.arm_b != record.arm) label += "-" + record.arm_b;
        for (auto const& [axis, value] : record.condition)
            label += " " + value;
        out.push_back(label);
    }
    return out;
}

/// Two conditions, three seeds, two arms; detectors "a" and "b". AUROC of a at full: .80 .82 .84, at less: .70 .70 .73.
class Gates : public testing::Test
{
  protected:
    Gates() : result({"uniform", "artifact"}, {"1", "2", "3"}, {"full", "less"}, {"a", "b"}, {"none"}, 8)
    {
        double const full[] = {.80, .82, .84}, less[] = {.70, .70, .73};
        for (std::size_t noise = 0; noise < 2; ++noise) {
            for (std::size_t seed = 0; seed < 3; ++seed) {
                result.set_metric(0, result.run(noise, seed, 0), 0, 0, full[seed]);
                result.set_metric(0, result.run(noise, seed, 1), 0, 0, less[seed]);
                result.set_metric(0, result.run(noise, seed, 0), 1, 0, .79 + .01 * static_cast<double>(seed));
            }
        }
        result.share_over_arms(0, 1);
    }
    sample::SampleResult result;
};

std::string const of_a = "where: {method: a, noise: uniform}";

TEST_F(Gates, pass_fail_and_cannot_tell_by_the_whole_interval)
{
    auto const file = result.write();
    // Mean .82, s .02, t(.975, 2) = 4.302652729749: .82 +- .0496827.
    auto const pass = judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0.77, " + of_a + "}");
    EXPECT_EQ(pass.outcome, Outcome::pass);
    EXPECT_NEAR(only(pass).value, .82, 1e-12);
    EXPECT_NEAR(only(pass).low, .82 - .0496827, 1e-7);
    EXPECT_NEAR(only(pass).high, .82 + .0496827, 1e-7);
    EXPECT_THAT(render_terminal(pass.report.document), HasSubstr("The gate holds."));

    auto const open = judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0.78, " + of_a + "}");
    EXPECT_EQ(open.outcome, Outcome::undecidable);
    EXPECT_EQ(only(open).point, Outcome::pass);
    std::string const text = render_terminal(open.report.document, 400);
    EXPECT_THAT(text, HasSubstr("1 of 1 gate cannot be decided, which is not a pass: g."));
    EXPECT_THAT(text, HasSubstr("reaches across the threshold. By the bare values alone: pass. It would take about"));

    auto const fail = judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0.9, " + of_a + "}");
    EXPECT_EQ(fail.outcome, Outcome::fail);
    EXPECT_THAT(render_terminal(fail.report.document), HasSubstr("1 of 1 gate fails: g."));
}

TEST_F(Gates, one_failure_of_several_fails_all)
{
    auto const report =
        judged(result.write(), "{id: good, quantity: auroc, op: '>', threshold: 0.7, " + of_a +
                                   "}, {id: bad, quantity: auroc, op: '<', threshold: 0.7, " + of_a +
                                   "}, {id: open, quantity: auroc, op: '<', threshold: 0.83, " + of_a + "}");
    EXPECT_EQ(report.outcome, Outcome::fail);
    EXPECT_THAT(render_terminal(report.report.document, 400),
                HasSubstr("1 of 3 gates fails: bad. 1 of 3 gates cannot be decided, which is not a pass: open."));
}

TEST_F(Gates, are_about_every_condition_at_the_baseline_arm_unless_they_say_otherwise)
{
    auto const file = result.write();
    auto const of = [&](std::string const& quantity, std::string const& where) {
        return labels(
            judged(file, "{id: g, op: '>', threshold: 0, quantity: '" + quantity + "', where: {" + where + "}}"));
    };
    EXPECT_THAT(of("auroc", "method: a"), ElementsAre("a full uniform", "a full artifact"));
    EXPECT_THAT(of("auroc", "method: '*', noise: uniform"), ElementsAre("a full uniform", "b full uniform"));
    EXPECT_THAT(of("auroc", "method: a, arm: '*', noise: artifact"), ElementsAre("a full artifact", "a less artifact"));
    EXPECT_THAT(of("difference(auroc)", "method: a"), ElementsAre("a less-full uniform", "a less-full artifact"));
    // b has the same columns in both arms, so there is nothing to compare.
    EXPECT_THAT(of("difference(auroc)", "method: '*', noise: uniform"), ElementsAre("a less-full uniform"));
    EXPECT_THAT(of("difference(auroc, arm=less)", "method: a, noise: uniform"), ElementsAre("a full-less uniform"));
    EXPECT_THAT(of("difference(auroc, method=b)", "method: '*', noise: uniform"), ElementsAre("a-b full uniform"));
}

TEST_F(Gates, what_is_not_in_the_file_is_undecidable)
{
    auto const file = result.write();
    auto const arm = judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0, where: {method: a, arm: gone}}");
    EXPECT_EQ(arm.outcome, Outcome::undecidable);
    EXPECT_THAT(render_terminal(arm.report.document, 400), HasSubstr("no run has the arm gone."));
    EXPECT_EQ(arm.report.records.at(0).estimate.status, stats::Status::not_run);
    auto const method = judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0, where: {method: aa}}");
    EXPECT_THAT(render_terminal(method.report.document, 400), HasSubstr("no run has the method aa; the nearest is a."));
    // One of two is there: the other keeps it from passing.
    auto const value =
        judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0, where: {method: a, noise: [uniform, odd]}}");
    EXPECT_EQ(value.outcome, Outcome::undecidable);
    EXPECT_THAT(value.gates.at(0).verdict.candidates, SizeIs(2));
}

TEST_F(Gates, seeds_left_out_are_said_and_may_be_too_few)
{
    result.fail(result.run(0, 1, 0), "stage broke");
    auto const file = result.write();
    auto const report =
        judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0.1, need: {min_seeds: 3}, " + of_a + "}");
    EXPECT_EQ(only(report).outcome, Outcome::undecidable);
    EXPECT_EQ(only(report).reason, "needs_seeds");
    std::string const text = render_terminal(report.report.document, 400);
    EXPECT_THAT(text, HasSubstr("needs 3 seeds, has 2 seeds (1 seed left out: failed, missing or undefined)"));
    EXPECT_THAT(text, HasSubstr("It would take 3 seeds."));
    EXPECT_EQ(report.report.records.at(0).n_excluded, 1);
}

TEST_F(Gates, differences_are_paired_over_seeds)
{
    auto const file = result.write();
    // d = -.10 -.12 -.11: mean -.11, s .01, t = -19.0525588833, df 2, p = .0027434.
    std::string const less = "{id: g, quantity: difference(auroc), mode: test, where: {method: a, noise: uniform}, ";
    auto const lower = judged(file, less + "op: '<'}");
    EXPECT_EQ(lower.outcome, Outcome::pass);
    EXPECT_NEAR(only(lower).p, .0027434, 1e-6);
    EXPECT_NEAR(only(lower).value, -.11, 1e-12);
    auto const higher = judged(file, less + "op: '>'}");
    EXPECT_EQ(higher.outcome, Outcome::fail);
    EXPECT_EQ(only(higher).reason, "significant_opposite");
}

TEST_F(Gates, a_conjunction_of_tests_is_not_corrected)
{
    auto const report =
        judged(result.write(), "{id: g, quantity: difference(auroc), mode: test, op: '<', where: {method: a}}");
    ASSERT_THAT(report.gates.at(0).verdict.candidates, SizeIs(2));
    EXPECT_NEAR(report.gates.at(0).verdict.candidates[1].p, .0027434, 1e-6);
    EXPECT_EQ(report.report.records.at(0).family_size, -1);
}

TEST_F(Gates, tests_of_one_family_are_corrected_together)
{
    std::string const rest =
        ", quantity: difference(auroc), mode: test, op: '<', family: f, where: {method: a, noise: ";
    auto const report = judged(result.write(), "{id: g" + rest + "uniform}}, {id: h" + rest +
                                                   "artifact}}, {id: k, scope: any_of, "
                                                   "family: f, quantity: auroc, op: '>', threshold: 0, " +
                                                   of_a + "}");
    // Three members; Holm of two equal p = .0027434 beside one without p: 3 p.
    EXPECT_NEAR(report.gates.at(0).verdict.candidates.at(0).p, 3 * .0027434, 3e-6);
    EXPECT_NEAR(report.gates.at(1).verdict.candidates.at(0).p, 3 * .0027434, 3e-6);
    EXPECT_EQ(report.report.records.at(0).family_size, 3);
    EXPECT_NEAR(report.report.records.at(2).estimate.level, 1 - .05 / 3, 1e-12);
}

TEST_F(Gates, any_of_several_asks_for_wider_intervals)
{
    auto const file = result.write();
    auto const any = judged(
        file,
        "{id: g, quantity: auroc, op: '>', threshold: 0.76, scope: any_of, where: {method: '*', noise: uniform}}");
    // Two candidates: level .975, t(.9875, 2) = 6.205346816571, .82 - .0716532 = .7483468.
    ASSERT_THAT(any.gates.at(0).verdict.candidates, SizeIs(2));
    EXPECT_NEAR(any.gates.at(0).verdict.candidates[0].low, .7483468, 1e-7);
    // b: .79 .80 .81 -> .80 - .0358266 = .7641734 passes where a cannot tell.
    EXPECT_NEAR(any.gates.at(0).verdict.candidates[1].low, .7641734, 1e-7);
    EXPECT_EQ(any.outcome, Outcome::pass);
    auto const all =
        judged(file, "{id: g, quantity: auroc, op: '>', threshold: 0.775, where: {method: '*', noise: uniform}}");
    EXPECT_NEAR(all.gates.at(0).verdict.candidates[1].low, .80 - .0248414, 1e-7);
    EXPECT_EQ(all.outcome, Outcome::undecidable);
}

TEST_F(Gates, equivalence_takes_the_narrower_interval)
{
    double const d[] = {-.001, 0, .001};
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.set_metric(0, result.run(0, seed, 1), 0, 0, .80 + .02 * static_cast<double>(seed) + d[seed]);
    auto const file = result.write();
    std::string const rest = ", quantity: difference(auroc), mode: equiv, where: {method: a, noise: uniform}}";
    // s .001: 90 % interval +- 2.919985580354 * .001 / sqrt(3) = .00168585, 95 % interval +- .00248414.
    EXPECT_EQ(judged(file, "{id: g, threshold: 0.002" + rest).outcome, Outcome::pass);
    EXPECT_EQ(judged(file, "{id: g, threshold: 0.0016" + rest).outcome, Outcome::undecidable);
}

TEST_F(Gates, per_run_numbers_can_be_gated)
{
    std::vector<double> parsed(12, .97);
    parsed[result.run(0, 0, 0)] = .96;
    parsed[result.run(0, 1, 0)] = .98;
    result.add_scalar("parse_rate", parsed);
    auto const file = result.write();
    auto const report = judged(file, "{id: g, quantity: parse_rate, op: '>', threshold: 0.9, where: {noise: uniform}}");
    // .96 .98 .97: .97 +- 4.302652729749 * .01 / sqrt(3).
    EXPECT_NEAR(only(report).low, .97 - .0248414, 1e-7);
    EXPECT_EQ(report.outcome, Outcome::pass);
    EXPECT_EQ(report.report.records.at(0).item_set, "");
    // The same value for every seed has no interval; a bare value may still be asked for.
    std::string const constant = "{id: g, quantity: parse_rate, op: '>', threshold: 0.9, where: {noise: artifact}";
    EXPECT_EQ(only(judged(file, constant + "}")).reason, "degenerate");
    EXPECT_EQ(judged(file, constant + ", mode: point}").outcome, Outcome::pass);
    auto const difference =
        judged(file, "{id: g, quantity: difference(parse_rate), op: '<', threshold: 0.1, where: {noise: uniform}}");
    EXPECT_NEAR(only(difference).value, 0, 1e-12);
    EXPECT_EQ(difference.outcome, Outcome::pass);
}

TEST_F(Gates, stored_rules_are_those_of_the_experiment)
{
    result.set_experiment(
        "statistics: {level: 0.9, resamples: 1000, seed: 42}\n"
        "gates: [{id: stored, quantity: auroc, op: '>', threshold: 0.7, where: {method: a}}]\n");
    auto const file = result.write();
    auto const stored = stored_gates(file);
    ASSERT_THAT(stored, SizeIs(1));
    EXPECT_EQ(stored[0].rule.id, "stored");
    EXPECT_EQ(stored[0].rule.level, .9);
    EXPECT_EQ(gates(file, stored).outcome, Outcome::pass);
    auto const later = gates_for(file, config::parse_yaml("- {id: x, quantity: auroc, op: '>', threshold: 0.7, "
                                                          "where: {method: a}}",
                                                          "later.yaml"));
    EXPECT_EQ(later.at(0).rule.level, .9);
    EXPECT_THAT(
        [&] { gates_for(file, config::parse_yaml("- {id: x, quantity: aurok, op: '>', threshold: 0}", "l.yaml")); },
        ThrowsMessage<config::ConfigError>(HasSubstr("unknown quantity 'aurok' (l.yaml:1:21")));
}

TEST_F(Gates, a_result_without_gates_has_none)
{
    auto const file = result.write();
    EXPECT_THAT(stored_gates(file), SizeIs(0));
    auto const report = gates(file, {});
    EXPECT_THAT(report.gates, SizeIs(0));
    EXPECT_EQ(report.outcome, Outcome::undecidable);
}

TEST_F(Gates, records_hold_the_rule_and_what_was_judged)
{
    auto const report =
        judged(result.write(), "{id: g, quantity: auroc, op: '>=', threshold: 0.8, where: {method: a}}");
    ASSERT_THAT(report.report.records, SizeIs(3));
    auto const& verdict = report.report.records[0];
    EXPECT_EQ(verdict.kind, "gate");
    EXPECT_EQ(verdict.gate.id, "g");
    EXPECT_EQ(verdict.gate.op, ">=");
    EXPECT_EQ(verdict.gate.threshold, .8);
    EXPECT_EQ(verdict.gate.mode, "ci");
    EXPECT_EQ(verdict.gate.outcome, "undecidable");
    EXPECT_EQ(verdict.gate.outcome_point, "pass");
    EXPECT_THAT(verdict.gate.settle, HasSubstr("times as many"));
    EXPECT_NEAR(verdict.estimate.value, .82, 1e-12);
    EXPECT_EQ(verdict.n_seeds, 3);
    EXPECT_EQ(report.report.records[1].kind, "gate_candidate");
    EXPECT_NE(record_id(report.report.records[1]), record_id(report.report.records[2]));
    EXPECT_NE(record_id(report.report.records[0]), record_id(report.report.records[1]));
}

/// The gate table of statistics.md section 9, from a file.
TEST(GateTable, spread_over_three_and_five_seeds)
{
    double const three[] = {.69, .70, .71};
    sample::SampleResult few({"uniform"}, {"1", "2", "3"}, {"full"}, {"m"}, {"none"}, 4);
    for (std::size_t seed = 0; seed < 3; ++seed)
        few.set_metric(0, few.run(0, seed, 0), 0, 0, three[seed]);
    std::string const rule =
        "{id: G1, quantity: seed_sd(auroc), where: {method: m, arm: '*'}, op: '<', threshold: "
        "0.03, mode: ci, need: {min_seeds: 3}, scope: any_of, family: gates}";
    auto const open = judged(few.write(), rule);
    EXPECT_NEAR(only(open).value, .01, 1e-12);
    EXPECT_NEAR(only(open).low, .0052066, 1e-7);
    EXPECT_NEAR(only(open).high, .0628473, 1e-7);
    EXPECT_EQ(open.outcome, Outcome::undecidable);
    EXPECT_EQ(only(open).point, Outcome::pass);
    EXPECT_THAT(only(open).settle, HasSubstr("5 seeds at the observed one"));

    sample::SampleResult more({"uniform"}, {"1", "2", "3", "4", "5"}, {"full"}, {"m"}, {"none"}, 4);
    double const x = .01 * std::sqrt(2.);  // two values at +-x and three at 0: s^2 = 2 x^2 / 4
    double const five[] = {.7 - x, .7, .7, .7, .7 + x};
    for (std::size_t seed = 0; seed < 5; ++seed)
        more.set_metric(0, more.run(0, seed, 0), 0, 0, five[seed]);
    auto const pass = judged(more.write(), rule);
    EXPECT_NEAR(only(pass).low, .0059913, 1e-7);
    EXPECT_NEAR(only(pass).high, .0287356, 1e-7);
    EXPECT_EQ(pass.outcome, Outcome::pass);
}

/// The spread of the accuracy over three seeds whose predictions are right on two of four items.
GateReport spread_of_predictions(std::vector<double> const& last)
{
    sample::SampleResult result({"uniform"}, {"1", "2", "3"}, {"full"}, {"m"}, {"none"}, 4);
    for (std::size_t seed = 0; seed < 2; ++seed)
        result.set_column(1, result.run(0, seed, 0), 0, {1, 1, 0, 0});
    result.set_column(1, result.run(0, 2, 0), 0, last);
    return judged(result.write(), "{id: g, quantity: seed_sd(accuracy), op: '<', threshold: 0.03}");
}

TEST(GateTable, three_identical_predictions_show_no_stability)
{
    auto const report = spread_of_predictions({1, 1, 0, 0});
    EXPECT_EQ(only(report).outcome, Outcome::undecidable);
    EXPECT_EQ(only(report).reason, "seed_not_effective");
    EXPECT_EQ(only(report).point, Outcome::pass);
    EXPECT_EQ(report.report.records.at(0).n_seeds, 1);
    // Other predictions with the same accuracy are an effect of the seed.
    EXPECT_EQ(only(spread_of_predictions({0, 0, 1, 1})).reason, "degenerate");
}

stats::GateResult accuracy_gate(std::size_t right, std::size_t n, std::string const& threshold)
{
    sample::SampleResult result({"uniform"}, {"1"}, {"full"}, {"m"}, {"none"}, static_cast<std::int64_t>(n));
    std::vector<double> predicted(n, 0);
    for (std::size_t i = 0; i < right; ++i)
        predicted[i] = 1;
    result.set_column(1, 0, 0, predicted);
    result.set_metric(1, 0, 0, 0, static_cast<double>(right) / static_cast<double>(n));
    return only(judged(result.write(), "{id: g, quantity: accuracy, op: '>=', threshold: " + threshold + "}"));
}

TEST(GateTable, proportions_of_one_seed_have_wilson_intervals)
{
    auto const half = accuracy_gate(4, 8, "0.5");
    EXPECT_NEAR(half.low, .2152161, 1e-7);
    EXPECT_NEAR(half.high, .7847839, 1e-7);
    EXPECT_EQ(half.outcome, Outcome::undecidable);
    EXPECT_EQ(half.point, Outcome::pass);
    EXPECT_EQ(half.settle, "at least 7 of 8");
    auto const whole = accuracy_gate(16, 16, "0.95");
    EXPECT_NEAR(whole.low, .8063923, 1e-7);
    EXPECT_EQ(whole.outcome, Outcome::undecidable);
    EXPECT_EQ(whole.settle, "at least 73 items, all right");
}

/// McNemar on one seed: "x" is right on b items alone, "y" on c items alone.
stats::GateResult mcnemar_gate(std::size_t b, std::size_t c)
{
    sample::SampleResult result({"uniform"}, {"1"}, {"full"}, {"m"}, {"x", "y"}, 20);
    std::vector<double> x(20, 1), y(20, 1);
    for (std::size_t i = 0; i < b; ++i)
        y[i] = 0;
    for (std::size_t i = b; i < b + c; ++i)
        x[i] = 0;
    result.set_column(1, 0, 0, x);
    result.set_column(1, 0, 1, y);
    result.set_metric(1, 0, 0, 0, 1 - static_cast<double>(c) / 20);
    result.set_metric(1, 0, 1, 0, 1 - static_cast<double>(b) / 20);
    return only(judged(result.write(),
                       "{id: g, quantity: 'difference(accuracy, method=y)', where: {method: x}, op: "
                       "'<', mode: test}"));
}

TEST(GateTable, mcnemar_of_one_seed)
{
    EXPECT_EQ(mcnemar_gate(0, 6).outcome, Outcome::pass);
    EXPECT_NEAR(mcnemar_gate(0, 6).p, .03125, 1e-12);
    EXPECT_EQ(mcnemar_gate(1, 7).outcome, Outcome::fail);
    EXPECT_EQ(mcnemar_gate(1, 7).reason, "not_shown");
    EXPECT_NEAR(mcnemar_gate(1, 7).p, .0703125, 1e-12);
    EXPECT_EQ(mcnemar_gate(0, 5).outcome, Outcome::undecidable);
    EXPECT_EQ(mcnemar_gate(0, 5).reason, "cannot_reach");
}

/// One seed with scores: intervals are resampled.
class OneSeed : public testing::Test
{
  protected:
    static store::ResultFile file(sample::SampleResult& result, std::string const& resamples)
    {
        auto& truth = result.truth(0, 0);
        std::vector<double> scores(40);
        for (std::size_t i = 0; i < 40; ++i) {
            truth.is_noisy[i] = i % 4 == 0 ? 1 : 0;
            scores[i] = static_cast<double>(i * 7 % 40) + (i % 4 == 0 ? 15 : 0);
        }
        result.set_column(0, 0, 0, scores);
        result.set_metric(0, 0, 0, 0, .8);
        result.set_experiment("statistics: {resamples: " + resamples + "}\n");
        return result.write();
    }
    sample::SampleResult small{{"uniform"}, {"1"}, {"full"}, {"m"}, {"none"}, 40};
    sample::SampleResult large{{"uniform"}, {"1"}, {"full"}, {"m"}, {"none"}, 40};
};

TEST_F(OneSeed, a_threshold_at_the_end_of_an_interval_is_worth_ten_times_the_resamples)
{
    auto const rule = [](double threshold) {
        return "{id: g, quantity: auroc, op: '>', threshold: " + base::shortest(threshold) + "}";
    };
    auto const draft = file(small, "4000");
    auto const far = judged(draft, rule(.1));
    EXPECT_EQ(far.report.records.at(0).resampling.resamples, 4000);
    EXPECT_EQ(far.outcome, Outcome::pass);
    auto const near = judged(draft, rule(only(far).low));
    EXPECT_EQ(near.report.records.at(0).resampling.resamples, 40000);
    EXPECT_THAT(render_terminal(near.report.document, 400), HasSubstr("computed with 40000 resamples"));
    auto const fine = judged(file(large, "40000"), rule(.1));
    EXPECT_EQ(only(near).low, only(fine).low);
    EXPECT_EQ(only(near).high, only(fine).high);
    // Where ten times as many put the end, none are enough.
    auto const end = judged(draft, rule(only(fine).low));
    EXPECT_EQ(end.outcome, Outcome::undecidable);
    EXPECT_EQ(only(end).reason, "resampling_error");
}

TEST_F(OneSeed, has_no_spread)
{
    auto const report = judged(file(small, "1000"), "{id: g, quantity: seed_sd(auroc), op: '<', threshold: 0.1}");
    EXPECT_EQ(report.outcome, Outcome::undecidable);
    EXPECT_EQ(only(report).reason, "no_value");
    EXPECT_EQ(only(report).settle, "a second seed at least");
}

TEST_F(OneSeed, outcomes_do_not_depend_on_threads)
{
    auto const result = file(small, "1000");
    auto const wanted = rules("{id: g, quantity: auroc, op: '>', threshold: 0.7}");
    EXPECT_EQ(to_csv(gates(result, wanted, {1, {}}).report), to_csv(gates(result, wanted, {2, {}}).report));
}

}  // namespace
}  // namespace ablatrix::report
