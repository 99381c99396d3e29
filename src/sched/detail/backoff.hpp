#pragma once

#include <chrono>
#include <variant>

#include <sys/types.h>

namespace ablatrix::sched::detail {

/// How to wait for messages: look often for a moment, then sleep longer and longer. How long a moment is depends on how
/// closely messages came of late. Knows no clock, so that tests can wait in virtual time.
class WaitPolicy
{
  public:
    using Time = std::chrono::nanoseconds;
    struct LookAgain
    {};
    struct Yield
    {};
    using Step = std::variant<LookAgain, Yield, Time>;  ///< the last: sleep

    /// There was news, \p waited after the news before.
    void news(Time waited);
    /// There was none for \p quiet.
    Step next(Time quiet);

  private:
    Time usual_wait_ = std::chrono::milliseconds{1};
    Time sleep_{};
};

/// Waits by the policy.
///
/// A message that follows soon (no-op and millisecond tasks) is met within microseconds, and a rank that waits for a
/// long task leaves its core to others. While an object lives, the kernel's timer slack of this thread is 1 us (Linux
/// adds 50 us to every sleep otherwise).
class Backoff
{
  public:
    Backoff();
    ~Backoff();
    Backoff(Backoff const&) = delete;
    Backoff& operator=(Backoff const&) = delete;

    /// There was news.
    void reset();
    /// There was none.
    void pause();

  private:
    WaitPolicy policy_;
    std::chrono::steady_clock::time_point last_news_;
    int old_slack_ns_;
};

/// Notices the death of the launcher (mpirun, orted): ranks that live on would write beside the next attempt.
class LauncherWatch
{
  public:
    LauncherWatch();
    bool lives() const noexcept;
    /// \throws Error when it does not
    void check() const;

  private:
    ::pid_t launcher_;
};

}  // namespace ablatrix::sched::detail
