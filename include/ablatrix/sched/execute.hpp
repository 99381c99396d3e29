#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/simulator.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::sched {

/// How a grid ended.
struct Outcome
{
    std::size_t runs_done = 0;
    std::size_t runs_kept = 0;  ///< of those done: found finished and verified at the start
    std::size_t runs_failed = 0;
    std::size_t tasks_made = 0;
    std::size_t tasks_cached = 0;
    std::size_t tasks_failed = 0;
    std::size_t tasks_stopped = 0;  ///< on request; the same command continues them
    std::size_t workers_lost = 0;   ///< with ExecuteOptions::recovery
    bool no_worker_left = false;    ///< of those; sets stopped_early, too, unless everything was done
    bool stopped_early = false;     ///< drained after a signal, or short of time: run again to continue
    bool failed_alike = false;      ///< stopped early because the first runs failed alike (execution.fail_fast)
    std::size_t tasks_refused = 0;  ///< ready, but not started because they would have outlasted the deadline
    double shortest_refused_s = std::numeric_limits<double>::infinity();  ///< expected, of those
    double seconds = 0;
};

struct ExecuteOptions
{
    double deadline_s = std::numeric_limits<double>::infinity();  ///< now_s() at which everything is to have ended
    std::vector<int> drain_signals = default_drain_signals;
    /// Program and arguments of a process that calls serve_stages() with the experiment's stages; empty: there is none,
    /// and `isolation: process` is an error.
    std::vector<std::string> stage_child;
    /// Workers may be lost: others take over. The launcher has to let the job go on (mpi::Environment::
    /// survives_losses()); the same on all ranks. Afterwards nothing collective may follow, see execute().
    bool recovery = false;
};

/// Run everything that \p plan still lacks; collective over \p world. Rank 0 coordinates and, alone, works itself.
/// Every rank holds the same plan, the same open \p result and its own view of the shared \p cache.
///
/// With ExecuteOptions::recovery only the start is collective, and only rank 0 returns what happened. Every rank then
/// leaves with ResultFile::abandon() and _exit; an Error says that this rank cannot go on without the others.
Outcome execute(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
                mpi::Communicator& world, mpi::DeviceBinding const& device, ExecuteOptions const& options = {});

/// What is left to do, without doing it: for `plan` and `--dry-run`.
struct Remaining
{
    std::size_t runs = 0, runs_done = 0;
    struct Kind
    {
        std::string kind;
        std::size_t tasks = 0;
        std::size_t cached = 0;  ///< need not be made: in the cache, recorded, or only read by such
        double seconds = 0;      ///< estimated, of those not cached
        bool learned = false;
    };
    std::vector<Kind> kinds;
    double seconds = 0;    ///< estimated work of one worker
    double longest_s = 0;  ///< of a single task
};
/// \p result may be null (nothing recorded yet).
Remaining what_remains(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache,
                       store::ResultFile const* result);

/// The same state machine with virtual time.
Simulation simulate(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache,
                    store::ResultFile const* result, int workers);

}  // namespace ablatrix::sched
