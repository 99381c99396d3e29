#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "artifact_memory.hpp"

namespace ablatrix::sched::detail {

/// Does tasks of a plan on this rank: loads inputs, runs the stage or writes the record, stores the artifact, and notes
/// every attempt in the result file's table of stages.
class TaskRunner
{
  public:
    TaskRunner(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile& result,
               mpi::DeviceBinding const& device);

    /// Never throws for a stage's failure: the report says it.
    TaskReport run(Assignment const& assignment);

  private:
    ArtifactMemory::Pointer artifact(plan::TaskId task);
    TaskReport make(plan::Task const& task, TaskIndex index);
    void record_truth(plan::Task const& task);
    void record_column(plan::Task const& task);
    void record_run(plan::Task const& task, Assignment const& assignment);
    void note(TaskReport const& report, int attempt);

    plan::ExperimentPlan const& plan_;
    store::ArtifactCache const& cache_;
    store::ResultFile& result_;
    mpi::DeviceBinding const& device_;
    ArtifactMemory memory_;
};

}  // namespace ablatrix::sched::detail
