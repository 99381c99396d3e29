#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

/// \file
/// The scheduler: a state machine without MPI, clocks or files.
///
/// Events go in (a worker is ready, a task finished, failed or lost an input, a worker is lost, drain), assignments and
/// failures come out. The drivers in dispatch.hpp and simulator.hpp feed it, so that what the simulator predicts and
/// what the tests torture is what a cluster runs.
///
/// Order is by upward rank (HEFT: Topcuoglu, Hariri, Wu 2002, eq. 4, without communication costs): a task's own
/// estimated seconds plus the longest chain of tasks that waits for it. A task is one node, so work that many runs
/// share is made once. Every event costs O(log n) for each task that it touches.

namespace ablatrix::sched {

using TaskIndex = std::uint32_t;

inline constexpr std::uint32_t no_run = std::numeric_limits<std::uint32_t>::max();

/// What is there before the first event.
enum class Presence : std::uint8_t
{
    idle,    ///< not wanted, unless something that reads it has to be remade
    needed,  ///< to be made
    present  ///< its output is there: in the cache, or recorded and verified
};

struct TaskRow
{
    double seconds = 1;          ///< estimated
    std::uint32_t run = no_run;  ///< first run that wants it; breaks ties
    std::uint32_t kind = 0;      ///< small numbers; estimates are corrected kind by kind
    bool learned = false;        ///< \p seconds comes from measurements
    Presence presence = Presence::needed;
    bool can_be_continued = false;  ///< what it has done is not lost when it is stopped
};

/// Tasks with their inputs, inputs first.
class TaskTable
{
  public:
    /// \p inputs may name a task twice. \throws ContractError when one is not in the table yet
    TaskIndex add(TaskRow const& row, std::span<TaskIndex const> inputs);

    std::size_t size() const noexcept { return rows_.size(); }
    TaskRow const& row(TaskIndex task) const { return rows_[task]; }
    TaskRow& row(TaskIndex task) { return rows_[task]; }
    std::span<TaskIndex const> inputs(TaskIndex task) const
    {
        return {inputs_.data() + first_input_[task], inputs_.data() + first_input_[task + 1]};
    }

  private:
    std::vector<TaskRow> rows_;
    std::vector<std::uint32_t> first_input_ = {0};
    std::vector<TaskIndex> inputs_;
};

struct SchedulerOptions
{
    int max_attempts = 2;            ///< a task that threw this often fails
    int crash_limit = 3;             ///< a task that cost this many workers, or processes of theirs, fails
    int remake_limit = 3;            ///< an output that was lost more often than this fails
    int in_flight = 2;               ///< tasks a worker may hold: the one it runs, and those sent ahead
    double prefetch_below_s = 0.1;   ///< send ahead only behind tasks expected to be shorter than this
    double admission_margin = 1.25;  ///< a task needs this many times its expected seconds before the deadline
    double wrap_up_s = 30;           ///< so long before the deadline, what can be continued is to stop
    double least_useful_s = 90;      ///< before the deadline: enough to start what can be continued
};

struct Assignment
{
    int worker = 0;
    TaskIndex task = 0;
    int attempt = 1;
    double first_start_s = 0;  ///< when the earliest task that leads to this one was handed out in this session
};

/// A task that will not be made, because \p cause (itself, or a task it needs) failed for good.
struct Failure
{
    TaskIndex task = 0;
    TaskIndex cause = 0;
};

enum class TaskState : std::uint8_t
{
    idle,
    waiting,
    ready,
    running,
    done,
    failed,
    refused  ///< was ready, but would not have ended before the deadline
};

class Scheduler
{
  public:
    /// \throws ContractError when a needed task has an idle input
    Scheduler(TaskTable table, SchedulerOptions options);

    // Events. Times are seconds on one clock of the driver's choice.

    void worker_ready(int worker);
    /// A report about a task that \p worker does not hold (it was thought lost) is ignored by all of these.
    /// \p seconds is NaN when nothing was made (the output turned up in the cache).
    void finished(int worker, TaskIndex task, double seconds);
    void failed(int worker, TaskIndex task, std::string const& message);
    /// The process that ran \p task for \p worker ended; the worker lives.
    void crashed(int worker, TaskIndex task, std::string const& message);
    /// \p task has stopped on request and left its state: it is ready, as if it had not been handed out.
    void stopped(int worker, TaskIndex task);
    /// \p task could not start, because the output of its input \p producer is gone: the producer is made again.
    void input_lost(int worker, TaskIndex task, TaskIndex producer);
    /// What it held goes back; only the task it was running counts a crash.
    void worker_lost(int worker);
    /// Hand out nothing from now on.
    void drain() noexcept { draining_ = true; }
    /// From now on refuse what is not expected to end by \p at_s. A refused task stays refused, as time only runs out.
    void set_deadline(double at_s) noexcept { deadline_s_ = at_s; }

    // Decisions.

    /// Whether running tasks that can be continued are to stop now.
    bool wraps_up(double now_s) const noexcept { return draining_ || now_s >= deadline_s_ - options_.wrap_up_s; }
    /// Hand out what can be handed out now. Valid until the next call.
    std::span<Assignment const> assign(double now_s);
    /// Tasks that failed since the last call, causes first.
    std::vector<Failure> take_failures();
    /// Nothing is running and nothing will be handed out any more.
    bool done() const noexcept
    {
        return in_flight_ == 0 && (draining_ || unfinished() == 0 || (counts_.refused > 0 && counts_.ready == 0));
    }

    // State.

    struct Counts
    {
        std::size_t wanted = 0;  ///< needed at the start, or later because an output was lost
        std::size_t done = 0;    ///< of those
        std::size_t failed = 0;  ///< of those
        std::size_t ready = 0;
        std::size_t running = 0;  ///< handed out
        std::size_t refused = 0;
    };
    Counts const& counts() const noexcept { return counts_; }
    std::size_t unfinished() const noexcept { return counts_.wanted - counts_.done - counts_.failed; }
    bool draining() const noexcept { return draining_; }
    int workers() const noexcept { return n_workers_; }
    TaskTable const& table() const noexcept { return table_; }
    SchedulerOptions const& options() const noexcept { return options_; }
    /// What \p worker has, first the task that it runs. Valid until the next event.
    std::span<TaskIndex const> held(int worker) const { return workers_.at(static_cast<std::size_t>(worker)).held; }
    TaskState state(TaskIndex task) const { return nodes_[task].state; }
    /// See Assignment; NaN before the task was handed out.
    double first_start_s(TaskIndex task) const { return nodes_[task].first_start_s; }
    /// Why \p cause failed.
    std::string const& message(TaskIndex cause) const { return messages_.at(cause); }
    /// Estimated seconds, corrected by what tasks of this kind took in this session.
    double expected_seconds(TaskIndex task) const;
    /// Estimated seconds from the start of \p task to the end of everything that waits for it.
    double upward_rank(TaskIndex task) const { return nodes_[task].rank; }
    /// Expected seconds of the shortest task that was refused; infinite while none was.
    double shortest_refused_s() const noexcept { return shortest_refused_s_; }
    double deadline_s() const noexcept { return deadline_s_; }
    /// The longest chain among needed tasks, as estimated at the start.
    double critical_path_s() const noexcept { return critical_path_s_; }
    /// Work that is left for all workers together, and time left as that and the longest chain allow.
    double remaining_work_s() const;
    double remaining_time_s() const;

  private:
    struct Node
    {
        double rank = 0;
        double first_start_s = std::numeric_limits<double>::quiet_NaN();
        std::uint32_t missing = 0;  ///< inputs without output; kept up for waiting tasks only
        TaskIndex cause = 0;        ///< of a failed task
        TaskState state = TaskState::idle;
        std::uint16_t failures = 0, crashes = 0, remakes = 0;
    };
    struct Entry  // of the heap; stale once its task is no longer ready
    {
        double rank;
        std::uint32_t run;
        TaskIndex task;
    };
    struct Worker
    {
        std::vector<TaskIndex> held;   ///< first the one that is running
        std::vector<TaskIndex> local;  ///< released by tasks it finished, best last; may be stale
        bool active = false, listed_idle = false, listed_ahead = false;
    };
    struct KindUse
    {
        double estimated_s = 0, actual_s = 0;  ///< of finished tasks
        double remaining_s = 0;                ///< estimated, of wanted and unfinished tasks
        bool learned = false;
    };

    static bool later(Entry const& a, Entry const& b);
    void link_dependents();
    void rank_tasks();
    std::span<TaskIndex const> dependents(TaskIndex task) const
    {
        return {dependents_.data() + first_dependent_[task], dependents_.data() + first_dependent_[task + 1]};
    }
    void want(TaskIndex task);
    void settle(TaskIndex task);
    void make_ready(TaskIndex task);
    void mark_done(TaskIndex task, int worker);
    void make_unavailable(TaskIndex task);
    void demand_again(TaskIndex task);
    void fail(TaskIndex task, TaskIndex cause);
    bool take_back(int worker, TaskIndex task);
    void list_worker(int worker);
    void give(int worker, double now_s);
    void hand_out(int worker, TaskIndex task, double now_s);
    TaskIndex pick(int worker);
    bool ends_in_time(int worker, TaskIndex task, double now_s) const;
    void refuse(TaskIndex task);
    bool may_send_ahead(Worker const& worker) const;
    double ratio(KindUse const& kind) const { return kind.estimated_s > 0 ? kind.actual_s / kind.estimated_s : 1.0; }

    TaskTable table_;
    SchedulerOptions options_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> first_dependent_;
    std::vector<TaskIndex> dependents_;
    std::vector<KindUse> kinds_;
    std::vector<Entry> heap_;
    std::vector<Worker> workers_;
    std::vector<int> idle_workers_, ahead_workers_;  ///< last in, first out; may be stale
    std::vector<Assignment> assignments_;
    std::vector<Failure> failures_;
    std::map<TaskIndex, std::string> messages_;
    Counts counts_;
    double remaining_estimate_s_ = 0;
    double critical_path_s_ = 0;
    double deadline_s_ = std::numeric_limits<double>::infinity();
    double shortest_refused_s_ = std::numeric_limits<double>::infinity();
    std::size_t in_flight_ = 0;
    int n_workers_ = 0;
    bool draining_ = false;
};

}  // namespace ablatrix::sched
