#include "src/sched/detail/backoff.hpp"

// Waiting in virtual time: a look takes 1 us, and whoever sleeps is awake 70 us after its sleep is over (what a virtual
// machine with an idle core takes).

#include <chrono>
#include <variant>

#include <gtest/gtest.h>

namespace ablatrix::sched::detail {
namespace {

using namespace std::chrono_literals;
using Time = WaitPolicy::Time;

constexpr Time look = 1us;
constexpr Time wake_up = 70us;

/// One side of a conversation.
struct Side
{
    WaitPolicy policy;
    Time last_news{};
    Time asleep{};  ///< in all

    /// When it notices a message that arrives at \p arrival.
    Time notice(Time arrival)
    {
        Time now = last_news;
        while (now < arrival) {
            auto const step = policy.next(now - last_news);
            if (auto const* sleep = std::get_if<Time>(&step)) {
                now += *sleep + wake_up;
                asleep += *sleep + wake_up;
            }
            else {
                now += look;
            }
        }
        policy.news(now - last_news);
        last_news = now;
        return now;
    }
};

TEST(Backoff, TwoSidesThatFellAsleepOnceStayAwakeWhileTheyAnswerAtOnce)
{
    Side coordinator, worker;
    Time now = coordinator.notice(20ms);  // something held both up
    for (int message = 0; message < 100; ++message) {
        now = worker.notice(now + look);
        now = coordinator.notice(now + look);
    }
    Time const asleep = coordinator.asleep + worker.asleep;
    for (int message = 0; message < 1000; ++message) {
        now = worker.notice(now + look);
        now = coordinator.notice(now + look);
    }
    EXPECT_EQ((coordinator.asleep + worker.asleep - asleep).count(), 0);
}

TEST(Backoff, SleepsThroughLongTasksAndSeesTheirEndSoon)
{
    Side coordinator;
    for (int task = 1; task <= 100; ++task) {
        Time const end = task * 10ms;
        EXPECT_LE((coordinator.notice(end) - end).count(), Time{170us}.count());  // the longest sleep, and waking up
    }
    EXPECT_GE(coordinator.asleep / 1ms, 980);  // of 1,000
}

TEST(Backoff, FallsAsleepSoonAgainOnceCloseMessagesGiveWayToLongTasks)
{
    Side coordinator;
    Time now{};
    for (int message = 0; message < 1000; ++message)
        now = coordinator.notice(now + look);
    for (int task = 0; task < 3; ++task)
        now = coordinator.notice(now + 10ms);
    Time const asleep = coordinator.asleep;
    now = coordinator.notice(now + 10ms);
    EXPECT_GE((coordinator.asleep - asleep) / 1us, 9900);
}

}  // namespace
}  // namespace ablatrix::sched::detail
