#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/plan/params.hpp>
#include <ablatrix/plan/stage.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/store/cache.hpp>

#include "artifact_memory.hpp"

namespace ablatrix::sched::detail {

/// One stage to be run: inputs come from the cache and the output goes there, so that it does not matter which process
/// of a worker runs it.
struct StageRequest
{
    base::Fingerprint output;
    std::string kind;
    plan::Params params;
    std::vector<std::pair<std::string, base::Fingerprint>> inputs;  ///< role and artifact
};

struct StageResult
{
    TaskStatus status = TaskStatus::made;
    std::size_t lost_input = 0;  ///< index among the request's inputs, for TaskStatus::input_lost
    std::int64_t bytes = 0;      ///< of the output in memory
    std::string error;           ///< for TaskStatus::failed and crashed
    bool continued = false;      ///< from a saved state: its time is not that of the whole stage
};

/// What stages may use.
struct StageMeans
{
    int threads = 1;
    std::string device = "cpu";  ///< "cpu" or "cuda:0"
    double save_every_s = 0;     ///< between two saves of a long stage's state; 0: none is saved
};

/// Runs stages in this process.
class StageRunner
{
  public:
    StageRunner(plan::StageRegistry const& registry, store::ArtifactCache const& cache, StageMeans means);

    /// Asked by stages that can be continued.
    using MustStop = std::function<bool()>;

    /// Never throws for a stage's failure: the result says it.
    StageResult run(StageRequest const& request, MustStop const& must_stop);
    /// An artifact, kept in memory for a while; null when it is damaged or gone.
    ArtifactMemory::Pointer artifact(base::Fingerprint const& fingerprint);

  private:
    StageResult make(StageRequest const& request, MustStop const& must_stop);

    plan::StageRegistry const& registry_;
    store::ArtifactCache const& cache_;
    StageMeans means_;
    ArtifactMemory memory_;
};

}  // namespace ablatrix::sched::detail
