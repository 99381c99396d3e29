#include "detail/task_runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>

namespace ablatrix::sched::detail {
namespace {

/// Many small rows share a flush: one takes milliseconds.
constexpr double longest_unflushed_s = 1;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The artifact of \p task is gone; becomes a report, never an error of the stage.
struct LostInput
{
    TaskIndex task;
};

template <typename T>
std::vector<T> copy_of(base::Bundle const& bundle, std::string_view array)
{
    auto const values = bundle.get<T>(array);
    return {values.begin(), values.end()};
}

std::size_t position_of(std::vector<std::string> const& names, std::string const& name)
{
    auto const place = std::find(names.begin(), names.end(), name);
    ABLATRIX_ASSERT(place != names.end());
    return static_cast<std::size_t>(place - names.begin());
}

plan::TaskId input_task(plan::Task const& task, std::string_view role)
{
    for (plan::TaskInput const& input : task.inputs) {
        if (input.role == role) return input.task;
    }
    throw ContractError("task '" + task.kind + "' has no input '" + std::string{role} + "'");
}

StageMeans means_of(mpi::DeviceBinding const& device, plan::ExecutionOptions const& execution)
{
    return {.threads = device.threads,
            .device = device.device == "cpu" ? "cpu" : "cuda:0",  // the only one this process sees
            .save_every_s = execution.save_every_s};
}

/// NaN for every [method x metric] of every item set.
std::vector<std::vector<double>> empty_metrics(store::ResultLayout const& layout)
{
    std::vector<std::vector<double>> metrics;
    for (store::ItemSetLayout const& set : layout.item_sets) {
        metrics.emplace_back(set.methods.size() * set.metrics.size(), nan);
    }
    return metrics;
}

}  // namespace

TaskRunner::TaskRunner(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
                       mpi::DeviceBinding const& device, std::vector<std::string> const& stage_child)
    : plan_(plan),
      cache_(cache),
      result_(result),
      device_(device),
      stages_(plan.graph.registry(), cache, means_of(device, plan.experiment.execution))
{
    if (stage_child.empty()) return;
    child_.emplace(stage_child, Welcome{0, device.rank, std::filesystem::absolute(cache.root()).string(),
                                        means_of(device, plan.experiment.execution)});
}

TaskReport TaskRunner::run(Assignment const& assignment, Meanwhile const& meanwhile)
{
    plan::Task const& task = plan_.graph.tasks().at(assignment.task);
    auto const start = std::chrono::steady_clock::now();
    TaskReport report;
    try {
        switch (task.role) {
            case plan::TaskRole::compute:
                report = make(task, meanwhile);
                break;
            case plan::TaskRole::record_truth:
                record_truth(task);
                break;
            case plan::TaskRole::record_column:
                record_column(task);
                break;
            case plan::TaskRole::record_run:
                record_run(task, assignment);
                break;
        }
    }
    catch (LostInput const& lost) {
        report.status = TaskStatus::input_lost;
        report.lost_input = lost.task;
    }
    catch (std::exception const& error) {
        report.status = TaskStatus::failed;
        report.error = error.what();
    }
    report.task = assignment.task;
    report.attempt = assignment.attempt;
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (report.status != TaskStatus::input_lost && report.status != TaskStatus::stopped)
        note(report, assignment.attempt);
    flush(task.role);
    return report;
}

ArtifactMemory::Pointer TaskRunner::artifact(plan::TaskId id)
{
    auto found = stages_.artifact(plan_.graph.task(id).fingerprint);
    if (!found) throw LostInput{static_cast<TaskIndex>(plan::index_of(id))};
    return found;
}

TaskReport TaskRunner::make(plan::Task const& task, Meanwhile const& meanwhile)
{
    TaskReport report;
    if (cache_.contains(task.fingerprint)) {
        report.status = TaskStatus::found;
        return report;
    }
    StageRequest request{task.fingerprint, task.kind, task.params, {}};
    for (plan::TaskInput const& input : task.inputs)
        request.inputs.emplace_back(input.role, plan_.graph.task(input.task).fingerprint);
    auto result = run_stage(request, meanwhile);
    report.status = result.status;
    report.bytes = result.bytes;
    report.error = std::move(result.error);
    report.continued = result.continued;
    if (result.status == TaskStatus::input_lost)
        report.lost_input = static_cast<TaskIndex>(plan::index_of(task.inputs.at(result.lost_input).task));
    return report;
}

StageResult TaskRunner::run_stage(StageRequest const& request, Meanwhile const& meanwhile)
{
    bool const in_child = child_ && !plan_.graph.registry().at(request.kind).uses_plan;
    if (!in_child) return stages_.run(request, [&meanwhile] { return meanwhile() != Wish::go_on; });
    return child_->run(request, plan_.experiment.execution.timeout_of(request.kind), meanwhile);
}

void TaskRunner::record_truth(plan::Task const& task)
{
    auto const truth = artifact(input_task(task, "truth"));
    result_.write_truth(task.item_set, task.target,
                        {copy_of<std::int64_t>(*truth, "item"), copy_of<std::int32_t>(*truth, "clean"),
                         copy_of<std::int32_t>(*truth, "observed"), copy_of<std::uint8_t>(*truth, "is_noisy")});
}

void TaskRunner::record_column(plan::Task const& task)
{
    auto const values = artifact(input_task(task, "values"));
    auto const metrics = artifact(input_task(task, "metrics"));
    auto const& array = task.params.get<std::string>("array");
    auto const& set = result_.layout().item_sets.at(task.item_set);
    store::Column column;
    if (set.kind == store::ColumnKind::score) {
        column.scores = copy_of<double>(*values, array);
    }
    else {
        column.predictions = copy_of<std::int32_t>(*values, array);
    }
    if (set.has_confidence) column.confidence = copy_of<double>(*values, "confidence/" + array);
    column.metrics = copy_of<double>(*metrics, "metrics/" + array);
    if (set.curves) {
        column.roc = copy_of<double>(*metrics, "roc/" + array);
        column.pr = copy_of<double>(*metrics, "pr/" + array);
    }
    result_.write_column(task.item_set, task.target, column);
}

void TaskRunner::record_run(plan::Task const& task, Assignment const& assignment)
{
    store::ResultLayout const& layout = result_.layout();
    plan::RunOutputs const& outputs = plan_.outputs.at(task.target);
    auto metrics = empty_metrics(layout);
    for (plan::ColumnOutput const& column : outputs.columns) {
        std::size_t const set_index = layout.item_set_index(column.item_set);
        store::ItemSetLayout const& set = layout.item_sets[set_index];
        auto const bundle = artifact(column.metrics_task);
        auto const values = bundle->get<double>("metrics/" + column.array);
        ABLATRIX_VALIDATE(values.size() == set.metrics.size(),
                          "stage '" + plan_.graph.task(column.metrics_task).kind + "' made " +
                              std::to_string(values.size()) + " metrics of '" + column.array + "', but item set '" +
                              set.name + "' declares " + std::to_string(set.metrics.size()));
        std::size_t const row = position_of(set.methods, column.method);
        std::copy(values.begin(), values.end(),
                  metrics[set_index].begin() + static_cast<std::ptrdiff_t>(row * set.metrics.size()));
    }
    store::RunRecord record;
    record.status = store::RunStatus::done;
    record.attempts = result_.read_run(task.target).attempts + 1;
    record.worker = device_.rank;
    record.device = device_.identity.empty() ? device_.device : device_.identity;
    record.start_s = assignment.first_start_s;
    record.scalars.assign(layout.scalars.size(), nan);
    for (plan::ScalarOutput const& scalar : outputs.scalars) {
        record.scalars[position_of(layout.scalars, scalar.name)] = artifact(scalar.task)->scalar(scalar.array);
    }
    record.seconds = std::max(0.0, now_s() - assignment.first_start_s);
    result_.write_run(task.target, record, metrics);
}

void TaskRunner::flush(plan::TaskRole role)
{
    double const now = now_s();
    if (role != plan::TaskRole::record_run && now - flushed_s_ < longest_unflushed_s) return;
    result_.sync();
    flushed_s_ = now;
}

void TaskRunner::note(TaskReport const& report, int attempt)
{
    store::StageRecord record;
    record.attempts = attempt;
    record.worker = device_.rank;
    record.seconds = report.seconds;
    record.bytes = report.bytes;
    bool const failed = report.status == TaskStatus::failed || report.status == TaskStatus::crashed;
    record.status = failed ? 3 : report.status == TaskStatus::found ? 2 : 1;
    result_.write_stage(report.task, record);
    base::fault_point("task.noted");
}

}  // namespace ablatrix::sched::detail
