#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "artifact_memory.hpp"
#include "stage_child.hpp"
#include "stage_runner.hpp"

namespace ablatrix::sched::detail {

/// Does tasks of a plan on this rank: runs stages, here or in a child process, writes records, and notes every attempt
/// in the result file's table of stages.
class TaskRunner
{
  public:
    /// \p stage_child: the program that runs stages in a child process (see ExecuteOptions); empty: in this one.
    TaskRunner(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
               mpi::DeviceBinding const& device, std::vector<std::string> const& stage_child);

    /// Never throws for a stage's failure: the report says it.
    TaskReport run(Assignment const& assignment, Meanwhile const& meanwhile);

  private:
    ArtifactMemory::Pointer artifact(plan::TaskId task);
    TaskReport make(plan::Task const& task, Meanwhile const& meanwhile);
    StageResult run_stage(StageRequest const& request, Meanwhile const& meanwhile);
    void record_truth(plan::Task const& task);
    void record_column(plan::Task const& task);
    void record_run(plan::Task const& task, Assignment const& assignment);
    void note(TaskReport const& report, int attempt);
    /// Flush this rank's journal: always before somebody hears that a run is done, because a run that was reported
    /// survives the loss of the machine; else now and then. Rows of columns and truths that a lost machine takes with
    /// it are written again from the cache.
    void flush(plan::TaskRole role);

    plan::ExperimentPlan const& plan_;
    store::ArtifactCache const& cache_;
    store::ResultFile& result_;
    mpi::DeviceBinding const& device_;
    double flushed_s_ = 0;
    StageRunner stages_;
    std::optional<StageChild> child_;
};

}  // namespace ablatrix::sched::detail
