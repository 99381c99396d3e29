#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/plan/graph.hpp>
#include <ablatrix/plan/stage.hpp>

namespace ablatrix::ecg::test {

/// Run one stage on bundles.
inline base::Bundle run_stage(plan::StageKind const& kind, plan::Params const& params,
                              std::map<std::string, base::Bundle const*, std::less<>> inputs, int threads = 1)
{
    return kind.run(plan::StageContext(params, std::move(inputs), threads, "cpu"));
}

/// Run every compute task of \p graph in order; outputs by task index.
inline std::vector<base::Bundle> run_graph(plan::Graph const& graph, int threads = 1)
{
    std::vector<base::Bundle> outputs(graph.size());
    for (std::size_t t = 0; t < graph.size(); ++t) {
        auto const& task = graph.tasks()[t];
        if (task.role != plan::TaskRole::compute) continue;
        std::map<std::string, base::Bundle const*, std::less<>> inputs;
        for (auto const& input : task.inputs)
            inputs.emplace(input.role, &outputs[plan::index_of(input.task)]);
        outputs[t] = run_stage(graph.registry().at(task.kind), task.params, std::move(inputs), threads);
    }
    return outputs;
}

}  // namespace ablatrix::ecg::test
