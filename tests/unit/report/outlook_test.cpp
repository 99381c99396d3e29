#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/report/outlook.hpp>
#include <ablatrix/report/summary.hpp>

#include "sample_result.hpp"

namespace ablatrix::report {

namespace {

using sample::SampleResult;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> seeds(int count)
{
    std::vector<std::string> out;
    for (int seed = 1; seed <= count; ++seed)
        out.push_back(std::to_string(seed));
    return out;
}

OutlookOptions options_with(std::vector<plan::ExpectedEffect> effects = {})
{
    OutlookOptions options;
    options.baseline_arm = "full";
    options.primary_metric = {{"detection", "auroc"}, {"test", "accuracy"}};
    options.effects = std::move(effects);
    return options;
}

plan::ExpectedEffect effect(std::string metric, double difference, double difference_sd)
{
    plan::ExpectedEffect out;
    out.metric = std::move(metric);
    out.difference = difference;
    out.difference_sd = difference_sd;
    return out;
}

PlannedFamily const& family_of(Outlook const& outlook, std::string const& item_set, std::string const& name)
{
    for (auto const& family : outlook.families) {
        if (family.item_set == item_set && family.name == name) return family;
    }
    throw Error("no family " + item_set + ", " + name);
}

std::string text_of(Outlook const& outlook, std::string const& code)
{
    std::string text;
    for (auto const& warning : outlook.warnings) {
        if (warning.code == code) text += warning.text + " " + warning.way_out + "\n";
    }
    return text;
}

/// Two noise rates and three arms; methods "ours" and "clean" depend on the arm.
class TwoRates : public SampleResult
{
  public:
    explicit TwoRates(int n_seeds, std::int64_t n_items = 40)
        : SampleResult({"0.1", "0.2"}, seeds(n_seeds), {"full", "no-a", "no-b"}, {"ours", "theirs"}, {"none", "clean"},
                       n_items)
    {
        share_over_arms(0, 1);
        share_over_arms(1, 0);
    }
};

}  // namespace

TEST(Outlook, families_are_those_that_the_summary_corrects)
{
    TwoRates result(5);
    auto const file = result.write();
    auto const outlook = look_ahead(file.layout(), options_with());
    // By hand: 1 method x 2 arms x 2 noise rates.
    EXPECT_EQ(family_of(outlook, "detection", "arms against full").n_tests, 4);
    EXPECT_EQ(family_of(outlook, "detection", "methods against the best").n_tests, 1);
    EXPECT_EQ(family_of(outlook, "test", "arms against full").n_tests, 4);
    EXPECT_EQ(family_of(outlook, "test", "methods against none").n_tests, 1);

    SummaryOptions summary_options;
    summary_options.threads = 1;
    std::size_t compared = 0;
    for (auto const& record : summarize(file, summary_options).records) {
        if (record.family_size < 0) continue;
        bool const is_arm = record.arm != record.arm_b;
        if (!is_arm && !record.family.starts_with("leader") && !record.family.starts_with("against none")) continue;
        if (record.item_set == "test" && record.family.starts_with("leader")) continue;
        std::string const name = is_arm                      ? "arms against full"
                                 : record.item_set == "test" ? "methods against none"
                                                             : "methods against the best";
        EXPECT_EQ(record.family_size, family_of(outlook, record.item_set, name).n_tests) << record.family;
        ++compared;
    }
    EXPECT_GT(compared, 8U);
}

TEST(Outlook, the_limit_of_exact_tests_over_seeds_is_a_note_because_no_claim_rests_on_them)
{
    // f = 4: 2^(1-S) * 4 < 0.05 from S = 8 on (4/128 = 0.03125; S = 7: 4/64 = 0.0625).
    auto const with_seeds = [](int n_seeds) { return look_ahead(TwoRates(n_seeds).write().layout(), options_with()); };
    auto const five = with_seeds(5);
    EXPECT_FALSE(five.has("unreachable"));
    auto const text = render_markdown(five.document);
    EXPECT_THAT(text, HasSubstr("With 5 seeds the smallest p of an exact test over seeds is 0.25"));
    EXPECT_THAT(text, HasSubstr("4 comparisons"));
    EXPECT_THAT(text, HasSubstr("8 seeds would do, or 6 with a single comparison."));
    EXPECT_THAT(render_markdown(with_seeds(7).document), HasSubstr("exact test over seeds"));
    EXPECT_THAT(render_markdown(with_seeds(8).document), Not(HasSubstr("exact test over seeds")));
}

TEST(Outlook, items_that_cannot_do_even_if_all_differ_are_unreachable)
{
    // One comparison needs 6 items that differ (2^-5 = 0.03125). All seeds share one set of items of 5, or 6.
    auto const with_items = [](std::int64_t n_items) {
        SampleResult result({"0.1"}, {"1"}, {"full", "no-a"}, {"ours"}, {}, n_items);
        return text_of(look_ahead(result.write().layout(), options_with()), "unreachable");
    };
    EXPECT_THAT(with_items(5), HasSubstr("can differ on 5 items at most; the exact test over items needs 6"));
    EXPECT_THAT(with_items(6), Not(HasSubstr("at most")));
}

TEST(Outlook, one_seed_says_what_cannot_be_said)
{
    auto const outlook = look_ahead(TwoRates(1).write().layout(), options_with({effect("auroc", 0.02, 0.01)}));
    EXPECT_THAT(text_of(outlook, "unreachable"), HasSubstr("With one seed nothing can be said about new seeds"));
    EXPECT_THAT(text_of(outlook, "underpowered"), HasSubstr("cannot be tested with one seed"));
    EXPECT_THAT(render_markdown(outlook.document), Not(HasSubstr("nan")));
}

TEST(Outlook, power_at_the_declared_effect_is_that_of_the_paired_t)
{
    // statistics.md section 11: seeds for 80 % power at 2 standard deviations: 5; at 1: 10 (one comparison).
    auto const one_family = [](int n_seeds, double difference) {
        SampleResult result({"0.1"}, seeds(n_seeds), {"full", "no-a"}, {"ours"}, {"clean"}, 40);
        return look_ahead(result.write().layout(), options_with({effect("auroc", difference, 0.01)}));
    };
    EXPECT_FALSE(one_family(5, 0.02).has("underpowered"));
    EXPECT_THAT(text_of(one_family(4, 0.02), "underpowered"), HasSubstr("5 seeds would do."));
    EXPECT_THAT(text_of(one_family(9, 0.01), "underpowered"), HasSubstr("10 seeds would do."));
    EXPECT_FALSE(one_family(10, 0.01).has("underpowered"));
    EXPECT_THAT(text_of(one_family(5, 0.0001), "underpowered"), HasSubstr("No affordable number of seeds"));
    // Detectable at 80 % with five seeds: 1.682 (same table).
    EXPECT_THAT(render_markdown(one_family(5, 0.02).document), HasSubstr("1.68"));
}

TEST(Outlook, a_family_makes_the_same_effect_harder_to_find)
{
    auto const outlook = look_ahead(TwoRates(5).write().layout(), options_with({effect("auroc", 0.02, 0.01)}));
    EXPECT_THAT(text_of(outlook, "underpowered"), HasSubstr("as the strictest of 4 comparisons"));
    EXPECT_THAT(render_markdown(outlook.document), HasSubstr("Declared for AUROC: 0.02, 2 standard deviations."));
}

TEST(Outlook, too_few_items_to_differ_are_unreachable_too)
{
    plan::ExpectedEffect accuracy;
    accuracy.metric = "accuracy";
    accuracy.discordant = 0.1;
    // One comparison needs 6 discordant items: 0.1 of 40 items are 4, of 60 are 6.
    auto const with_items = [&](std::int64_t n_items) {
        SampleResult result({"0.1"}, seeds(8), {"full", "no-a"}, {}, {"clean"}, n_items);
        return look_ahead(result.write().layout(), options_with({accuracy}));
    };
    EXPECT_THAT(text_of(with_items(40), "unreachable"), HasSubstr("differ on 4; the exact test over items needs 6"));
    EXPECT_THAT(text_of(with_items(40), "unreachable"), HasSubstr("60 items would do."));
    EXPECT_FALSE(with_items(60).has("unreachable"));
}

TEST(Outlook, items_for_mcnemar_are_planned_exactly)
{
    // statistics.md section 11: discordant .20, difference .10 needs 168 items.
    auto accuracy = effect("accuracy", 0.1, std::nan(""));
    accuracy.discordant = 0.2;
    auto const with_items = [&](std::int64_t n_items) {
        SampleResult result({"0.1"}, seeds(8), {"full", "no-a"}, {}, {"clean"}, n_items);
        return look_ahead(result.write().layout(), options_with({accuracy}));
    };
    EXPECT_THAT(text_of(with_items(100), "underpowered"), HasSubstr("168 items would do."));
    EXPECT_FALSE(with_items(168).has("underpowered"));
}

TEST(Outlook, rare_classes_are_noticed)
{
    plan::ExpectedEffect rare;
    rare.metric = "auroc";
    rare.positive_share = 0.1;
    auto const few = look_ahead(TwoRates(8, 40).write().layout(), options_with({rare}));
    EXPECT_THAT(text_of(few, "few_groups"), HasSubstr("holds about 4 items of its rarer class"));
    EXPECT_THAT(text_of(few, "few_groups"), HasSubstr("100 items would do."));
    // 0.9^40 = 0.0148; 0.9^44 = 0.0097.
    EXPECT_THAT(text_of(few, "one_class_risk"), HasSubstr("with a chance of 1.5 %"));
    auto const many = look_ahead(TwoRates(8, 100).write().layout(), options_with({rare}));
    EXPECT_FALSE(many.has("few_groups"));
    EXPECT_FALSE(many.has("one_class_risk"));
}

TEST(Outlook, a_gate_on_the_spread_needs_seeds)
{
    auto expected = effect("auroc", 0.02, std::nan(""));
    expected.seed_sd = 0.01;
    auto options = options_with({expected});
    plan::Gate gate;
    gate.rule.id = "G1";
    gate.rule.quantity = "seed_sd(auroc)";
    gate.rule.op = stats::GateOp::less;
    gate.rule.threshold = 0.03;
    gate.quantity = {plan::GateStatistic::seed_sd, "auroc", "", ""};
    options.gates = {gate};
    // statistics.md section 9: "std < 3 pp" passes below .477 pp at S = 3, below 1.044 pp at S = 5.
    EXPECT_THAT(text_of(look_ahead(TwoRates(3).write().layout(), options), "std_gate_unreachable"),
                HasSubstr("Gate G1 (seed_sd(auroc) < 0.03) passes with 3 seeds only when the observed spread is below "
                          "0.00477; 0.01 is expected. 5 seeds would do."));
    EXPECT_FALSE(look_ahead(TwoRates(5).write().layout(), options).has("std_gate_unreachable"));
    EXPECT_THAT(text_of(look_ahead(TwoRates(1).write().layout(), options), "std_gate_unreachable"),
                HasSubstr("there is one seed"));
    options.gates[0].rule.mode = stats::GateMode::point;
    EXPECT_FALSE(look_ahead(TwoRates(3).write().layout(), options).has("std_gate_unreachable"));
}

TEST(Outlook, arms_that_change_nothing_are_named)
{
    SampleResult result({"0.1"}, seeds(8), {"full", "copy", "no-a"}, {"ours"}, {"clean"}, 40);
    EXPECT_FALSE(look_ahead(result.write().layout(), options_with()).has("equal_arms"));
    SampleResult same({"0.1"}, seeds(8), {"full", "copy"}, {"ours"}, {"clean"}, 40);
    same.share_over_arms(0, 0);
    same.share_over_arms(1, 0);
    auto const outlook = look_ahead(same.write().layout(), options_with());
    EXPECT_THAT(text_of(outlook, "equal_arms"), HasSubstr("Arms full and copy read the same results in every run"));
}

TEST(Outlook, a_grid_of_one_arm_and_one_method_has_nothing_to_compare)
{
    SampleResult result({"0.1"}, seeds(2), {"full"}, {"ours"}, {}, 40);
    auto const outlook = look_ahead(result.write().layout(), options_with());
    EXPECT_TRUE(outlook.families.empty());
    EXPECT_THAT(render_markdown(outlook.document), HasSubstr("nothing to compare"));
}

}  // namespace ablatrix::report
