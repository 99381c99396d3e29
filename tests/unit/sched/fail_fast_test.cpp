#include "src/sched/detail/fail_fast.hpp"

#include <gtest/gtest.h>

namespace ablatrix::sched::detail {
namespace {

TEST(FailFast, stops_when_the_first_failures_are_alike_up_to_numbers)
{
    FailFast rule(3);
    rule.run_failed(1, "stage 'a' failed: 17.6 KiB needed for 0af3");
    rule.run_failed(2, "stage 'a' failed: 3.4 KiB needed for b7");
    EXPECT_FALSE(rule.is_hopeless());
    rule.run_failed(3, "stage 'a' failed: 9.2 KiB needed for 12ce");
    EXPECT_TRUE(rule.is_hopeless());
}

TEST(FailFast, counts_runs_that_share_a_failed_task_once)
{
    FailFast rule(2);
    for (int run = 0; run < 5; ++run)
        rule.run_failed(7, "no such file");
    EXPECT_FALSE(rule.is_hopeless());
    rule.run_failed(8, "no such file");
    EXPECT_TRUE(rule.is_hopeless());
}

TEST(FailFast, goes_on_after_different_failures_and_after_a_run_that_was_done)
{
    FailFast different(2);
    different.run_failed(1, "no such file");
    different.run_failed(2, "loss is NaN");
    different.run_failed(3, "no such file");
    different.run_failed(4, "no such file");
    EXPECT_FALSE(different.is_hopeless());

    FailFast one_done(2);
    one_done.run_failed(1, "no such file");
    one_done.run_done();
    one_done.run_failed(2, "no such file");
    EXPECT_FALSE(one_done.is_hopeless());
}

TEST(FailFast, can_be_turned_off)
{
    FailFast off(0);
    off.run_failed(1, "no such file");
    EXPECT_FALSE(off.is_hopeless());
}

TEST(FailFast, words_with_digits_are_numbers)
{
    EXPECT_EQ(without_numbers("rank 2: 'c8b1' took 10 ms (signal SIGSEGV)"), "rank #: '#' took # ms (signal SIGSEGV)");
    EXPECT_EQ(without_numbers(""), "");
}

}  // namespace
}  // namespace ablatrix::sched::detail
