#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// Minus the area under the margin (Pleiss et al. 2020): the mean over epochs of the logit margin that training saw.
base::Bundle run(plan::StageContext const& context)
{
    auto const& dynamics = context.input("dynamics");
    auto const margin = dynamics.get<float>("train_margin");
    auto const n = static_cast<std::size_t>(columns_of(dynamics, "train_margin"));
    auto const epochs = margin.size() / n;

    std::vector<double> score(n, 0.0), confidence(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t e = 0; e < epochs; ++e)
            score[i] -= margin[e * n + i];
        score[i] /= static_cast<double>(epochs);
        confidence[i] = std::abs(score[i]);
    }
    auto const largest = *std::max_element(confidence.begin(), confidence.end());
    if (largest > 0) {
        for (auto& value : confidence)
            value /= largest;
    }
    base::Bundle out;
    out.put("score", std::move(score));
    out.put("confidence", std::move(confidence));
    return out;
}

}  // namespace

plan::StageKind dynamics_stage()
{
    return {"ecg.dynamics", 1, run};
}

}  // namespace ablatrix::ecg
