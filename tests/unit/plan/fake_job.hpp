#pragma once

#include <string>
#include <vector>

#include <ablatrix/plan/experiment.hpp>

namespace ablatrix::plan {

/// A pipeline of five stages, small enough to count its tasks by hand:
///
///     source(rows) -> noise(seed, type, rate) -> train(seed, epochs) -> combine(off) -> metrics
///
/// Item set "detection": method "baseline" reads train, method "combined" reads combine. Scalar "loss" comes from
/// train.
class FakeJob : public Job
{
  public:
    std::string name() const override { return "fake"; }
    config::Node defaults() const override;
    void canonicalise(config::Node& parameters) const override;
    void register_stages(StageRegistry& registry) const override;
    std::vector<ItemSetSpec> item_sets() const override;
    RunOutputs build(config::Node const& parameters, std::filesystem::path const& base, Graph& graph) override;
    std::string seed_axis() const override { return "seed"; }
    std::string primary_metric(std::string const&) const override { return "auroc"; }
};

/// An experiment of the fake job out of YAML text ("x.yaml").
Experiment read_fake(std::string const& text, std::vector<std::string> const& sets = {});

/// The plan of an experiment, with what it refers to.
struct FakePlan
{
    explicit FakePlan(std::string const& text, std::vector<std::string> const& only = {});

    FakeJob job;
    StageRegistry registry;
    ExperimentPlan plan;
};

}  // namespace ablatrix::plan
