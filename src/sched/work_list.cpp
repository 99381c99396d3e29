#include "detail/work_list.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ablatrix::sched::detail {
namespace {

/// Inputs of every task, one after the other: those that the graph declares, and for a run's record every output that
/// it gathers.
class Inputs
{
  public:
    explicit Inputs(plan::ExperimentPlan const& plan)
    {
        first_.reserve(plan.graph.size() + 1);
        for (plan::Task const& task : plan.graph.tasks()) {
            for (plan::TaskInput const& input : task.inputs)
                add(input.task);
            if (task.role == plan::TaskRole::record_run) add_outputs(plan.outputs[task.target]);
            first_.push_back(tasks_.size());
        }
    }

    std::size_t size() const noexcept { return first_.size() - 1; }
    std::span<TaskIndex const> operator[](std::size_t task) const
    {
        return {tasks_.data() + first_[task], tasks_.data() + first_[task + 1]};
    }

  private:
    void add(plan::TaskId task) { tasks_.push_back(static_cast<TaskIndex>(plan::index_of(task))); }
    void add_outputs(plan::RunOutputs const& outputs)
    {
        for (plan::ColumnOutput const& column : outputs.columns)
            add(column.metrics_task);
        for (plan::ScalarOutput const& scalar : outputs.scalars)
            add(scalar.task);
    }

    std::vector<TaskIndex> tasks_;
    std::vector<std::size_t> first_ = {0};
};

/// First run that wants each task.
std::vector<std::uint32_t> first_runs(plan::ExperimentPlan const& plan, Inputs const& inputs)
{
    std::vector<std::uint32_t> runs(inputs.size(), no_run);
    for (std::size_t run = 0; run < plan.run_tasks.size(); ++run) {
        runs[plan::index_of(plan.run_tasks[run])] = static_cast<std::uint32_t>(run);
    }
    for (std::size_t task = inputs.size(); task-- > 0;) {
        for (TaskIndex const input : inputs[task])
            runs[input] = std::min(runs[input], runs[task]);
    }
    return runs;
}

/// What the result file holds already, read in bulk: one by one a resume of 100,000 runs would take seconds.
class Recorded
{
  public:
    Recorded() = default;
    Recorded(store::ResultLayout const& layout, store::ResultFile const& result) : runs_(result.runs_verified())
    {
        for (std::size_t set = 0; set < layout.item_sets.size(); ++set) {
            truths_.push_back(result.truths_verified(set));
            columns_.push_back(result.columns_verified(set));
        }
    }

    bool contains(plan::Task const& task) const
    {
        switch (task.role) {
            case plan::TaskRole::record_truth:
                return !truths_.empty() && truths_[task.item_set][task.target];
            case plan::TaskRole::record_column:
                return !columns_.empty() && columns_[task.item_set][task.target];
            case plan::TaskRole::record_run:
                return !runs_.empty() && runs_[task.target];
            case plan::TaskRole::compute:
                break;
        }
        return false;
    }

  private:
    std::vector<bool> runs_;
    std::vector<std::vector<bool>> truths_, columns_;  // per item set
};

bool can_be_continued(plan::ExperimentPlan const& plan, plan::Task const& task)
{
    return task.role == plan::TaskRole::compute && plan.graph.registry().at(task.kind).can_be_continued;
}

}  // namespace

WorkList find_work(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile const* result,
                   CostModel const& costs)
{
    auto const& tasks = plan.graph.tasks();
    Inputs const inputs(plan);
    auto const runs = first_runs(plan, inputs);
    WorkList work{};

    // Readers come after what they read: when a task is looked at, everything that may want it has been.
    std::vector<Presence> presence(tasks.size(), Presence::idle);
    std::vector<bool> wanted(tasks.size(), false);
    auto const recorded = result != nullptr ? Recorded(plan.layout, *result) : Recorded();
    for (std::size_t i = tasks.size(); i-- > 0;) {
        if (tasks[i].role != plan::TaskRole::compute) {
            bool const is_recorded = recorded.contains(tasks[i]);
            presence[i] = is_recorded ? Presence::present : Presence::needed;
            if (is_recorded && tasks[i].role == plan::TaskRole::record_run) ++work.runs_done;
        }
        else if (wanted[i]) {
            bool const cached = cache.contains(tasks[i].fingerprint);
            presence[i] = cached ? Presence::present : Presence::needed;
            if (cached) ++work.cached;
        }
        if (presence[i] != Presence::needed) continue;
        for (TaskIndex const input : inputs[i])
            wanted[input] = true;
    }

    bool const saves = plan.experiment.execution.save_every_s > 0;
    std::map<std::string, std::uint32_t> kinds;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto const estimate = costs.estimate(tasks[i].kind, tasks[i].cost_units);
        auto const kind = kinds.emplace(tasks[i].kind, static_cast<std::uint32_t>(kinds.size())).first->second;
        work.table.add({.seconds = estimate.seconds,
                        .run = runs[i],
                        .kind = kind,
                        .learned = estimate.learned,
                        .presence = presence[i],
                        .can_be_continued = saves && can_be_continued(plan, tasks[i])},
                       inputs[i]);
    }
    return work;
}

}  // namespace ablatrix::sched::detail
