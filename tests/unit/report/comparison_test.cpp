#include <ablatrix/report/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/report/document.hpp>

#include "unit/report/sample_result.hpp"
#include "unit/stats/fixtures.hpp"

namespace ablatrix::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

std::vector<Record> of_kind(Report const& report, std::string const& kind)
{
    std::vector<Record> found;
    std::copy_if(report.records.begin(), report.records.end(), std::back_inserter(found),
                 [&](Record const& record) { return record.kind == kind && record.item_set == "test"; });
    return found;
}

/// The tests of the seeds, or the one over all seeds.
std::vector<Record> tests_of(Report const& report, bool of_seeds)
{
    auto found = of_kind(report, "test");
    std::erase_if(found, [&](Record const& record) { return record.params.empty() == of_seeds; });
    return found;
}

/// Fixture M24: arms A and B, three seeds on the same 24 items. The clean label is 1, so predictions are correctness.
class M24 : public testing::Test
{
  protected:
    /// \p unlabelled more items have no clean label; A predicts 1 for them, B 0.
    explicit M24(std::size_t unlabelled = 0)
        : result({"uniform"}, {"1", "2", "3"}, {"B", "A"}, {"score"}, {"classifier"},
                 static_cast<std::int64_t>(24 + unlabelled)),
          unlabelled_(unlabelled)
    {
        auto& clean = result.truth(1, 0).clean;
        std::fill(clean.begin() + 24, clean.end(), -1);
        auto const arms = stats::testing::m24();
        for (std::size_t seed = 0; seed < 3; ++seed) {
            write_arm(result.run(0, seed, 0), arms.b[seed], 0);
            write_arm(result.run(0, seed, 1), arms.a[seed], 1);
        }
        result.share_over_arms(0, 0);
        options.arms = {"B", "A"};
    }

    void write_arm(std::size_t run, std::vector<std::uint8_t> const& correct, double of_unlabelled)
    {
        std::vector<double> predictions(correct.begin(), correct.end());
        predictions.resize(24 + unlabelled_, of_unlabelled);
        result.set_column(1, run, 0, predictions);
        double sum = 0;
        for (auto const right : correct)
            sum += right;
        result.set_metric(1, run, 0, 0, sum / 24);
    }

    sample::SampleResult result;
    CompareOptions options;
    std::size_t unlabelled_;
};

class M24AndUnlabelled : public M24
{
  protected:
    M24AndUnlabelled() : M24(6) {}
};

TEST_F(M24AndUnlabelled, items_without_a_clean_label_are_neither_right_nor_wrong)
{
    auto const file = result.write();
    auto const report = compare(file, options);
    auto const seeds = tests_of(report, true);
    ASSERT_THAT(seeds, SizeIs(3));
    EXPECT_EQ(seeds[0].n_items, 24);
    EXPECT_EQ(seeds[0].b, 8);
    EXPECT_NEAR(seeds[0].test.p, .109375, 1e-12);
    EXPECT_NEAR(tests_of(report, false).at(0).test.p, 0.0927734375, 1e-12);
    auto const difference = of_kind(report, "difference").at(0);
    EXPECT_EQ(difference.n_items, 24);
    EXPECT_NEAR(difference.estimate.low, -0.0171756868, 1e-9);
    EXPECT_NEAR(difference.test.p, 0.0710415751, 1e-9);
    EXPECT_EQ(difference.estimate.note, "6 items without a clean label left out");
    EXPECT_THAT(render_terminal(report.document, 1000), HasSubstr("6 items a seed without a clean label"));
}

TEST_F(M24, per_seed_tests_agree_with_the_worked_example)
{
    auto const file = result.write();
    auto const seeds = tests_of(compare(file, options), true);
    ASSERT_THAT(seeds, SizeIs(3));
    // statistics.md 4.4: (b, c) = (8,2) (5,1) (5,2), exact p .109375, .21875, .453125.
    std::int64_t const b[] = {8, 5, 5};
    std::int64_t const c[] = {2, 1, 2};
    double const p[] = {0.109375, 0.21875, 0.453125};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(seeds[i].b, b[i]);
        EXPECT_EQ(seeds[i].c, c[i]);
        EXPECT_NEAR(seeds[i].test.p, p[i], 1e-12);
    }
}

TEST_F(M24, combined_tests_agree_with_the_worked_example)
{
    auto const file = result.write();
    auto const report = compare(file, options);
    auto const flips = tests_of(report, false);
    ASSERT_THAT(flips, SizeIs(1));
    EXPECT_NEAR(flips[0].test.p, 0.0927734375, 1e-12);  // 760 / 8192
    EXPECT_EQ(flips[0].b, 18);
    EXPECT_EQ(flips[0].c, 5);
    auto const differences = of_kind(report, "difference");
    ASSERT_THAT(differences, SizeIs(2));
    EXPECT_EQ(differences[0].metric, "accuracy");
    EXPECT_EQ(differences[1].metric, "right_predictions");
    // statistics.md 2.7, two-level.
    EXPECT_EQ(differences[0].scope, "both");
    EXPECT_NEAR(differences[0].estimate.value, 0.1805555556, 1e-9);
    EXPECT_NEAR(differences[0].estimate.low, -0.0171756868, 1e-9);
    EXPECT_NEAR(differences[0].estimate.high, 0.3782867979, 1e-9);
    EXPECT_NEAR(differences[0].test.p, 0.0710415751, 1e-9);
}

TEST_F(M24, records_say_how_large_the_effect_is)
{
    auto const report = compare(result.write(), options);
    auto const seed = tests_of(report, true).at(0);
    // b = 8, c = 2: odds ratio 4; Clopper-Pearson of 8 / 10 is [.4439045, .9747893], as odds:
    EXPECT_EQ(seed.effect.method, "odds_ratio");
    EXPECT_DOUBLE_EQ(seed.effect.value, 4);
    EXPECT_NEAR(seed.effect.low, 0.4439045376923585 / (1 - 0.4439045376923585), 1e-9);
    EXPECT_NEAR(seed.effect.high, 0.9747892736731555 / (1 - 0.9747892736731555), 1e-6);
    EXPECT_EQ(seed.seed_set, "1");
    EXPECT_EQ(seed.n_items, 24);
    auto const all = tests_of(report, false).at(0);
    EXPECT_EQ(all.effect.method, "signed_g");
    EXPECT_DOUBLE_EQ(all.effect.value, 13.0 / 23);  // (18 - 5) / (18 + 5)
    EXPECT_EQ(all.seed_set, "1, 2, 3");
    // Differences of the seeds 6/24, 4/24, 3/24: mean 13/72, deviation sqrt((1/144 * 7/12)).
    auto const difference = of_kind(report, "difference").at(0);
    EXPECT_NEAR(difference.sd, 0.0636469, 1e-7);
    EXPECT_EQ(difference.ddof, 1);
    EXPECT_NEAR(difference.effect.value, 2.8368326, 1e-6);
    EXPECT_EQ(difference.resampling.resamples, -1) << "two-level, nothing was resampled";
}

TEST_F(M24, sentence_and_tables_say_what_was_compared)
{
    auto const file = result.write();
    std::string const text = render_terminal(compare(file, options).document);
    EXPECT_THAT(text, HasSubstr("classifier: A - B, accuracy: cannot tell in all runs"));
    EXPECT_THAT(text, HasSubstr("18:5"));
    EXPECT_THAT(text, HasSubstr("two-level"));
}

TEST_F(M24, the_other_order_changes_signs_only)
{
    auto const file = result.write();
    options.arms = {"A", "B"};
    auto const report = compare(file, options);
    EXPECT_NEAR(of_kind(report, "difference").at(0).estimate.value, -0.1805555556, 1e-9);
    EXPECT_NEAR(of_kind(report, "difference").at(0).test.p, 0.0710415751, 1e-9);
    EXPECT_EQ(tests_of(report, false).at(0).b, 5);
}

TEST_F(M24, unknown_arm_has_a_hint)
{
    auto const file = result.write();
    options.arms = {"B", "AA"};
    EXPECT_THAT([&] { compare(file, options); },
                ThrowsMessage<Error>(AllOf(HasSubstr("unknown arm 'AA'"), HasSubstr("There are: B, A"))));
}

TEST_F(M24, arms_without_a_difference_are_said_to_be_the_same)
{
    result.share_over_arms(1, 0);
    auto const file = result.write();
    EXPECT_THAT(render_terminal(compare(file, options).document),
                HasSubstr("No method depends on which of these arms is used"));
}

TEST(CompareMethods, records_say_what_was_resampled)
{
    sample::SampleResult result({"uniform"}, {"1"}, {"full"}, {"a", "b"}, {"none"}, 8);
    result.truth(0, 0).is_noisy = {1, 1, 1, 0, 0, 0, 0, 0};
    result.set_column(0, 0, 0, {8, 3, 5, 4, 6, 2, 1, 0});
    result.set_column(0, 0, 1, {1, 7, 6, 5, 4, 3, 2, 0});
    CompareOptions options;
    options.methods = {"a", "b"};
    options.resamples = 2000;
    auto const report = compare(result.write(), options);
    for (auto const& kind : {"difference", "seed_difference"}) {
        auto const found = std::find_if(report.records.begin(), report.records.end(),
                                        [&](Record const& r) { return r.kind == kind && r.metric == "auroc"; });
        ASSERT_NE(found, report.records.end());
        EXPECT_EQ(found->estimate.method, "boot.item_strat.percentile");
        EXPECT_EQ(found->test.method, "boot.item_strat.percentile");
        EXPECT_EQ(found->resampling.resamples, 2000);
        EXPECT_EQ(found->resampling.undefined, 0);
        EXPECT_EQ(found->resampling.seed, 42);
        EXPECT_EQ(found->resampling.frame, "sample/detection");
        EXPECT_LE(found->resampling.mc_low, found->estimate.low);
        EXPECT_GE(found->resampling.mc_high, found->estimate.high);
        EXPECT_NE(found->resampling.z0, 0);
        EXPECT_TRUE(std::isfinite(found->resampling.accel));
        EXPECT_EQ(found->n_items, 8);
        EXPECT_EQ(found->n_positive, 3);
        EXPECT_TRUE(std::isnan(found->sd));
        EXPECT_EQ(found->ddof, -1);
    }
}

TEST(CompareMethods, pairs_methods_of_one_arm)
{
    sample::SampleResult result({"uniform"}, {"1", "2"}, {"full"}, {"a", "b"}, {"none"}, 8);
    for (std::size_t seed = 0; seed < 2; ++seed) {
        result.set_metric(0, result.run(0, seed, 0), 0, 0, 0.6);
        result.set_metric(0, result.run(0, seed, 0), 1, 0, seed == 0 ? 0.7 : 0.8);
        result.set_column(0, result.run(0, seed, 0), 0, {0, 1, 2, 3, 4, 5, 6, 7});
        result.set_column(0, result.run(0, seed, 0), 1, {7, 6, 5, 4, 3, 2, 1, 0});
    }
    auto const file = result.write();
    CompareOptions options;
    options.methods = {"a", "b"};
    options.resamples = 1000;
    auto const report = compare(file, options);
    auto const found = std::find_if(report.records.begin(), report.records.end(),
                                    [](Record const& r) { return r.kind == "difference"; });
    ASSERT_NE(found, report.records.end());
    EXPECT_EQ(found->method, "b");
    EXPECT_EQ(found->method_b, "a");
    EXPECT_NEAR(found->estimate.value, 0.15, 1e-12);
    // d = .1, .2: t = .15 / .05 = 3 with df 1: p = 2 / pi * atan(1 / 3) = .2048327647.
    EXPECT_NEAR(found->test.p, 0.2048327647, 1e-9);
}

}  // namespace
}  // namespace ablatrix::report
