#include <ablatrix/sched/progress.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using ablatrix::sched::progress_line;
using ablatrix::sched::ProgressFacts;

ProgressFacts some_facts()
{
    ProgressFacts facts;
    facts.runs_done = 12;
    facts.runs_total = 54;
    facts.runs_failed = 1;
    facts.tasks_done = 130;
    facts.tasks_total = 812;
    facts.running = 3;
    facts.cached = 200;
    facts.elapsed_s = 65;
    facts.left_s = 250;
    return facts;
}

TEST(ProgressLine, tells_everything_when_there_is_room)
{
    EXPECT_EQ(progress_line(some_facts(), 200),
              "runs 12/54 | tasks 130/812 | 3 running | 1 failed | 200 cached | 1 min 05 s | 4 min 10 s left");
}

TEST(ProgressLine, drops_what_matters_least_to_fit_eighty_columns)
{
    EXPECT_EQ(progress_line(some_facts(), 79), "runs 12/54 | tasks 130/812 | 3 running | 1 failed | 4 min 10 s left");
}

TEST(ProgressLine, keeps_runs_and_failures_to_the_end)
{
    EXPECT_EQ(progress_line(some_facts(), 25), "runs 12/54 | 1 failed");
    EXPECT_EQ(progress_line(some_facts(), 8), "runs 12/");
}

TEST(ProgressLine, leaves_out_what_is_zero_or_unknown)
{
    ProgressFacts facts;
    facts.runs_total = 2;
    facts.tasks_total = 5;

    EXPECT_EQ(progress_line(facts, 80), "runs 0/2 | tasks 0/5 | 0 running | 0 ms");
}

TEST(ProgressLine, says_when_the_time_that_was_left_is_over)
{
    auto facts = some_facts();
    facts.left_s = 0;
    EXPECT_THAT(progress_line(facts, 200), testing::EndsWith(" | 1 min 05 s | longer than expected"));
    facts.tasks_done = facts.tasks_total;
    EXPECT_THAT(progress_line(facts, 200), testing::EndsWith(" | 1 min 05 s"));
}

}  // namespace
