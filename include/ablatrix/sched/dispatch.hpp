#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/scheduler.hpp>

/// \file
/// Drivers that feed the scheduler: ranks under MPI, or this process alone. What a task does is a function, so that
/// benchmarks and tests use the very path that experiments use.

namespace ablatrix::sched {

enum class TaskStatus : std::uint8_t
{
    made,
    found,       ///< somebody else had put the output into the cache meanwhile
    failed,      ///< TaskReport::error says why
    input_lost,  ///< the output of TaskReport::lost_input is damaged or gone
    crashed,     ///< the process that ran it ended; TaskReport::error says how
    stopped      ///< on request; it left its state in the cache and can be continued
};

struct TaskReport
{
    TaskIndex task = 0;
    TaskStatus status = TaskStatus::made;
    int attempt = 1;
    TaskIndex lost_input = 0;
    double seconds = 0;
    std::int64_t bytes = 0;
    std::string error;
    bool continued = false;  ///< from a saved state: seconds says nothing about the cost of the whole
};

/// What a driver wants of a task that runs.
enum class Wish
{
    go_on,
    wrap_up,  ///< end soon: what can be continued saves its state and stops, the others go on
    give_up   ///< nobody waits for the result any more
};

/// What a driver has to do while a task runs elsewhere. Never throws.
using Meanwhile = std::function<Wish()>;

/// Executes one task. An exception is the same as a report of failure. Who waits for another process calls the second
/// argument every now and then.
using Execute = std::function<TaskReport(Assignment const&, Meanwhile const&)>;

/// Hears what a driver learns, on the coordinating rank.
class DispatchListener
{
  public:
    virtual ~DispatchListener() = default;
    /// \p report has been entered into \p scheduler.
    virtual void reported(Scheduler const& scheduler, int worker, TaskReport const& report) = 0;
    virtual void failed(Scheduler const& scheduler, std::vector<Failure> const& failures) = 0;
    /// \p worker is gone, \p how says who that was and what is known; it was to make \p tasks, the first of them now.
    virtual void lost(Scheduler const& /*scheduler*/, int /*worker*/, std::string const& /*how*/,
                      std::vector<TaskIndex> const& /*tasks*/)
    {}
    /// Whether to drain, asked after every report.
    virtual bool wants_to_stop() const { return false; }
    /// Often; \p now_s is what now_s() says.
    virtual void tick(Scheduler const& scheduler, double now_s) = 0;
};

/// Seconds since the epoch, never going backwards while the process lives.
double now_s();

/// Signals that batch systems and people send to stop a program in order.
inline std::vector<int> const default_drain_signals = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};

/// While one of these lives, its signals ask the drivers to drain; a second SIGINT ends the process. They may be
/// nested: what came during the life of the outermost one counts.
class DrainSignals
{
  public:
    explicit DrainSignals(std::vector<int> const& signals = default_drain_signals);
    ~DrainSignals();
    DrainSignals(DrainSignals const&) = delete;
    DrainSignals& operator=(DrainSignals const&) = delete;

    static bool requested() noexcept;

  private:
    std::vector<std::pair<int, struct sigaction>> old_actions_;
};

namespace detail {
struct Recovery;
}

/// Rank 0 of \p channel: hand out work to all other ranks until \p scheduler is done, then tell them to stop.
/// Nobody else may use \p channel meanwhile. Sleeps while workers are busy. \throws Error when the launcher has died
///
/// With \p recovery, on every rank or none, workers may be lost: others take over, and when none is left this returns
/// with work undone. Nothing waits for a lost rank, so \p channel has to be abandoned afterwards.
void coordinate(Scheduler& scheduler, mpi::Communicator const& channel, DispatchListener& listener,
                detail::Recovery const* recovery = nullptr);

/// All other ranks: execute what rank 0 sends until it says stop. \throws Error when the launcher has died; with
/// \p recovery also when rank 0 has, or has given up this rank
void work(mpi::Communicator const& channel, Execute const& execute, detail::Recovery const* recovery = nullptr);

/// Coordinator and only worker in one.
void work_alone(Scheduler& scheduler, Execute const& execute, DispatchListener& listener);

}  // namespace ablatrix::sched
