#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/plan/experiment.hpp>

#include "detail/parameters.hpp"

namespace ablatrix::plan {

namespace {

/// Grows when a change of this file changes what equal plans record.
constexpr std::uint64_t plan_version = 2;

/// Collects one item set over all runs.
class ItemSetBuilder
{
  public:
    ItemSetBuilder(ItemSetSpec const& spec, std::size_t n_runs)
    {
        column_index_.reserve(n_runs);
        layout_.name = spec.name;
        layout_.kind = spec.kind;
        layout_.metrics = spec.metrics;
        layout_.curves = spec.curves;
        layout_.has_confidence = spec.has_confidence;
    }

    std::string const& name() const noexcept { return layout_.name; }

    /// Index of the truth, and whether it is new.
    std::pair<std::size_t, bool> add_truth(std::size_t run, base::Fingerprint const& fingerprint, std::int64_t n_items)
    {
        layout_.truth_of_run.resize(run + 1, -1);
        if (layout_.truth_of_run[run] != -1) throw ContractError("a run has two truths of item set '" + name() + "'");
        auto const [found, is_new] = truth_of_.emplace(fingerprint, layout_.truths.size());
        if (is_new) layout_.truths.push_back(fingerprint);
        layout_.truth_of_run[run] = static_cast<std::int32_t>(found->second);
        layout_.n_items = std::max(layout_.n_items, n_items);
        return {found->second, is_new};
    }

    /// The truth of \p run, which its columns are about.
    std::size_t truth_of(std::size_t run) const
    {
        bool const known = run < layout_.truth_of_run.size() && layout_.truth_of_run[run] != -1;
        if (!known) throw ContractError("a run has columns of item set '" + name() + "' but no truth");
        return static_cast<std::size_t>(layout_.truth_of_run[run]);
    }

    /// Index of the column, and whether it is new.
    std::pair<std::size_t, bool> add_column(std::size_t run, std::string const& method,
                                            base::Fingerprint const& fingerprint)
    {
        auto const [found, is_new] = column_index_.emplace(fingerprint, layout_.columns.size());
        if (is_new) {
            layout_.columns.push_back(fingerprint);
            layout_.truth_of_column.push_back(static_cast<std::int32_t>(truth_of(run)));
        }
        auto const [known, is_first] = method_index_.emplace(method, layout_.methods.size());
        if (is_first) layout_.methods.push_back(method);
        cells_.push_back({run, known->second, static_cast<std::int32_t>(found->second)});
        return {found->second, is_new};
    }

    store::ItemSetLayout finish(std::size_t n_runs)
    {
        layout_.truth_of_run.resize(n_runs, -1);
        layout_.column_of.assign(n_runs * layout_.methods.size(), -1);
        for (Cell const& cell : cells_) {
            auto& column = layout_.column_of[cell.run * layout_.methods.size() + cell.method];
            if (column != -1)
                throw ContractError("a run has two columns of method '" + layout_.methods[cell.method] +
                                    "' in item set '" + name() + "'");
            column = cell.column;
        }
        return std::move(layout_);
    }

  private:
    struct Cell
    {
        std::size_t run;
        std::size_t method;
        std::int32_t column;
    };

    store::ItemSetLayout layout_;
    std::unordered_map<base::Fingerprint, std::size_t> truth_of_;
    std::unordered_map<base::Fingerprint, std::size_t> column_index_;
    std::map<std::string, std::size_t> method_index_;
    std::vector<Cell> cells_;
};

/// Inputs of a record task, each task once. They are few: looking through them is cheaper than a set.
class RecordInputs
{
  public:
    void add(std::string role, TaskId task)
    {
        bool const is_known = std::ranges::find(inputs_, task, &TaskInput::task) != inputs_.end();
        if (!is_known) inputs_.push_back({std::move(role), task});
    }
    std::vector<TaskInput> take() { return std::move(inputs_); }

  private:
    std::vector<TaskInput> inputs_;
};

class Planner
{
  public:
    Planner(ExperimentPlan& plan, Job& job) : plan_(plan), job_(job)
    {
        // Item sets that no run fills have no place in the file, so indices are those of sets that get a truth.
        for (ItemSetSpec const& spec : plan.item_sets)
            specs_.emplace(spec.name, &spec);
    }

    void add_run(std::size_t run)
    {
        RunOutputs outputs = build(plan_.grid.runs[run]);
        RecordInputs inputs;
        for (TruthOutput const& truth : outputs.truths)
            inputs.add("truth", add_truth(run, truth));
        for (ColumnOutput const& column : outputs.columns)
            inputs.add("column", add_column(run, column));
        for (ColumnOutput const& column : outputs.columns)
            inputs.add("metrics", column.metrics_task);
        for (ScalarOutput const& scalar : outputs.scalars)
            inputs.add("scalar", add_scalar(scalar));
        plan_.run_tasks.push_back(record("record_run", TaskRole::record_run, {}, inputs.take(), run, 0, 1));
        plan_.outputs.push_back(std::move(outputs));
    }

    void finish()
    {
        std::size_t const n_runs = plan_.grid.runs.size();
        plan_.layout.n_runs = static_cast<std::int64_t>(n_runs);
        plan_.layout.arm_axis = plan_.grid.arm_axis;
        for (std::size_t a = 0; a < plan_.grid.axes.size(); ++a) {
            store::AxisLayout axis{plan_.grid.axes[a].name, {}};
            for (grid::Run const& run : plan_.grid.runs)
                axis.value_of_run.push_back(run.values[a]);
            plan_.layout.axes.push_back(std::move(axis));
        }
        for (ItemSetBuilder& builder : item_sets_)
            plan_.layout.item_sets.push_back(builder.finish(n_runs));
        for (Task const& task : plan_.graph.tasks())
            plan_.layout.stages.push_back({task.fingerprint, task.kind});
    }

  private:
    RunOutputs build(grid::Run const& run)
    {
        std::string const place = "run " + run.label;
        try {
            return job_.build(run.parameters, plan_.experiment.base, plan_.graph);
        }
        catch (config::ConfigError const& error) {
            if (plan_.grid.axes.empty()) throw;
            throw error.in(place);
        }
        catch (DataError const& error) {
            if (plan_.grid.axes.empty()) throw;
            throw error.in(place);
        }
    }

    std::size_t item_set_index(std::string const& name)
    {
        auto const found = item_set_of_.find(name);
        if (found != item_set_of_.end()) return found->second;
        auto const spec = specs_.find(name);
        if (spec == specs_.end())
            throw ContractError("job '" + job_.name() + "' does not declare item set '" + name + "'");
        item_sets_.emplace_back(*spec->second, plan_.grid.runs.size());
        record_of_truth_.emplace_back();
        record_of_column_.emplace_back();
        item_set_of_.emplace(name, item_sets_.size() - 1);
        return item_sets_.size() - 1;
    }

    TaskId add_truth(std::size_t run, TruthOutput const& truth)
    {
        std::size_t const set = item_set_index(truth.item_set);
        auto const [index, is_new] = item_sets_[set].add_truth(run, fingerprint(truth.task), truth.n_items);
        if (is_new)
            record_of_truth_[set].push_back(record("record_truth", TaskRole::record_truth, {}, {{"truth", truth.task}},
                                                   index, set, static_cast<double>(truth.n_items)));
        return record_of_truth_[set][index];
    }

    TaskId add_column(std::size_t run, ColumnOutput const& column)
    {
        std::size_t const set = item_set_index(column.item_set);
        std::size_t const truth = item_sets_[set].truth_of(run);
        TaskId const truth_record = record_of_truth_[set][truth];
        // The same scores judged against another truth are another column.
        base::Fingerprint const key = base::Hasher{}
                                          .add(fingerprint(column.task))
                                          .add(column.array)
                                          .add(fingerprint(column.metrics_task))
                                          .add(fingerprint(truth_record))
                                          .finish();
        auto const [index, is_new] = item_sets_[set].add_column(run, column.method, key);
        if (is_new)
            record_of_column_[set].push_back(
                record("record_column", TaskRole::record_column, Params{}.set("array", column.array),
                       {{"values", column.task}, {"metrics", column.metrics_task}, {"truth", truth_record}}, index, set,
                       plan_.graph.task(truth_record).cost_units));
        return record_of_column_[set][index];
    }

    TaskId add_scalar(ScalarOutput const& scalar)
    {
        if (scalar_names_.insert(scalar.name).second) plan_.layout.scalars.push_back(scalar.name);
        return scalar.task;
    }

    TaskId record(std::string kind, TaskRole role, Params params, std::vector<TaskInput> inputs, std::size_t target,
                  std::size_t item_set, double cost_units)
    {
        return plan_.graph.add_record(
            {role, std::move(kind), std::move(params), std::move(inputs), {}, cost_units, target, item_set});
    }

    base::Fingerprint const& fingerprint(TaskId id) const { return plan_.graph.task(id).fingerprint; }

    ExperimentPlan& plan_;
    Job& job_;
    std::map<std::string, ItemSetSpec const*> specs_;
    std::vector<ItemSetBuilder> item_sets_;
    std::map<std::string, std::size_t> item_set_of_;
    std::vector<std::vector<TaskId>> record_of_truth_;   // per item set and truth
    std::vector<std::vector<TaskId>> record_of_column_;  // per item set and column
    std::set<std::string> scalar_names_;
};

void add_layout(base::Hasher& hash, store::ResultLayout const& layout)
{
    hash.add(layout.arm_axis);
    for (auto const& axis : layout.axes)
        hash.add(axis.name);
    for (auto const& set : layout.item_sets) {
        hash.add(set.name).add(static_cast<std::uint64_t>(set.kind)).add(static_cast<std::uint64_t>(set.n_items));
        hash.add(static_cast<std::uint64_t>(set.curves)).add(static_cast<std::uint64_t>(set.has_confidence));
        hash.add(set.methods.size());
        for (std::string const& method : set.methods)
            hash.add(method);
        hash.add(set.metrics.size());
        for (std::string const& metric : set.metrics)
            hash.add(metric);
        for (std::int32_t const column : set.column_of)
            hash.add(static_cast<std::uint64_t>(column));
        for (std::int32_t const truth : set.truth_of_run)
            hash.add(static_cast<std::uint64_t>(truth));
    }
    for (std::string const& scalar : layout.scalars)
        hash.add(scalar);
}

base::Fingerprint fingerprint_of(ExperimentPlan const& plan)
{
    base::Hasher hash;
    hash.add(plan_version).add(plan.experiment.job).add(plan.grid.runs.size());
    for (grid::Run const& run : plan.grid.runs)
        hash.add(run.label).add(run.parameters.canonical());
    add_layout(hash, plan.layout);
    for (Task const& task : plan.graph.tasks())
        hash.add(task.fingerprint);
    return hash.finish();
}

}  // namespace

ExperimentPlan make_plan(Experiment experiment, Job& job, StageRegistry const& registry,
                         std::vector<std::string> const& only)
{
    auto const canonicalise = [&job](config::Node& parameters) { job.canonicalise(parameters); };
    grid::Grid grid = grid::expand(experiment.grid, experiment.parameters, detail::parameter_paths(job.defaults()),
                                   canonicalise, only);
    ExperimentPlan plan{std::move(experiment), std::move(grid), job.item_sets(), {}, {}, Graph(registry), {}, {}};
    Planner planner(plan, job);
    for (std::size_t run = 0; run < plan.grid.runs.size(); ++run)
        planner.add_run(run);
    planner.finish();
    check_gates(plan.experiment.gates, plan.layout, job.seed_axis(),
                only.empty() ? GridCoverage::whole : GridCoverage::part);
    plan.fingerprint = fingerprint_of(plan);
    return plan;
}

}  // namespace ablatrix::plan
