#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <ablatrix/config/node.hpp>
#include <ablatrix/plan/graph.hpp>

#include "jobs/ecg/ecg_job.hpp"
#include "tests/unit/ecg/run_graph.hpp"

namespace ablatrix::ecg::test {

inline std::string const small =
    "data: {n_train: 300, test_rows: 100, reserve_rows: 200, synthetic: {rows: 800, overlap: 0.5}}\n"
    "embedder: {dim: 32}\nexplanation: {dim: 32}\n";

/// A job with its stages and one graph for all runs.
struct Plan
{
    Plan()
    {
        job->register_stages(registry);
        graph = std::make_unique<plan::Graph>(registry);
    }
    /// A run of defaults, overlaid by \p below and then by \p yaml.
    plan::RunOutputs add(std::string const& yaml, std::filesystem::path const& base = ".",
                         std::string const& below = "{}")
    {
        auto parameters = job->defaults();
        parameters.merge(config::parse_yaml(below, "below.yaml"));
        parameters.merge(config::parse_yaml(yaml, "x.yaml"));
        job->canonicalise(parameters);
        return job->build(parameters, base, *graph);
    }
    plan::RunOutputs add_small(std::string const& yaml) { return add(yaml, ".", small); }
    std::map<std::string, int> kinds() const
    {
        std::map<std::string, int> count;
        for (auto const& task : graph->tasks())
            ++count[task.kind];
        return count;
    }

    std::unique_ptr<plan::Job> job = make_ecg_job();
    plan::StageRegistry registry;
    std::unique_ptr<plan::Graph> graph;
};

}  // namespace ablatrix::ecg::test
