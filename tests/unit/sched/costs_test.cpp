#include <ablatrix/sched/costs.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "support/temporary_folder.hpp"

namespace {

using ablatrix::sched::CostModel;
using ablatrix::test::TemporaryFolder;

TEST(CostModel, an_unknown_kind_has_a_default_that_says_so)
{
    CostModel const costs;

    auto const estimate = costs.estimate("embed", 1000);

    EXPECT_FALSE(estimate.learned);
    EXPECT_GT(estimate.seconds, 0);
}

TEST(CostModel, estimates_are_the_mean_cost_of_a_unit_times_units)
{
    CostModel costs;
    costs.observe("embed", 100, 1);   // 0.01 s a unit
    costs.observe("embed", 50, 1.5);  // 0.03 s a unit

    auto const estimate = costs.estimate("embed", 10);

    EXPECT_TRUE(estimate.learned);
    EXPECT_DOUBLE_EQ(estimate.seconds, 0.2);
}

TEST(CostModel, one_stalled_task_counts_at_most_four_times_the_mean)
{
    CostModel costs;
    for (int i = 0; i < 9; ++i)
        costs.observe("embed", 1, 1);

    costs.observe("embed", 1, 1000);

    EXPECT_DOUBLE_EQ(costs.estimate("embed", 1).seconds, (9 * 1 + 4) / 10.0);
}

TEST(CostModel, what_was_learned_is_there_in_the_next_session)
{
    TemporaryFolder folder;
    auto const file = folder.path() / "costs.tsv";
    {
        CostModel costs{file};
        costs.observe("embed", 10, 1);
        costs.save();
    }
    CostModel next{file};
    EXPECT_DOUBLE_EQ(next.estimate("embed", 10).seconds, 1);
    next.observe("embed", 10, 3);
    next.save();

    EXPECT_DOUBLE_EQ(CostModel{file}.estimate("embed", 10).seconds, 2);
}

TEST(CostModel, two_sessions_at_once_both_count)
{
    TemporaryFolder folder;
    auto const file = folder.path() / "costs.tsv";
    CostModel one{file};
    CostModel other{file};
    one.observe("embed", 1, 1);
    other.observe("embed", 1, 3);
    other.observe("graph", 1, 7);

    one.save();
    other.save();

    CostModel const merged{file};
    EXPECT_DOUBLE_EQ(merged.estimate("embed", 1).seconds, 2);
    EXPECT_DOUBLE_EQ(merged.estimate("graph", 1).seconds, 7);
}

TEST(CostModel, damaged_lines_are_skipped)
{
    TemporaryFolder folder;
    auto const file = folder.path() / "costs.tsv";
    std::ofstream{file} << "# comment\nembed\t0.5\t3\ngraph\tNaN\t1\ngraph\t-1\t1\nhalf a li";

    CostModel const costs{file};

    EXPECT_DOUBLE_EQ(costs.estimate("embed", 1).seconds, 0.5);
    EXPECT_FALSE(costs.estimate("graph", 1).learned);
}

TEST(CostModel, an_unwritable_place_is_named)
{
    CostModel costs{"/proc/nowhere/costs.tsv"};
    costs.observe("embed", 1, 1);

    try {
        costs.save();
        FAIL() << "no error";
    }
    catch (ablatrix::Error const& error) {
        EXPECT_NE(std::string{error.what()}.find("/proc/nowhere/costs.tsv"), std::string::npos);
    }
}

}  // namespace
