#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>
#include <ablatrix/grid/grid.hpp>
#include <ablatrix/plan/gates.hpp>
#include <ablatrix/plan/graph.hpp>
#include <ablatrix/plan/job.hpp>
#include <ablatrix/stats/estimate.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::plan {

/// What is expected of one metric; NaN where nothing is said. Plans are judged by it, results are not.
struct ExpectedEffect
{
    std::string metric;
    double difference = stats::undefined_value;     ///< between two arms, worth finding; > 0
    double difference_sd = stats::undefined_value;  ///< of that difference over seeds
    double seed_sd = stats::undefined_value;        ///< of the metric itself over seeds
    double discordant = stats::undefined_value;     ///< share of items that only one of two arms gets right
    double positive_share = stats::undefined_value;
};

/// How results are to be summarised; the `statistics` section. All of it is stored with the result.
struct StatisticsOptions
{
    std::string baseline_arm;    ///< arm that others are compared with; "" = first arm
    std::string primary_metric;  ///< "" = the job's choice
    double level = 0.95;
    int resamples = 10000;
    std::int64_t seed = 42;
    std::string correction = "holm";  ///< holm
    std::vector<ExpectedEffect> effects;
};

/// Where stages run.
enum class Isolation : std::uint8_t
{
    automatic,  ///< in a child process under mpirun and where there is a timeout, in the program itself otherwise
    none,
    process
};

/// How to execute; the `execution` section. Not part of any fingerprint.
struct ExecutionOptions
{
    int max_attempts = 2;
    Isolation isolation = Isolation::automatic;
    int crash_limit = 3;                     ///< a stage that ended its process so often fails
    int fail_fast = 3;                       ///< failures alike, before a run is done, that stop the grid; 0: none do
    double timeout_s = 0;                    ///< of one stage; 0: none
    std::map<std::string, double> timeouts;  ///< seconds by stage kind, in place of timeout_s
    double save_every_s = 300;               ///< between two saves of a long stage's state; 0: none is saved
    double lease_s = 0;  ///< silence after which a worker is given up where workers may be lost; 0: as fits isolation
    std::string device = "auto";
    bool share_devices = false;
    int threads = 0;

    bool has_timeout() const;
    /// Seconds that a stage of \p kind may take; 0: as long as it needs.
    double timeout_of(std::string const& kind) const;
};

/// An experiment file, read and checked.
///
///     name: quickstart
///     job: ecg
///     parameters: {...}      # merged over the job's defaults
///     grid: {...}            # see grid::expand
///     statistics: {...}
///     gates: [...]           # see read_gates
///     execution: {...}
struct Experiment
{
    std::string name;
    std::string job;
    config::Node parameters;  ///< job defaults overlaid by the file and --set
    config::Node grid;
    StatisticsOptions statistics;
    std::vector<Gate> gates;  ///< names are checked by make_plan, which knows the methods
    ExecutionOptions execution;
    config::Node resolved;       ///< everything, for --print-config and the result file
    std::filesystem::path base;  ///< folder of the experiment file
};

/// \p sets are "path=value" with paths from the top of the file ("parameters.noise.rate=0.2", "execution.threads=1");
/// a path that does not start with a section name is looked up under `parameters`.
Experiment read_experiment(config::Node file, std::vector<std::string> const& sets, Job const& job,
                           std::filesystem::path base);
/// Just the job's name, to look the job up.
std::string job_name(config::Node const& file);

/// The whole grid as tasks: the same on every rank for the same experiment text and data.
struct ExperimentPlan
{
    Experiment experiment;
    grid::Grid grid;
    std::vector<ItemSetSpec> item_sets;
    std::vector<RunOutputs> outputs;  ///< per run
    store::ResultLayout layout;
    Graph graph;
    std::vector<TaskId> run_tasks;  ///< the record_run task of each run
    base::Fingerprint fingerprint;  ///< over run parameters, outputs and task fingerprints
};

/// Expand, build every run, fold equal tasks, lay out the result file.
/// \p registry must outlive the plan. A ConfigError or DataError names the run it came from.
ExperimentPlan make_plan(Experiment experiment, Job& job, StageRegistry const& registry,
                         std::vector<std::string> const& only);

}  // namespace ablatrix::plan
