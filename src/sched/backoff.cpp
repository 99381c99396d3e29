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
constexpr auto spin_time = 50us;   // then others may have the core between two looks
constexpr auto first_sleep = 20us;
constexpr auto longest_sleep = 100us;
constexpr auto quiet_after = 1s;  // all are busy with long tasks, or there is nothing to do for a while
constexpr auto quiet_sleep = 1ms;

}  // namespace

Backoff::Backoff()
    : last_news_(std::chrono::steady_clock::now()), sleep_(first_sleep), old_slack_ns_(::prctl(PR_GET_TIMERSLACK))
{
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
}

Backoff::~Backoff()
{
    if (old_slack_ns_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(old_slack_ns_));
}

void Backoff::reset()
{
    last_news_ = std::chrono::steady_clock::now();
    sleep_ = first_sleep;
}

void Backoff::pause()
{
    auto const quiet = std::chrono::steady_clock::now() - last_news_;
    if (quiet < eager_time) return;
    if (quiet < spin_time) {
        std::this_thread::yield();
        return;
    }
    std::this_thread::sleep_for(quiet < quiet_after ? sleep_ : std::chrono::nanoseconds{quiet_sleep});
    sleep_ = std::min<std::chrono::nanoseconds>(sleep_ * 3 / 2, longest_sleep);
}

LauncherWatch::LauncherWatch() : launcher_(::getppid()) {}

void LauncherWatch::check() const
{
    ABLATRIX_VALIDATE(::getppid() == launcher_,
                      "the process that started this rank has died. Run the same command again to continue");
}

}  // namespace ablatrix::sched::detail
