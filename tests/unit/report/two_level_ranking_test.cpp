/// AUROC and average precision where all seeds score the same items with the same flips (statistics.md 0.5 and 2.7).

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/report/comparison.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/report/summary.hpp>

#include "unit/report/sample_result.hpp"

namespace ablatrix::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Three seeds, arms b (baseline) and a, eight items; the first three are noisy in every seed. All numbers expected
/// here come from a program of its own in NumPy: the kernel of all pairs, leaving items out one by one, sums over the
/// table.
class SharedItems : public testing::Test
{
  protected:
    SharedItems() : result({"uniform"}, {"1", "2", "3"}, {"b", "a"}, {"ours"}, {"classifier"}, 8)
    {
        result.rename_metric(0, 1, "auprc");
        set(0, 1, {.9, .6, .4, .5, .3, .2, .4, .1}, .9, 13. / 15);
        set(1, 1, {.8, .7, .3, .6, .2, .4, .1, .1}, 13. / 15, 13. / 15);
        set(2, 1, {.9, .5, .6, .4, .5, .1, .2, .3}, 29. / 30, 11. / 12);
        set(0, 0, {.5, .6, .3, .7, .4, .2, .3, .1}, .7, 5. / 9);
        set(1, 0, {.8, .3, .2, .5, .6, .4, .1, .2}, 17. / 30, 64. / 105);
        set(2, 0, {.4, .7, .5, .6, .3, .1, .5, .2}, 23. / 30, .7);
    }

    void set(std::size_t seed, std::size_t arm, std::vector<double> scores, double auroc, double average_precision)
    {
        auto const run = result.run(0, seed, arm);
        for (std::size_t i = 0; i < 3; ++i)
            result.truth(0, run).is_noisy[i] = 1;
        result.set_column(0, run, 0, std::move(scores));
        result.set_metric(0, run, 0, 0, auroc);
        result.set_metric(0, run, 0, 1, average_precision);
    }

    static Record found(Report const& report, std::string const& kind, std::string const& metric,
                        std::string const& arm)
    {
        for (auto const& record : report.records) {
            if (record.kind == kind && record.item_set == "detection" && record.metric == metric && record.arm == arm)
                return record;
        }
        ADD_FAILURE() << "no " << kind << " of " << metric;
        return {};
    }

    Record difference_of(std::string const& metric)
    {
        auto const file = result.write();
        CompareOptions options;
        options.arms = {"b", "a"};
        options.metrics = {metric};
        return found(compare(file, options), "difference", metric, "a");
    }

    sample::SampleResult result;
};

TEST_F(SharedItems, means_speak_for_new_seeds_and_new_items)
{
    auto const file = result.write();
    auto const report = summarize(file, {});
    auto const auroc = found(report, "metric", "auroc", "a");
    EXPECT_EQ(auroc.design, "crossed");
    EXPECT_EQ(auroc.scope, "both");
    EXPECT_EQ(auroc.estimate.method, "two_level");
    EXPECT_NEAR(auroc.estimate.value, .9111111111, 1e-9);
    EXPECT_NEAR(auroc.estimate.low, .7296937918, 1e-9);
    EXPECT_EQ(auroc.estimate.high, 1) << "1.0925 is clipped";
    auto const precision = found(report, "metric", "auprc", "a");
    EXPECT_EQ(precision.scope, "both");
    EXPECT_NEAR(precision.estimate.value, .8833333333, 1e-9);
    EXPECT_NEAR(precision.estimate.low, .5611788978, 1e-9);
    EXPECT_THAT(render_terminal(report.document, 1000), AllOf(HasSubstr("every seed judges the same 8 items"),
                                                              HasSubstr("two-level over 3 seeds and their shared")));
}

TEST_F(SharedItems, differences_of_auroc_are_tested_for_new_seeds_and_new_items)
{
    auto const difference = difference_of("auroc");
    EXPECT_EQ(difference.scope, "both");
    EXPECT_EQ(difference.test.method, "two_level");
    EXPECT_NEAR(difference.estimate.value, .2333333333, 1e-9);
    EXPECT_NEAR(difference.estimate.low, -.0384663093, 1e-9);
    EXPECT_NEAR(difference.estimate.high, .5051329759, 1e-9);
    EXPECT_NEAR(difference.test.p, .0720805215, 1e-9);  // t over seeds: .0198
}

TEST_F(SharedItems, differences_of_average_precision_are_tested_by_pseudo_values)
{
    auto const difference = difference_of("auprc");
    EXPECT_EQ(difference.scope, "both");
    EXPECT_NEAR(difference.estimate.value, .2616402116, 1e-9) << "the mean over seeds, not that of the pseudo-values";
    EXPECT_NEAR(difference.estimate.low, -.4034714326, 1e-9);  // around .3337466931
    EXPECT_EQ(difference.estimate.high, 1) << "1.0710 is clipped";
    EXPECT_NEAR(difference.test.p, .1583627909, 1e-9);
}

TEST_F(SharedItems, a_single_noisy_item_leaves_the_seeds)
{
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.truth(0, result.run(0, seed, 0)).is_noisy = {1, 0, 0, 0, 0, 0, 0, 0};
    auto const difference = difference_of("auroc");
    EXPECT_EQ(difference.scope, "seeds");
    EXPECT_EQ(difference.test.method, "paired_t");
    auto const file = result.write("again.h5");
    EXPECT_EQ(found(summarize(file, {}), "metric", "auroc", "a").scope, "seeds");
}

TEST_F(SharedItems, flips_of_its_own_in_each_seed_leave_the_seeds)
{
    result.truth(0, result.run(0, 2, 0)).is_noisy = {0, 1, 1, 1, 0, 0, 0, 0};
    auto const difference = difference_of("auroc");
    EXPECT_EQ(difference.design, "nested");
    EXPECT_EQ(difference.scope, "seeds");
    EXPECT_EQ(difference.test.method, "paired_t");
}

TEST_F(SharedItems, a_seed_without_the_metric_is_left_out_of_the_items_too)
{
    result.set_metric(0, result.run(0, 2, 1), 0, 0, std::nan(""));
    auto const difference = difference_of("auroc");
    EXPECT_EQ(difference.scope, "both");
    EXPECT_EQ(difference.n_seeds, 2);
    EXPECT_NEAR(difference.estimate.value, .25, 1e-12);  // (.2 + .3) / 2
}

}  // namespace
}  // namespace ablatrix::report
