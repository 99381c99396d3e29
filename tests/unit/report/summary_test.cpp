#include <ablatrix/report/summary.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/report/document.hpp>

#include "unit/report/sample_result.hpp"

namespace ablatrix::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

std::vector<Record> records_of(Report const& report, std::string const& kind, std::string const& method,
                               std::string const& metric = "auroc")
{
    std::vector<Record> found;
    std::copy_if(report.records.begin(), report.records.end(), std::back_inserter(found), [&](Record const& record) {
        return record.kind == kind && record.method == method && record.metric == metric &&
               record.item_set == "detection";
    });
    return found;
}

/// Two methods over three seeds in one condition; "good" is above "bad" by .10, .12 and .11.
class Summary : public testing::Test
{
  protected:
    Summary() : result({"uniform"}, {"1", "2", "3"}, {"full"}, {"bad", "good", "random"}, {"none", "cleaned@0.05"}, 4)
    {
        double const bad[] = {0.60, 0.62, 0.61};
        double const gap[] = {0.10, 0.12, 0.11};
        for (std::size_t seed = 0; seed < 3; ++seed) {
            result.set_metric(0, result.run(0, seed, 0), 0, 0, bad[seed]);
            result.set_metric(0, result.run(0, seed, 0), 1, 0, bad[seed] + gap[seed]);
            result.set_metric(0, result.run(0, seed, 0), 2, 0, 0.9);
        }
    }
    sample::SampleResult result;
};

TEST_F(Summary, gives_the_mean_over_seeds_with_a_t_interval)
{
    auto const file = result.write();
    auto const means = records_of(summarize(file, {}), "metric", "bad");
    ASSERT_THAT(means, SizeIs(1));
    // Mean .61, sd .01, t(.975, 2) = 4.3026527297: half width .01 / sqrt(3) * 4.3026527297 = .0248413772.
    EXPECT_NEAR(means[0].estimate.value, 0.61, 1e-12);
    EXPECT_NEAR(means[0].estimate.low, 0.61 - 0.0248413772, 1e-9);
    EXPECT_NEAR(means[0].estimate.high, 0.61 + 0.0248413772, 1e-9);
    EXPECT_EQ(means[0].scope, "seeds");
    EXPECT_EQ(means[0].n_seeds, 3);
}

TEST_F(Summary, ends_intervals_at_the_limits_of_the_metric)
{
    // Mean .9, sd .1: the half width is .2484, so Student's t reaches 1.148.
    double const high[] = {0.8, 0.9, 1.0};
    // Mean .1, and the same spread: it reaches -.148.
    for (std::size_t seed = 0; seed < 3; ++seed) {
        result.set_metric(0, result.run(0, seed, 0), 0, 0, high[seed]);
        result.set_metric(0, result.run(0, seed, 0), 1, 0, 1 - high[seed]);
    }
    auto const report = summarize(result.write(), {});
    auto const near_one = records_of(report, "metric", "bad").at(0).estimate;
    EXPECT_EQ(near_one.high, 1);
    EXPECT_NEAR(near_one.low, 0.9 - 0.248413772, 1e-8);
    EXPECT_EQ(near_one.note, "clipped");
    auto const near_zero = records_of(report, "metric", "good").at(0).estimate;
    EXPECT_EQ(near_zero.low, 0);
    EXPECT_EQ(near_zero.note, "clipped");
    // Its scores are the same for every seed.
    EXPECT_EQ(records_of(report, "metric", "random").at(0).estimate.note, "no_spread, seed_not_effective");
}

TEST_F(Summary, names_a_separated_leader_and_never_a_reference)
{
    auto const file = result.write();
    std::string const text = render_terminal(summarize(file, {}).document);
    // d = .10 .12 .11: t = .11 / (.01 / sqrt(3)) = 19.05, df 2, p = .00274; family of one other method.
    EXPECT_THAT(text, HasSubstr("good leads with AUROC 0.720"));
    EXPECT_THAT(text, HasSubstr("separated from the runner-up bad"));
    EXPECT_THAT(text, HasSubstr("Holm p = 0.003"));
    EXPECT_THAT(text, Not(HasSubstr("random leads")));
    EXPECT_THAT(text, HasSubstr("All runs are done."));
}

TEST_F(Summary, a_loss_is_led_by_the_lowest)
{
    result.rename_metric(0, 0, "log_loss");
    auto const file = result.write();
    std::string const text = render_terminal(summarize(file, {}).document);
    EXPECT_THAT(text, HasSubstr("bad leads with log loss 0.610"));
    EXPECT_THAT(text, HasSubstr("separated from the runner-up good"));

    result.set_metric(0, result.run(0, 2, 0), 1, 0, 0.50);  // d = .10 .12 -.11
    auto const open = result.write("open.h5");
    EXPECT_THAT(render_terminal(summarize(open, {}).document), HasSubstr("bad is lowest with log loss 0.610"));
}

TEST_F(Summary, says_that_it_cannot_tell)
{
    result.set_metric(0, result.run(0, 2, 0), 1, 0, 0.50);  // d = .10 .12 -.11
    auto const file = result.write();
    EXPECT_THAT(render_terminal(summarize(file, {}).document), HasSubstr("cannot be told from"));
}

TEST_F(Summary, counts_and_names_what_is_missing)
{
    result.fail(result.run(0, 1, 0), "stage broke");
    result.leave_pending(result.run(0, 2, 0));
    auto const file = result.write();
    auto const report = summarize(file, {});
    std::string const text = render_terminal(report.document);
    EXPECT_THAT(text, HasSubstr("1 runs are done, 1 failed, 1 not run yet"));
    EXPECT_THAT(text, HasSubstr("failed: noise=uniform seed=2 arm=full: stage broke"));
    EXPECT_THAT(text, HasSubstr("not run: noise=uniform seed=3 arm=full"));
    auto const means = records_of(report, "metric", "bad");
    ASSERT_THAT(means, SizeIs(1));
    EXPECT_EQ(means[0].n_seeds, 1);
    EXPECT_EQ(means[0].n_excluded, 2);
}

TEST_F(Summary, says_a_message_of_several_failed_runs_once)
{
    result.fail(result.run(0, 1, 0), "stage broke");
    result.fail(result.run(0, 2, 0), "stage broke");
    std::string const text = render_terminal(summarize(result.write(), {}).document);
    EXPECT_THAT(text, HasSubstr("failed: noise=uniform seed=2 arm=full and 1 other run: stage broke"));
    EXPECT_EQ(text.find("stage broke"), text.rfind("stage broke"));
}

TEST_F(Summary, treats_methods_with_the_same_values_as_one)
{
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.set_metric(0, result.run(0, seed, 0), 0, 0, 0.75);
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.set_metric(0, result.run(0, seed, 0), 1, 0, 0.75);
    auto const file = result.write();
    EXPECT_THAT(render_terminal(summarize(file, {}).document), HasSubstr("bad (like good, the same values)"));
}

TEST_F(Summary, reports_an_undefined_metric_as_such)
{
    for (std::size_t seed = 0; seed < 3; ++seed) {
        for (std::size_t method = 0; method < 3; ++method)
            result.set_metric(0, result.run(0, seed, 0), method, 0, std::nan(""));
    }
    auto const file = result.write();
    auto const report = summarize(file, {});
    EXPECT_THAT(render_terminal(report.document), HasSubstr("AUROC is undefined here"));
    EXPECT_TRUE(std::isnan(records_of(report, "metric", "good").at(0).estimate.value));
}

TEST_F(Summary, refuses_unknown_names_with_a_hint)
{
    auto const file = result.write();
    SummaryOptions metric;
    metric.metrics = {"aurok"};
    EXPECT_THAT([&] { summarize(file, metric); },
                ThrowsMessage<Error>(AllOf(HasSubstr("aurok"), HasSubstr("'auroc'"))));
    SummaryOptions axis;
    axis.by = {"nois"};
    EXPECT_THAT([&] { summarize(file, axis); }, ThrowsMessage<Error>(AllOf(HasSubstr("nois"), HasSubstr("'noise'"))));
}

TEST(SummaryBy, averages_other_axes_within_a_seed)
{
    sample::SampleResult result({"uniform/100", "uniform/200"}, {"1", "2"}, {"full"}, {"m"}, {"none"}, 4);
    // Sizes 100 and 200: .50 and .54 for seed 1, .5 and .5 for seed 2. By noise alone the seeds' values are .52 and .5.
    result.set_metric(0, result.run(0, 0, 0), 0, 0, 0.50);
    result.set_metric(0, result.run(1, 0, 0), 0, 0, 0.54);
    auto const file = result.write();
    auto const separate = records_of(summarize(file, {}), "metric", "m");
    ASSERT_THAT(separate, SizeIs(2));
    EXPECT_NEAR(separate[0].estimate.value, 0.50, 1e-12);
    EXPECT_NEAR(separate[1].estimate.value, 0.52, 1e-12);

    SummaryOptions by_noise;
    by_noise.by = {"noise"};
    auto const together = records_of(summarize(file, by_noise), "metric", "m");
    ASSERT_THAT(together, SizeIs(1));
    EXPECT_NEAR(together[0].estimate.value, 0.51, 1e-12);
    // t over the two seeds' means: sd of (.52, .50) / sqrt(2) = .01 times t(.975, 1) = 12.7062047364.
    EXPECT_NEAR(together[0].estimate.high, 0.51 + 0.127062047364, 1e-9);
}

/// One seed: intervals come from the items.
TEST(SummaryOfOneSeed, uses_the_bootstrap_over_items)
{
    sample::SampleResult result({"uniform"}, {"1"}, {"full"}, {"a", "b"}, {"none"}, 40);
    auto& truth = result.truth(0, 0);
    std::vector<double> a(40), b(40);
    for (std::size_t i = 0; i < 40; ++i) {
        truth.is_noisy[i] = i % 4 == 0 ? 1 : 0;
        a[i] = static_cast<double>(i * 7 % 40) + (i % 4 == 0 ? 15 : 0);
        b[i] = static_cast<double>(i * 11 % 40);
    }
    result.set_column(0, 0, 0, a);
    result.set_column(0, 0, 1, b);
    result.set_metric(0, 0, 0, 0, 0.8);
    result.set_metric(0, 0, 1, 0, 0.5);
    result.set_column(1, 0, 0, std::vector<double>(40, 1.0));
    auto const file = result.write();
    auto const report = summarize(file, {});
    auto const mean = records_of(report, "metric", "a").at(0);
    EXPECT_EQ(mean.scope, "items");
    EXPECT_EQ(mean.estimate.method, "boot.item_strat.percentile");
    EXPECT_LT(mean.estimate.low, mean.estimate.high);
    EXPECT_THAT(render_terminal(report.document), HasSubstr("They say nothing about other seeds"));
}

/// Arms: the second differs from the first in method "combined" only.
class Ablation : public testing::Test
{
  protected:
    Ablation() : result({"uniform"}, {"1", "2", "3"}, {"full", "less"}, {"base", "combined"}, {"none"}, 4)
    {
        double const lower[] = {0.10, 0.12, 0.11};
        for (std::size_t seed = 0; seed < 3; ++seed) {
            result.set_metric(0, result.run(0, seed, 0), 1, 0, 0.8);
            result.set_metric(0, result.run(0, seed, 1), 1, 0, 0.8 - lower[seed]);
        }
        result.share_over_arms(0, 0);
        result.share_over_arms(1, 0);
    }
    sample::SampleResult result;
};

TEST_F(Ablation, compares_only_methods_that_depend_on_the_arm)
{
    auto const file = result.write();
    auto const report = summarize(file, {});
    auto const differences = records_of(report, "difference", "combined");
    std::vector<Record> arms;
    std::copy_if(differences.begin(), differences.end(), std::back_inserter(arms),
                 [](Record const& r) { return r.arm == "less"; });
    ASSERT_THAT(arms, SizeIs(1));
    EXPECT_NEAR(arms[0].estimate.value, -0.11, 1e-12);
    // t = 19.0525588833 with df 2: p = .0027434...
    EXPECT_NEAR(arms[0].test.statistic, -19.0525588833, 1e-8);
    EXPECT_NEAR(arms[0].test.p, 0.0027434, 1e-6);
    EXPECT_EQ(arms[0].family_size, 1);
    for (auto const& record : records_of(report, "difference", "base"))
        EXPECT_EQ(record.arm, record.arm_b);
    EXPECT_THAT(render_terminal(report.document), HasSubstr("1 are worse and 0 better"));
}

TEST_F(Ablation, an_arm_with_a_lower_loss_is_better)
{
    result.rename_metric(0, 0, "log_loss");
    auto const file = result.write();
    EXPECT_THAT(render_terminal(summarize(file, {}).document), HasSubstr("0 are worse and 1 better"));
}

TEST_F(Ablation, flags_as_many_items_as_are_noisy)
{
    // Item 0 is noisy. Full flags it; "less" flags item 3, by the tie rule not item 0.
    for (std::size_t seed = 0; seed < 3; ++seed) {
        result.set_column(0, result.run(0, seed, 0), 1, {0.9, 0.1, 0.1, 0.2});
        result.set_column(0, result.run(0, seed, 1), 1, {0.2, 0.1, 0.1, 0.9});
    }
    auto const file = result.write();
    auto const report = summarize(file, {});
    std::vector<Record> seeds;
    std::copy_if(report.records.begin(), report.records.end(), std::back_inserter(seeds), [](Record const& r) {
        return r.kind == "test" && !r.params.empty() && r.method == "combined" && r.arm == "less";
    });
    ASSERT_THAT(seeds, SizeIs(3));
    EXPECT_EQ(seeds[0].b, 0);
    EXPECT_EQ(seeds[0].c, 2);  // items 0 and 3
    EXPECT_DOUBLE_EQ(seeds[0].test.p, 0.5);
    EXPECT_TRUE(seeds[0].cannot_reach);
}

}  // namespace
}  // namespace ablatrix::report
