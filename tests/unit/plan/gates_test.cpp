#include <ablatrix/plan/gates.hpp>

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/plan/experiment.hpp>

#include "unit/plan/fake_job.hpp"

namespace ablatrix::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::ThrowsMessage;

std::vector<Gate> gates_of(std::string const& text)
{
    return read_gates(config::parse_yaml(text, "x.yaml"), 0.95);
}

std::function<void()> reading(std::string const& text)
{
    return [text] { gates_of(text); };
}

/// A grid of two rates, two seeds and two arms with one gate.
std::function<void()> planning(std::string const& gate, std::vector<std::string> const& only = {})
{
    std::string const file =
        "job: fake\n"
        "grid: {product: {seed: [1, 2], noise.rate: [0.1, 0.2]},"
        " arms: {axis: ablate, values: {full: {}, less: {signals.off: [dynamics]}}}}\n"
        "gates:\n  - {id: g, op: '<', threshold: 1, " +
        gate + "}\n";
    return [file, only] { FakePlan{file, only}; };
}

auto fails_with(std::string const& part)
{
    return ThrowsMessage<config::ConfigError>(HasSubstr(part));
}

TEST(Gates, reads_every_key)
{
    auto const gates = gates_of(
        "- id: spread\n  quantity: seed_sd( auroc )\n  where: {arm: '*', noise.rate: 0.10, method: [a, b]}\n"
        "  op: '<='\n  threshold: 0.03\n  level: 0.9\n  need: {min_seeds: 3, min_groups: 5, ddof: 0}\n"
        "  scope: any_of\n  family: spreads\n");
    ASSERT_THAT(gates, SizeIs(1));
    auto const& rule = gates[0].rule;
    EXPECT_EQ(rule.id, "spread");
    EXPECT_EQ(gates[0].quantity.statistic, GateStatistic::seed_sd);
    EXPECT_EQ(gates[0].quantity.name, "auroc");
    EXPECT_THAT(rule.where,
                ElementsAre(Pair("arm", "*"), Pair("noise.rate", "0.1"), Pair("method", "a"), Pair("method", "b")));
    EXPECT_EQ(rule.op, stats::GateOp::less_equal);
    EXPECT_EQ(rule.threshold, 0.03);
    EXPECT_EQ(rule.mode, stats::GateMode::ci);
    EXPECT_EQ(rule.level, 0.9);
    EXPECT_EQ(rule.min_seeds, 3);
    EXPECT_EQ(rule.min_groups, 5);
    EXPECT_EQ(rule.ddof, 0);
    EXPECT_EQ(rule.scope, stats::GateScope::any_of);
    EXPECT_EQ(rule.family, "spreads");
}

TEST(Gates, quantities_are_metrics_and_functions_of_them)
{
    auto const quantity = [](std::string const& text) {
        return gates_of("- {id: g, op: '>', threshold: 0, quantity: '" + text + "'}")[0].quantity;
    };
    EXPECT_EQ(quantity("cleaning_recall/ecg_adaptive").name, "cleaning_recall/ecg_adaptive");
    EXPECT_EQ(quantity("auroc").statistic, GateStatistic::mean);
    EXPECT_EQ(quantity("difference(auroc)").statistic, GateStatistic::difference);
    EXPECT_EQ(quantity("difference(auroc, arm=full)").against_arm, "full");
    EXPECT_EQ(quantity("difference(auroc, method = random)").against_method, "random");
    auto const rejected = [](std::string const& text) {
        return reading("- {id: g, op: '>', threshold: 0, quantity: '" + text + "'}");
    };
    EXPECT_THAT(rejected("seedsd(auroc)"), fails_with("unknown function 'seedsd'. Did you mean 'seed_sd'?"));
    EXPECT_THAT(rejected("seed_sd(auroc"), fails_with("(x.yaml:1:44, key 'gates[0].quantity')"));
    EXPECT_THAT(rejected("seed_sd(auroc, ap)"), fails_with("seed_sd takes one name"));
    EXPECT_THAT(rejected("difference(auroc, full)"), fails_with("'arm=NAME' or 'method=NAME', found 'full'"));
    EXPECT_THAT(rejected("difference()"), fails_with("names no metric"));
}

TEST(Gates, says_what_is_wrong_and_where)
{
    EXPECT_THAT(reading("{id: g}"), fails_with("expected a list of gates, found a map"));
    EXPECT_THAT(reading("- 3"), fails_with("expected a gate, found the number 3 (x.yaml:1:3, key 'gates[0]')"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<', treshold: 1}"),
                fails_with("unknown key 'treshold' (x.yaml:1:37). Did you mean 'threshold'?"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<'}"), fails_with("a gate without a threshold"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '=', threshold: 1}"), fails_with("unknown operator '='"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<', threshold: 1, mode: bayes}"),
                fails_with("Possible values: ci, test, equiv, point"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<', threshold: 1, need: {seeds: 3}}"),
                fails_with("unknown key 'seeds'"));
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<', threshold: 1, where: {noise: {rate: 1}}}"),
                fails_with("Write flat keys"));
    EXPECT_THAT(reading("- {id: g, quantity: a, op: '<', threshold: 1}\n- {id: g, quantity: b, op: '<', threshold: 1}"),
                fails_with("two gates have the id 'g', first given at x.yaml:1:8 (x.yaml:2:8"));
}

TEST(Gates, tests_and_equivalences_are_of_differences)
{
    EXPECT_THAT(reading("- {id: g, quantity: auroc, op: '<', threshold: 1, mode: test}"),
                fails_with("mode test is about a difference"));
    EXPECT_THAT(reading("- {id: g, quantity: difference(auroc), op: '<', threshold: 1, mode: test}"),
                fails_with("on which side of 0"));
    EXPECT_THAT(reading("- {id: g, quantity: difference(auroc), threshold: 0, mode: equiv}"),
                fails_with("must be above 0"));
    EXPECT_THAT(reading("- {id: g, quantity: difference(auroc), op: '>', threshold: 0.1, mode: equiv}"),
                fails_with("smaller than the threshold"));
    auto const test = gates_of("- {id: g, quantity: difference(auroc), op: '>', mode: test}");
    EXPECT_EQ(test[0].rule.threshold, 0);
    EXPECT_EQ(gates_of("- {id: g, quantity: difference(auroc), threshold: 0.01, mode: equiv}")[0].rule.op,
              stats::GateOp::less);
}

TEST(Gates, written_out_they_read_back_the_same)
{
    auto const gates = gates_of(
        "- {id: a, quantity: seed_sd(auroc), where: {method: [x, y], noise.rate: 0.1}, op: ≥, threshold: 1e-3,"
        " need: {min_seeds: 3}}\n- {id: b, quantity: 'difference(ap, method=x)', op: '>', mode: test, family: f}\n");
    auto const text = to_node(gates).to_yaml();
    EXPECT_EQ(to_node(gates_of(text)).canonical(), to_node(gates).canonical());
    EXPECT_EQ(gates_of(text)[0].rule.where, gates[0].rule.where);
}

TEST(Gates, a_file_of_gates_is_an_experiment_or_a_list)
{
    auto const read = [](std::string const& text) { return read_gate_file(config::parse_yaml(text, "x.yaml"), 0.9); };
    std::string const gate = "{id: g, quantity: auroc, op: '<', threshold: 1}";
    EXPECT_EQ(read("[" + gate + "]").at(0).rule.level, 0.9);
    EXPECT_EQ(read("job: fake\ngates: [" + gate + "]").at(0).rule.id, "g");
    EXPECT_THAT([&] { read("job: fake\n"); }, fails_with("no gates in this file"));
}

TEST(Gates, are_kept_with_the_experiment)
{
    auto const experiment =
        read_fake("job: fake\nstatistics: {level: 0.9}\ngates: [{id: g, quantity: auroc, op: '<', threshold: 1}]\n");
    ASSERT_THAT(experiment.gates, SizeIs(1));
    EXPECT_EQ(experiment.gates[0].rule.level, 0.9);
    auto const again = read_fake(experiment.resolved.to_yaml());
    EXPECT_EQ(again.resolved.canonical(), experiment.resolved.canonical());
    EXPECT_EQ(again.gates.at(0).rule.id, "g");
    EXPECT_EQ(read_fake("job: fake\n").resolved.find("gates"), nullptr);
    EXPECT_THAT([] { read_fake("job: fake\ngate: []\n"); }, fails_with("Did you mean 'gates'?"));
}

TEST(Gates, names_are_checked_before_anything_runs)
{
    EXPECT_NO_THROW(planning("quantity: auroc, where: {method: combined, noise.rate: [0.1, 0.20], arm: '*'}")());
    EXPECT_NO_THROW(planning("quantity: loss, where: {ablate: less}")());
    EXPECT_NO_THROW(planning("quantity: difference(loss)")());
    EXPECT_NO_THROW(planning("quantity: 'difference(ap, method=baseline)', where: {method: combined}")());
    EXPECT_THAT(planning("quantity: aurok, where: {method: combined}"),
                fails_with("unknown quantity 'aurok' (x.yaml:4:46, key 'gates[0].quantity'). Did you mean 'auroc'?"));
    EXPECT_THAT(planning("quantity: auroc"), fails_with("which method? 'auroc' is measured for 2"));
    EXPECT_THAT(planning("quantity: auroc, where: {method: combine}"), fails_with("Did you mean 'combined'?"));
    EXPECT_THAT(planning("quantity: auroc, where: {method: combined, noise.rat: 0.1}"),
                fails_with("unknown key 'noise.rat' in 'where' (x.yaml:4:79, key 'gates[0].where.noise.rat'). "
                           "Did you mean 'noise.rate'?"));
    EXPECT_THAT(planning("quantity: auroc, where: {method: combined, noise.rate: 0.3}"),
                fails_with("no run has noise.rate 0.3"));
    EXPECT_THAT(planning("quantity: auroc, where: {method: combined, seed: 1}"), fails_with("is about all seeds"));
    EXPECT_THAT(planning("quantity: loss, where: {method: combined}"), fails_with("a number of a whole run"));
    EXPECT_THAT(planning("quantity: 'difference(auroc, arm=ful)', where: {method: combined}"),
                fails_with("Did you mean 'full'?"));
    EXPECT_THAT(planning("quantity: 'difference(auroc, method=random)', where: {method: combined}"),
                fails_with("unknown method 'random'"));
    EXPECT_THAT(planning("quantity: 'difference(auroc, arm=less)', where: {method: combined, arm: less}"),
                fails_with("compared with itself"));
    EXPECT_THAT(planning("quantity: auroc, where: {method: combined, item_set: test}"),
                fails_with("item set 'test' has no metric 'auroc'"));
}

TEST(Gates, a_part_of_the_grid_may_lack_what_a_gate_is_about)
{
    EXPECT_NO_THROW(planning("quantity: auroc, where: {method: combined, noise.rate: 0.2}", {"noise.rate=0.1"})());
    EXPECT_THAT(planning("quantity: aurok, where: {method: combined}", {"noise.rate=0.1"}),
                fails_with("unknown quantity"));
}

TEST(Gates, do_not_change_what_runs)
{
    std::string const file = "job: fake\ngrid: {product: {seed: [1, 2]}}\n";
    std::string const gate = "gates: [{id: g, quantity: loss, op: '<', threshold: 1}]\n";
    EXPECT_EQ(FakePlan(file + gate).plan.fingerprint, FakePlan(file).plan.fingerprint);
}

TEST(Gates, between_arms_need_arms)
{
    std::string const file = "job: fake\ngates: [{id: g, quantity: difference(loss), op: '<', threshold: 1}]\n";
    EXPECT_THAT([&] { FakePlan{file}; }, fails_with("is between arms, and the grid has none"));
}

}  // namespace
}  // namespace ablatrix::plan
