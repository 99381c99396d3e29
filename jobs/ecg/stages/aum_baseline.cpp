#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto score = area_under_margin(context.input("dynamics"));
    for (auto& value : score)
        value = -value;
    base::Bundle out;
    out.put("score/aum", std::move(score));
    return out;
}

}  // namespace

plan::StageKind aum_baseline_stage()
{
    return {"ecg.aum_baseline", 2, run};
}

}  // namespace ablatrix::ecg
