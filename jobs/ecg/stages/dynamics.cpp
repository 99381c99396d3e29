#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto score = area_under_margin(context.input("dynamics"));
    std::vector<double> confidence(score.size());
    for (std::size_t i = 0; i < score.size(); ++i) {
        score[i] = -score[i];
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
