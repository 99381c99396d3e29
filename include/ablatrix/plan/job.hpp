#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>
#include <ablatrix/plan/graph.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::plan {

/// An item set as a job declares it.
struct ItemSetSpec
{
    std::string name;
    store::ColumnKind kind = store::ColumnKind::score;
    std::vector<std::string> metrics;
    bool curves = false;
    bool has_confidence = false;
};

/// Ground truth of a run: arrays "item" (int64), "clean", "observed" (int32), "is_noisy" (uint8) of \p task's output.
struct TruthOutput
{
    std::string item_set;
    TaskId task;
    std::int64_t n_items = 0;
};

/// One method's values in a run: \p array (double scores or int32 predictions) of \p task's output, and of
/// \p metrics_task's output "metrics/<array>" (double, one per declared metric) and, with curves, "roc/<array>" and
/// "pr/<array>" (double, store::curve_points values). An item set with confidences also takes "confidence/<array>" of
/// \p task's output (double, the probability of each predicted class).
struct ColumnOutput
{
    std::string item_set;
    std::string method;
    TaskId task;
    std::string array;
    TaskId metrics_task;
};

/// One number of a run: element 0 of \p array (double) of \p task's output.
struct ScalarOutput
{
    std::string name;
    TaskId task;
    std::string array;
};

struct RunOutputs
{
    std::vector<TruthOutput> truths;
    std::vector<ColumnOutput> columns;
    std::vector<ScalarOutput> scalars;
};

/// A kind of pipeline: turns a run into stages. One folder under jobs/ each.
class Job
{
  public:
    virtual ~Job() = default;

    virtual std::string name() const = 0;
    /// Every parameter with its default: what --print-config starts from and what an axis may name.
    virtual config::Node defaults() const = 0;
    /// Replace values that cannot matter by one canonical choice, so that equal runs fold.
    virtual void canonicalise(config::Node& parameters) const = 0;
    virtual void register_stages(StageRegistry& registry) const = 0;
    virtual std::vector<ItemSetSpec> item_sets() const = 0;
    /// Check \p parameters fully (unknown keys, ranges, data files and their rows) and add the run's stages to \p graph.
    /// Relative data paths are taken from \p base (the experiment file's folder), then from the working directory.
    /// \throws config::ConfigError, DataError
    virtual RunOutputs build(config::Node const& parameters, std::filesystem::path const& base, Graph& graph) = 0;
    /// The axis that holds the seed ("seed"), and those that name conditions to report by ("noise.type", ...).
    virtual std::string seed_axis() const = 0;
    /// Methods to lead tables with, the metric to sort by, and such choices of presentation.
    virtual std::string primary_metric(std::string const& item_set) const = 0;
};

}  // namespace ablatrix::plan
