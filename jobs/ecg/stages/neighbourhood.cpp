#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const& graph = context.input("graph");
    auto const& labels = context.input("labels");
    auto const observed = labels.get<std::int32_t>("observed");
    auto const classes = read_classes(labels);
    auto const index = graph.get<std::int32_t>("index");
    auto const similarity = graph.get<float>("similarity");
    auto const weight = graph.get<double>("weight");
    auto const k = static_cast<std::size_t>(columns_of(graph, "index"));
    auto const epsilon = context.params().get<double>("epsilon");
    auto const prior = class_shares(observed, classes);

    auto const n = observed.size();
    std::vector<double> score(n), confidence(n, 0.0);
    std::vector<std::uint8_t> isolated(n, 1);
    double isolated_rows = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double agreeing = 0, other = 0;
        for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
            if (weight[j] <= 0) continue;
            isolated[i] = 0;
            (observed[static_cast<std::size_t>(index[j])] == observed[i] ? agreeing : other) += weight[j];
            confidence[i] = std::max(confidence[i], static_cast<double>(similarity[j]));
        }
        // Weights add up to one but for rounding, which must not rank rows whose neighbours all agree.
        auto const share = agreeing / (agreeing + other);
        // Without neighbours nothing is known but the class sizes (ecg.md 4.5).
        auto const posterior = isolated[i] != 0 ? prior[static_cast<std::size_t>(observed[i])]
                                                : (share + epsilon) / (1 + static_cast<double>(classes) * epsilon);
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
    return {"ecg.neighbourhood", 2, run};
}

}  // namespace ablatrix::ecg
