#pragma once

#include <cstddef>
#include <vector>

#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/costs.hpp>
#include <ablatrix/sched/scheduler.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::sched::detail {

/// What a plan still lacks, seen from its end: records that the result file does not hold (or holds damaged), and back
/// from there the artifacts that the cache lacks. Nothing upstream of a cached artifact is looked at.
struct WorkList
{
    TaskTable table;        ///< same indices as the plan's graph
    std::size_t runs_done;  ///< recorded and verified
    std::size_t cached;     ///< artifacts that are read, not made
};

/// \p result may be null: nothing is recorded.
WorkList find_work(plan::ExperimentPlan const& plan, store::ArtifactCache const& cache, store::ResultFile const* result,
                   CostModel const& costs);

}  // namespace ablatrix::sched::detail
