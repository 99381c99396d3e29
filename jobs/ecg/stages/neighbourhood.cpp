#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// Share of each class among the observed labels.
std::vector<double> class_prior(std::span<std::int32_t const> observed, std::size_t classes)
{
    std::vector<double> prior(classes, 0.0);
    for (auto const label : observed)
        prior[static_cast<std::size_t>(label)] += 1;
    for (auto& share : prior)
        share /= static_cast<double>(observed.size());
    return prior;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& graph = context.input("graph");
    auto const& labels = context.input("labels");
    auto const observed = labels.get<std::int32_t>("observed");
    auto const classes = static_cast<std::size_t>(labels.scalar("classes"));
    auto const index = graph.get<std::int32_t>("index");
    auto const similarity = graph.get<float>("similarity");
    auto const weight = graph.get<double>("weight");
    auto const k = static_cast<std::size_t>(columns_of(graph, "index"));
    auto const epsilon = context.params().get<double>("epsilon");
    auto const prior = class_prior(observed, classes);

    auto const n = observed.size();
    std::vector<double> score(n), confidence(n, 0.0);
    std::vector<std::uint8_t> isolated(n, 1);
    double isolated_rows = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double agreeing = 0;
        for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
            if (weight[j] <= 0) continue;
            isolated[i] = 0;
            if (observed[static_cast<std::size_t>(index[j])] == observed[i]) agreeing += weight[j];
            confidence[i] = std::max(confidence[i], static_cast<double>(similarity[j]));
        }
        // Without neighbours nothing is known but the class sizes (ecg.md 4.5).
        auto const posterior = isolated[i] != 0 ? prior[static_cast<std::size_t>(observed[i])]
                                                : (agreeing + epsilon) / (1 + static_cast<double>(classes) * epsilon);
        score[i] = -std::log(posterior + 1e-10);
        isolated_rows += isolated[i];
    }

    base::Bundle out;
    out.put("score", std::move(score));
    out.put("confidence", std::move(confidence));
    out.put("isolated", std::move(isolated));
    out.put_scalar("isolated_rows", isolated_rows);
    return out;
}

}  // namespace

plan::StageKind neighbourhood_stage()
{
    return {"ecg.neighbourhood", 1, run};
}

}  // namespace ablatrix::ecg
