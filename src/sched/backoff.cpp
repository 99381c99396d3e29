#include "detail/backoff.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <sys/prctl.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::sched::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto eager_time = 10us;  // answers to no-op tasks come within a few microseconds
constexpr auto short_wait = 50us;  // then others may have the core between two looks
// Where messages follow each other closely, the other side may be asleep for once (100 us, and as much again until its
// core is awake). Who fell asleep before that answer would keep it asleep in turn, and the two would never get out.
constexpr auto patient_wait = 500us;
constexpr auto close_messages = 300us;
constexpr auto longest_counted = 1ms;  // so that one pause among close messages is soon forgotten
constexpr auto first_sleep = 20us;
constexpr auto longest_sleep = 100us;
constexpr auto quiet_after = 1s;  // all are busy with long tasks, or there is nothing to do for a while
constexpr auto quiet_sleep = 1ms;

}  // namespace

void WaitPolicy::news(Time waited)
{
    usual_wait_ = (3 * usual_wait_ + std::min<Time>(waited, longest_counted)) / 4;
    sleep_ = Time::zero();
}

WaitPolicy::Step WaitPolicy::next(Time quiet)
{
    if (quiet < eager_time) return LookAgain{};
    if (quiet < (usual_wait_ < close_messages ? patient_wait : short_wait)) return Yield{};
    sleep_ = std::clamp<Time>(sleep_ * 3 / 2, first_sleep, longest_sleep);
    return quiet < quiet_after ? sleep_ : Time{quiet_sleep};
}

Backoff::Backoff() : last_news_(std::chrono::steady_clock::now()), old_slack_ns_(::prctl(PR_GET_TIMERSLACK))
{
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
}

Backoff::~Backoff()
{
    if (old_slack_ns_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(old_slack_ns_));
}

void Backoff::reset()
{
    auto const now = std::chrono::steady_clock::now();
    policy_.news(now - last_news_);
    last_news_ = now;
}

void Backoff::pause()
{
    auto const step = policy_.next(std::chrono::steady_clock::now() - last_news_);
    if (std::holds_alternative<WaitPolicy::Yield>(step)) std::this_thread::yield();
    if (auto const* sleep = std::get_if<WaitPolicy::Time>(&step)) std::this_thread::sleep_for(*sleep);
}

LauncherWatch::LauncherWatch() : launcher_(::getppid()) {}

bool LauncherWatch::lives() const noexcept
{
    return ::getppid() == launcher_;
}

void LauncherWatch::check() const
{
    ABLATRIX_VALIDATE(lives(), "the process that started this rank has died. Run the same command again to continue");
}

}  // namespace ablatrix::sched::detail
