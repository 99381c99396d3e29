#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/plan/job.hpp>
#include <ablatrix/plan/stage.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::sched_test {

/// A small pipeline with known numbers: source(seed) -> scores(source, arm) -> metrics(scores, source).
///
/// Item i of seed s scores s * 100 + i + 10 * arm under method "plain" and its negative under "negated"; metrics are
/// the mean and the largest score, the scalar "arm_times_two" is 2 * arm.
class FakeJob final : public plan::Job
{
  public:
    static constexpr std::int64_t n_items = 6;

    std::string name() const override { return "fake"; }
    config::Node defaults() const override;
    void canonicalise(config::Node&) const override {}
    void register_stages(plan::StageRegistry& registry) const override;
    std::vector<plan::ItemSetSpec> item_sets() const override;
    plan::RunOutputs build(config::Node const& parameters, std::filesystem::path const& base,
                           plan::Graph& graph) override;
    std::string seed_axis() const override { return "seed"; }
    std::string primary_metric(std::string const&) const override { return "mean"; }
};

/// Called before a fake stage computes; may count and may throw.
using Hook = std::function<void(std::string const& kind, plan::StageContext const& context)>;
void set_hook(Hook hook);

/// Seeds 1..n_seeds times arms 0..n_arms-1, ready to be executed.
struct FakeGrid
{
    FakeGrid(int n_seeds, int n_arms, int max_attempts = 1);

    FakeJob job;
    plan::StageRegistry registry;
    plan::ExperimentPlan plan;
};

/// Create the result file if there is none, open it, execute, close. Collective.
sched::Outcome run_grid(plan::ExperimentPlan const& plan, std::filesystem::path const& cache,
                        std::filesystem::path const& result, mpi::Communicator& world,
                        sched::ExecuteOptions const& options = {});

}  // namespace ablatrix::sched_test
