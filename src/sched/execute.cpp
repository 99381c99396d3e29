#include <ablatrix/sched/execute.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/sched/costs.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/progress.hpp>

#include "detail/ledger.hpp"
#include "detail/survival.hpp"
#include "detail/task_runner.hpp"
#include "detail/work_list.hpp"

namespace ablatrix::sched {
namespace {

constexpr double default_lease_s = 60;

CostModel learned_costs(store::ArtifactCache const& cache)
{
    return CostModel{cache.root() / "costs.tsv"};
}

SchedulerOptions options_for(plan::ExperimentPlan const& plan)
{
    SchedulerOptions options;
    options.max_attempts = std::max(1, plan.experiment.execution.max_attempts);
    options.crash_limit = std::max(1, plan.experiment.execution.crash_limit);
    return options;
}

/// Tell the table of stages what is taken from the cache. What an earlier session made keeps its costs.
void note_cached(plan::ExperimentPlan const& plan, TaskTable const& table, store::ResultFile& result)
{
    store::StageRecord cached;
    cached.status = 2;
    for (TaskIndex task = 0; task < table.size(); ++task) {
        if (table.row(task).presence != Presence::present) continue;
        if (plan.graph.tasks()[task].role != plan::TaskRole::compute) continue;
        if (result.read_stage(task).status == 0) result.write_stage(task, cached);
    }
}

/// "about 3 min with 2 workers", once every kind of stage that is to run has been measured.
std::string time_needed(plan::ExperimentPlan const& plan, Scheduler const& scheduler, int workers)
{
    std::string const with = std::to_string(workers) + (workers == 1 ? " worker" : " workers");
    for (TaskIndex task = 0; task < scheduler.table().size(); ++task) {
        TaskRow const& row = scheduler.table().row(task);
        if (row.presence != Presence::needed || plan.graph.tasks()[task].role != plan::TaskRole::compute) continue;
        if (!row.learned) return with;
    }
    double const seconds = std::max(scheduler.remaining_work_s() / workers, scheduler.critical_path_s());
    return "about " + base::human_seconds(seconds) + " with " + with;
}

void announce(plan::ExperimentPlan const& plan, detail::WorkList const& work, Scheduler const& scheduler, int workers)
{
    base::log_info(std::to_string(plan.run_tasks.size()) + " runs, " + std::to_string(work.runs_done) +
                   " of them done before; " + std::to_string(scheduler.counts().wanted) + " tasks to do, " +
                   std::to_string(work.cached) + " artifacts in the cache; " + time_needed(plan, scheduler, workers));
}

void save_costs(CostModel const& costs)
{
    try {
        costs.save();
    }
    catch (Error const& error) {
        base::log_warning(error.what());  // the results do not suffer
    }
}

/// The command of the process that stages run in; empty when they run in the worker.
std::vector<std::string> stage_child(plan::ExecutionOptions const& execution, ExecuteOptions const& options, int ranks)
{
    bool const is_required = execution.isolation == plan::Isolation::process || execution.has_timeout();
    bool const is_wanted = is_required || (execution.isolation == plan::Isolation::automatic && ranks > 1);
    if (!is_wanted) return {};
    ABLATRIX_VALIDATE(!is_required || !options.stage_child.empty(),
                      "this program cannot run stages in a child process (execution.isolation, execution.timeout). Use "
                      "isolation: none and no timeout");
    return options.stage_child;
}

/// Seconds without a sign of life after which a worker counts as lost.
double longest_silence_s(plan::ExecutionOptions const& execution, ExecuteOptions const& options)
{
    if (execution.lease_s > 0) return execution.lease_s;
    // A worker that runs stages itself is silent meanwhile, for as long as they take.
    bool const speaks = !stage_child(execution, options, 2).empty();
    return speaks ? default_lease_s : std::numeric_limits<double>::infinity();
}

/// All that rank 0 does; with no other rank it works as well.
Outcome lead(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
             mpi::Communicator const& channel, mpi::DeviceBinding const& device, ExecuteOptions const& options,
             detail::Recovery const* recovery)
{
    CostModel costs = learned_costs(cache);
    detail::WorkList const work = detail::find_work(plan, cache, &result, costs);
    note_cached(plan, work.table, result);

    bool const alone = channel.size() == 1;
    SchedulerOptions scheduling = options_for(plan);
    if (alone) scheduling.in_flight = 1;
    Scheduler scheduler{work.table, scheduling};
    scheduler.set_deadline(options.deadline_s);
    announce(plan, work, scheduler, std::max(1, channel.size() - 1));

    detail::Ledger ledger{plan, result, costs, work, alone ? Progress::Launcher::shell : Progress::Launcher::mpirun};
    if (alone) {
        detail::TaskRunner runner{plan, cache, result, device,
                                  stage_child(plan.experiment.execution, options, channel.size())};
        work_alone(scheduler, std::bind_front(&detail::TaskRunner::run, &runner), ledger);
    }
    else {
        coordinate(scheduler, channel, ledger, recovery);
    }
    cache.remove_finished();
    save_costs(costs);
    return ledger.finish(scheduler);
}

Outcome share(mpi::Communicator const& world, Outcome outcome)
{
    static_assert(std::is_trivially_copyable_v<Outcome>);
    std::string bytes(sizeof outcome, '\0');
    std::memcpy(bytes.data(), &outcome, sizeof outcome);
    bytes = world.broadcast(std::move(bytes));
    std::memcpy(&outcome, bytes.data(), sizeof outcome);
    return outcome;
}

}  // namespace

Outcome execute(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
                mpi::Communicator& world, mpi::DeviceBinding const& device, ExecuteOptions const& options)
{
    DrainSignals const signals{options.drain_signals};
    mpi::Communicator channel = world.duplicate();
    std::optional<detail::Recovery> recovery;
    if (options.recovery && world.size() > 1)
        recovery.emplace(world, longest_silence_s(plan.experiment.execution, options));
    auto const* const may_lose = recovery ? &*recovery : nullptr;

    Outcome outcome;
    if (channel.rank() == 0) {
        outcome = lead(plan, cache, result, channel, device, options, may_lose);
    }
    else {
        detail::TaskRunner runner{plan, cache, result, device,
                                  stage_child(plan.experiment.execution, options, channel.size())};
        work(channel, std::bind_front(&detail::TaskRunner::run, &runner), may_lose);
    }
    if (!recovery) return share(world, outcome);
    channel.abandon();
    return outcome;
}

Remaining what_remains(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache,
                       store::ResultFile const* result)
{
    CostModel const costs = learned_costs(cache);
    auto const work = detail::find_work(plan, cache, result, costs);

    Remaining remaining;
    remaining.runs = plan.run_tasks.size();
    remaining.runs_done = work.runs_done;
    std::map<std::uint32_t, Remaining::Kind> kinds;  // numbered by first appearance
    for (TaskIndex task = 0; task < work.table.size(); ++task) {
        TaskRow const& row = work.table.row(task);
        auto& kind = kinds[row.kind];
        kind.kind = plan.graph.tasks()[task].kind;
        kind.learned = row.learned;
        ++kind.tasks;
        if (row.presence == Presence::needed) {
            kind.seconds += row.seconds;
            remaining.seconds += row.seconds;
            remaining.longest_s = std::max(remaining.longest_s, row.seconds);
        }
        else {
            ++kind.cached;
        }
    }
    for (auto& [number, kind] : kinds)
        remaining.kinds.push_back(std::move(kind));
    return remaining;
}

Simulation simulate(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache,
                    store::ResultFile const* result, int workers)
{
    auto work = detail::find_work(plan, cache, result, learned_costs(cache));
    return simulate_table(std::move(work.table), options_for(plan), workers);
}

}  // namespace ablatrix::sched
