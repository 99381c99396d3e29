#include "detail/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::sched::detail {
namespace {

constexpr std::size_t most_complaints = 20;

}  // namespace

Ledger::Ledger(plan::ExperimentPlan const& plan, store::ResultFile& result, CostModel& costs, WorkList const& work,
               Progress::Launcher launcher)
    : plan_(plan),
      result_(result),
      costs_(costs),
      progress_(launcher),
      fail_fast_(plan.experiment.execution.fail_fast),
      start_s_(now_s())
{
    outcome_.runs_kept = outcome_.runs_done = work.runs_done;
    outcome_.tasks_cached = work.cached;
}

void Ledger::reported(Scheduler const& scheduler, int worker, TaskReport const& report)
{
    news_ = true;
    plan::Task const& task = plan_.graph.tasks()[report.task];
    switch (report.status) {
        case TaskStatus::made:
            ++outcome_.tasks_made;
            if (task.role == plan::TaskRole::record_run) {
                ++outcome_.runs_done;
                fail_fast_.run_done();
            }
            if (!report.continued) costs_.observe(task.kind, task.cost_units, report.seconds);
            break;
        case TaskStatus::found:
            ++outcome_.tasks_cached;
            break;
        case TaskStatus::failed:
            complain(describe(scheduler, report.task) + " failed on rank " + std::to_string(worker) + " (attempt " +
                     std::to_string(report.attempt) + " of " + std::to_string(scheduler.options().max_attempts) +
                     "): " + report.error);
            break;
        case TaskStatus::crashed:
            complain(describe(scheduler, report.task) + " crashed on rank " + std::to_string(worker) + " (attempt " +
                     std::to_string(report.attempt) + ", at most " + std::to_string(scheduler.options().crash_limit) +
                     " crashes): " + report.error);
            break;
        case TaskStatus::stopped:
            ++outcome_.tasks_stopped;
            progress_.clear();
            base::log_info(describe(scheduler, report.task) + " has saved its state; it will be continued");
            break;
        case TaskStatus::input_lost:
            progress_.clear();
            base::log_warning("making " + describe(scheduler, report.lost_input) +
                              " again: its artifact is damaged or gone");
            break;
    }
}

void Ledger::failed(Scheduler const& scheduler, std::vector<Failure> const& failures)
{
    std::size_t runs = 0;
    for (Failure const& failure : failures) {
        if (failure.task == failure.cause) ++outcome_.tasks_failed;
        if (plan_.graph.tasks()[failure.task].role != plan::TaskRole::record_run) continue;
        fail_run(scheduler, failure);
        ++runs;
    }
    outcome_.runs_failed += runs;
    std::string const with = runs == 0   ? "; the runs that need it had failed before"
                             : runs == 1 ? ", and with it 1 run; the others go on"
                                         : ", and with it " + std::to_string(runs) + " runs; the others go on";
    complain(describe(scheduler, failures.front().cause) + " is given up" + with);
    if (runs > 0) judge_failures(scheduler, failures.front().cause);
}

/// Runs have just failed because of \p cause.
void Ledger::judge_failures(Scheduler const& scheduler, TaskIndex cause)
{
    std::string const& kind = plan_.graph.tasks()[cause].kind;
    fail_fast_.run_failed(cause, kind + ": " + scheduler.message(cause));
    if (!fail_fast_.is_hopeless() || outcome_.failed_alike) return;
    outcome_.failed_alike = drain_told_ = true;
    progress_.clear();
    base::log_error("no run is done, and the first " + std::to_string(plan_.experiment.execution.fail_fast) +
                    " failures are alike: stopping early. The last one: " + describe(scheduler, cause) + ": " +
                    scheduler.message(cause) +
                    ". Nothing is lost: mend the cause and run the same command again, or "
                    "go on regardless with execution.fail_fast=0");
}

void Ledger::fail_run(Scheduler const& scheduler, Failure const& failure)
{
    std::size_t const run = plan_.graph.tasks()[failure.task].target;
    store::RunRecord record;
    record.status = store::RunStatus::failed;
    record.attempts = result_.read_run(run).attempts + 1;
    record.start_s = scheduler.first_start_s(failure.cause);
    record.seconds = std::max(0.0, now_s() - record.start_s);
    record.error =
        "stage '" + plan_.graph.tasks()[failure.cause].kind + "' failed: " + scheduler.message(failure.cause);
    result_.write_run(run, record, {});
}

/// "stage 'embed' of run 3 (seed=42 noise.rate=0.1)"
std::string Ledger::describe(Scheduler const& scheduler, TaskIndex task) const
{
    std::string text = "stage '" + plan_.graph.tasks()[task].kind + "'";
    std::uint32_t const run = scheduler.table().row(task).run;
    if (run == no_run) return text;
    text += " of run " + std::to_string(run);
    if (run < plan_.grid.runs.size()) text += " (" + plan_.grid.runs[run].label + ")";
    return text;
}

void Ledger::complain(std::string const& message)
{
    if (complaints_ > most_complaints) return;
    progress_.clear();
    base::log_error(++complaints_ <= most_complaints
                        ? message
                        : "more failures follow; every failed run holds its message in the result file");
}

ProgressFacts Ledger::facts(Scheduler const& scheduler, double now_s)
{
    auto const& counts = scheduler.counts();
    ProgressFacts facts;
    facts.runs_done = outcome_.runs_done;
    facts.runs_total = plan_.run_tasks.size();
    facts.runs_failed = outcome_.runs_failed;
    facts.tasks_done = counts.done;
    facts.tasks_total = counts.wanted;
    facts.running = counts.running;
    facts.cached = outcome_.tasks_cached;
    facts.elapsed_s = now_s - start_s_;
    if (counts.done == 0) return facts;
    if (news_) {
        left_s_ = scheduler.remaining_time_s();
        left_as_of_s_ = now_s;
        news_ = false;
    }
    facts.left_s = std::max(0.0, left_s_ - (now_s - left_as_of_s_));
    return facts;
}

void Ledger::lost(Scheduler const& scheduler, int /*worker*/, std::string const& how,
                  std::vector<TaskIndex> const& tasks)
{
    news_ = true;
    std::string text = how;
    if (!tasks.empty()) text += ", at " + describe(scheduler, tasks.front());
    losses_.push_back(text);
    ++outcome_.workers_lost;
    progress_.clear();
    std::size_t const left = static_cast<std::size_t>(scheduler.workers());
    base::log_error(text + "; " +
                    (left == 0   ? "no worker is left"
                     : left == 1 ? "1 worker goes on"
                                 : std::to_string(left) + " workers go on"));
}

void Ledger::tick(Scheduler const& scheduler, double now_s)
{
    if (scheduler.draining() && !drain_told_) {
        drain_told_ = true;
        progress_.clear();
        base::log_warning("asked to stop: finishing what is running, starting nothing new");
    }
    if (scheduler.counts().refused > 0 && !refusal_told_) {
        refusal_told_ = true;
        progress_.clear();
        base::log_warning("short of time: the time limit is in " +
                          base::human_seconds(std::max(0.0, scheduler.deadline_s() - now_s)) +
                          ", a task that takes about " + base::human_seconds(scheduler.shortest_refused_s()) +
                          " is not started any more");
    }
    if (progress_.due(now_s)) progress_.show(facts(scheduler, now_s), now_s);
}

Outcome Ledger::finish(Scheduler const& scheduler)
{
    progress_.clear();
    outcome_.tasks_refused = scheduler.counts().refused;
    outcome_.shortest_refused_s = scheduler.shortest_refused_s();
    outcome_.no_worker_left = scheduler.workers() == 0;
    bool const is_cut = scheduler.draining() || outcome_.tasks_refused > 0 || outcome_.no_worker_left;
    outcome_.stopped_early = is_cut && scheduler.unfinished() > 0;
    outcome_.failed_alike = outcome_.failed_alike && outcome_.stopped_early;
    outcome_.seconds = now_s() - start_s_;
    base::log_info(std::to_string(outcome_.runs_done) + " of " + std::to_string(plan_.run_tasks.size()) +
                   " runs done (" + std::to_string(outcome_.runs_kept) + " kept), " +
                   std::to_string(outcome_.runs_failed) + " failed; " + std::to_string(outcome_.tasks_made) +
                   " tasks made, " + std::to_string(outcome_.tasks_cached) + " found in the cache, in " +
                   base::human_seconds(outcome_.seconds));
    for (std::string const& loss : losses_)
        base::log_warning("lost: " + loss);
    if (outcome_.stopped_early && !outcome_.failed_alike)
        base::log_info("stopped early: run the same command again to continue");
    return outcome_;
}

}  // namespace ablatrix::sched::detail
