#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/plan/params.hpp>
#include <ablatrix/plan/stage.hpp>

namespace ablatrix::plan {

/// Index of a task in its graph.
enum class TaskId : std::uint32_t {};
inline std::size_t index_of(TaskId id) { return static_cast<std::size_t>(id); }

enum class TaskRole : std::uint8_t {
    compute,        ///< makes an artifact
    record_truth,   ///< input "truth": writes ground truth of an item set into the result file
    record_column,  ///< inputs "values", "metrics"; parameter "array": writes one column into the result file
    record_run      ///< reads every metrics and scalar task of the run, after its columns; the run is done when it is
};

struct TaskInput
{
    std::string role;
    TaskId task;
};

struct Task
{
    TaskRole role = TaskRole::compute;
    std::string kind;
    Params params;
    std::vector<TaskInput> inputs;
    base::Fingerprint fingerprint;
    double cost_units = 1;      ///< size hint (rows, usually): seconds = learned seconds per unit of this kind
    std::size_t target = 0;     ///< record tasks: the truth, column or run (index in the result layout) that is written
    std::size_t item_set = 0;   ///< record_truth, record_column: index in the result layout
};

/// Tasks in an order in which inputs come first. Equal fingerprints are one task.
class Graph
{
  public:
    explicit Graph(StageRegistry const& registry) : registry_(&registry) {}

    /// Add a stage, or find the task that already does exactly this. \p cost_units see Task.
    TaskId add(std::string const& kind, Params params, std::vector<TaskInput> inputs, double cost_units);
    TaskId add_record(Task task);

    Task const& task(TaskId id) const { return tasks_.at(index_of(id)); }
    std::vector<Task> const& tasks() const noexcept { return tasks_; }
    std::size_t size() const noexcept { return tasks_.size(); }
    StageRegistry const& registry() const noexcept { return *registry_; }

  private:
    TaskId append(Task task);
    StageRegistry const* registry_;
    std::vector<Task> tasks_;
    std::unordered_map<base::Fingerprint, TaskId> by_fingerprint_;  ///< compute tasks
};

}  // namespace ablatrix::plan
