#pragma once

#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include <ablatrix/sched/scheduler.hpp>

namespace ablatrix::sched::detail {

/// \p message with every word that has a digit in it (numbers, fingerprints, places) replaced by "#".
std::string without_numbers(std::string_view message);

/// Notices that a grid fails as a whole: before any run was done, several failed alike, each by a task of its own (runs
/// that share one failed task say no more than one of them).
class FailFast
{
  public:
    /// \p limit: failures that are enough; 0: never.
    explicit FailFast(int limit) : limit_(limit) {}

    void run_done() noexcept { is_open_ = false; }
    /// A run failed because \p cause did.
    void run_failed(TaskIndex cause, std::string_view message);
    bool is_hopeless() const noexcept { return is_open_ && limit_ > 0 && std::ssize(causes_) >= limit_; }

  private:
    int limit_;
    bool is_open_ = true;  ///< no run was done, and all failures are alike
    std::string pattern_;
    std::set<TaskIndex> causes_;
};

}  // namespace ablatrix::sched::detail
