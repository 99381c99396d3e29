#include "src/sched/detail/leases.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/sched/scheduler.hpp>

namespace {

using namespace ablatrix;
using sched::detail::Leases;

TEST(Leases, silence_longer_than_the_lease_ends_it_once)
{
    Leases leases{3, 10};
    leases.renew(1, 0);
    leases.renew(2, 0);
    for (double now = 0; now <= 10; now += 2) {
        leases.renew(1, now);
        EXPECT_TRUE(leases.expired(now).empty()) << now;
    }
    EXPECT_EQ(leases.expired(10.5), std::vector<int>{2});
    EXPECT_TRUE(leases.expired(11).empty());
}

TEST(Leases, who_never_spoke_or_took_leave_is_not_missed)
{
    Leases leases{3, 1};
    leases.renew(2, 0);
    leases.end(2);
    for (double now = 0; now <= 5; now += 0.2)
        EXPECT_TRUE(leases.expired(now).empty()) << now;
}

TEST(Leases, without_end_nobody_is_missed)
{
    Leases leases{2, std::numeric_limits<double>::infinity()};
    leases.renew(1, 0);
    EXPECT_TRUE(leases.expired(0).empty());
    EXPECT_TRUE(leases.expired(1e9).empty());
}

TEST(Leases, time_in_which_nobody_looked_is_nobodys_silence)
{
    Leases leases{2, 10};
    leases.renew(1, 0);
    EXPECT_TRUE(leases.expired(1).empty());
    EXPECT_TRUE(leases.expired(3601).empty());  // this process was stopped for an hour
    // 1 s of silence before, then 2 s a look: 9 s at 3609, 11 s at 3611
    for (double now = 3603; now <= 3609; now += 2)
        EXPECT_TRUE(leases.expired(now).empty()) << now;
    EXPECT_EQ(leases.expired(3611), std::vector<int>{1});
}

TEST(Leases, a_grace_may_reach_into_the_future)
{
    Leases leases{1, 10};
    leases.renew(0, 600);
    double now = 0;
    for (; now <= 610; now += 2)
        EXPECT_TRUE(leases.expired(now).empty()) << now;
    EXPECT_EQ(leases.expired(now), std::vector<int>{0});
}

/// 12 tasks of 10 s for three workers that say every second that they live. Worker 2 falls silent at 15 s, at its
/// second task; its lease of 5 s ends and the task goes to another. In virtual time.
TEST(Leases, the_task_of_a_silent_worker_is_made_by_another)
{
    sched::TaskTable table;
    for (int task = 0; task < 12; ++task) {
        sched::TaskRow row;
        row.seconds = 10;
        table.add(row, {});
    }
    sched::Scheduler scheduler{table, {}};
    Leases leases{4, 5};
    struct Work
    {
        sched::TaskIndex task;
        double end_s;
    };
    std::vector<std::vector<Work>> work(4);
    std::vector<int> made(12, 0);
    std::vector<sched::TaskIndex> given_back;
    for (int worker = 1; worker <= 3; ++worker) {
        scheduler.worker_ready(worker);
        leases.renew(worker, 0);
    }

    double now = 0;
    for (; !scheduler.done() && now < 1000; now += 1) {
        for (int worker = 1; worker <= 3; ++worker) {
            if (worker == 2 && now >= 15) continue;
            leases.renew(worker, now);
            auto& own = work[static_cast<std::size_t>(worker)];
            if (own.empty() || own.front().end_s > now) continue;
            ++made[own.front().task];
            scheduler.finished(worker, own.front().task, 10);
            own.erase(own.begin());
        }
        for (int const worker : leases.expired(now)) {
            EXPECT_EQ(worker, 2);
            EXPECT_EQ(now, 20);  // last heard at 14: after more than 5 s
            auto const held = scheduler.held(worker);
            given_back.assign(held.begin(), held.end());
            scheduler.worker_lost(worker);
        }
        for (auto const& given : scheduler.assign(now))
            work[static_cast<std::size_t>(given.worker)].push_back({given.task, now + 10});
    }

    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.counts().done, 12u);
    ASSERT_EQ(given_back.size(), 1u);
    EXPECT_EQ(made, std::vector<int>(12, 1));
    // Three tasks end at 10, two at 20; seven are left for two workers: the last of four rounds ends at 60.
    EXPECT_EQ(now, 61);
}

}  // namespace
