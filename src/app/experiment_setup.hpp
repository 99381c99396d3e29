#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/plan/job.hpp>
#include <ablatrix/plan/stage.hpp>
#include <ablatrix/store/cache.hpp>

namespace ablatrix::app {

/// The job of that name. \throws Error with a did-you-mean
std::unique_ptr<plan::Job> make_job(std::string const& name);

/// An experiment with everything its plan refers to.
struct Setup
{
    std::unique_ptr<plan::Job> job;
    std::unique_ptr<plan::StageRegistry> registry;
    std::optional<plan::ExperimentPlan> experiment_plan;

    plan::ExperimentPlan const& plan() const { return experiment_plan.value(); }
};

/// What the command line says about an experiment.
struct ExperimentRequest
{
    std::filesystem::path file;
    std::string text;  ///< contents of the file
    std::vector<std::string> sets;
    std::vector<std::string> only;
};

std::string read_text_file(std::filesystem::path const& file);
/// Read and check, without expanding the grid.
plan::Experiment read_experiment(ExperimentRequest const& request);
Setup plan_experiment(ExperimentRequest const& request);

/// The experiment's choice where the item set has it, else the job's.
std::string primary_metric(plan::Experiment const& experiment, plan::Job const& job, plan::ItemSetSpec const& set);

/// The cache folder of a command: \p given, or `.ablatrix-cache` beside \p result (beside \p experiment without one).
std::filesystem::path cache_folder(std::string const& given, std::filesystem::path const& result);

/// A cache that planning may look into without leaving a folder behind: a missing one reads as empty.
class CacheView
{
  public:
    explicit CacheView(std::filesystem::path const& folder);
    ~CacheView();
    CacheView(CacheView const&) = delete;
    CacheView& operator=(CacheView const&) = delete;
    store::ArtifactCache const& cache() const { return *cache_; }

  private:
    std::filesystem::path temporary_;
    std::optional<store::ArtifactCache> cache_;
};

}  // namespace ablatrix::app
