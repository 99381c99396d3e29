#include <ablatrix/plan/graph.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <ablatrix/base/error.hpp>

namespace ablatrix::plan {

namespace {

void add_inputs(base::Hasher& hash, std::vector<TaskInput> const& inputs, std::vector<Task> const& tasks)
{
    for (TaskInput const& input : inputs)
        hash.add(input.role).add(tasks.at(index_of(input.task)).fingerprint);
}

}  // namespace

TaskId Graph::add(std::string const& kind, Params params, std::vector<TaskInput> inputs, double cost_units)
{
    // Roles name the inputs, so their order means nothing.
    std::ranges::sort(inputs, {}, &TaskInput::role);
    auto const twice = std::ranges::adjacent_find(inputs, {}, &TaskInput::role);
    if (twice != inputs.end()) throw ContractError("stage '" + kind + "' gets two inputs named '" + twice->role + "'");

    base::Hasher hash;
    hash.add(kind).add(static_cast<std::uint64_t>(registry_->at(kind).version)).add(params.canonical());
    add_inputs(hash, inputs, tasks_);
    base::Fingerprint const fingerprint = hash.finish();
    auto const found = by_fingerprint_.find(fingerprint);
    if (found != by_fingerprint_.end()) return found->second;
    TaskId const id =
        append({TaskRole::compute, kind, std::move(params), std::move(inputs), fingerprint, cost_units, 0, 0});
    by_fingerprint_.emplace(fingerprint, id);
    return id;
}

TaskId Graph::add_record(Task task)
{
    ABLATRIX_EXPECT(task.role != TaskRole::compute);
    base::Hasher hash;
    hash.add(task.kind).add(task.item_set).add(task.target).add(task.params.canonical());
    add_inputs(hash, task.inputs, tasks_);
    task.fingerprint = hash.finish();
    return append(std::move(task));
}

TaskId Graph::append(Task task)
{
    ABLATRIX_EXPECT(tasks_.size() < std::numeric_limits<std::uint32_t>::max());
    TaskId const id{static_cast<std::uint32_t>(tasks_.size())};
    tasks_.push_back(std::move(task));
    return id;
}

}  // namespace ablatrix::plan
