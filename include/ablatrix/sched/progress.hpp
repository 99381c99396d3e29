#pragma once

#include <cstddef>
#include <limits>
#include <string>

namespace ablatrix::sched {

/// What a progress line tells.
struct ProgressFacts
{
    std::size_t runs_done = 0, runs_total = 0, runs_failed = 0;
    std::size_t tasks_done = 0, tasks_total = 0;  ///< of this session
    std::size_t running = 0, cached = 0;
    double elapsed_s = 0;
    double left_s = std::numeric_limits<double>::quiet_NaN();  ///< NaN: nothing is known yet
};

/// "runs 12/54 | tasks 130/812 | 3 running | 1 failed | 200 cached | 1 min 05 s | 4 min 10 s left", in at most \p
/// columns characters: what matters least goes first.
std::string progress_line(ProgressFacts const& facts, std::size_t columns);

/// Shows progress on standard error: one line that is drawn again and again on a terminal, a plain line now and then in
/// a log. Under mpirun standard error is a pipe; then mpirun's own terminal serves, if it has one.
class Progress
{
  public:
    enum class Launcher
    {
        shell,
        mpirun
    };
    explicit Progress(Launcher launcher);
    ~Progress();
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    /// Whether it is time to show something; cheap. Times are those of now_s().
    bool due(double time_s) const noexcept { return time_s >= next_s_; }
    void show(ProgressFacts const& facts, double time_s);
    /// Make room for a line of the log.
    void clear();

  private:
    int terminal_ = -1;  ///< file descriptor, -1 without a terminal
    bool owned_ = false;
    bool drawn_ = false;
    double next_s_ = 0;
};

}  // namespace ablatrix::sched
