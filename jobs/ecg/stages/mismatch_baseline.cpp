#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

constexpr double unknown_score = 0.5;

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const label = explanations.get<std::int32_t>("pred_label");
    auto const confidence = explanations.get<double>("confidence");
    auto const observed = context.input("labels").get<std::int32_t>("observed");
    // The primary sample comes first in [M x n].
    std::vector<double> score(observed.size());
    for (std::size_t i = 0; i < score.size(); ++i) {
        score[i] = label[i] < 0 ? unknown_score : label[i] != observed[i] ? confidence[i] / 100.0 : 0.0;
    }
    base::Bundle out;
    out.put("score/label_mismatch", std::move(score));
    return out;
}

}  // namespace

plan::StageKind mismatch_baseline_stage()
{
    return {"ecg.mismatch_baseline", 1, run};
}

}  // namespace ablatrix::ecg
