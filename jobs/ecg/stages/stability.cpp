#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto confidence = copy_of(context.input("reliability").get<double>("reliability"));
    std::vector<double> score(confidence.size());
    for (std::size_t i = 0; i < score.size(); ++i)
        score[i] = 1 - confidence[i];
    base::Bundle out;
    out.put("score", std::move(score));
    out.put("confidence", std::move(confidence));
    return out;
}

}  // namespace

plan::StageKind stability_stage()
{
    return {"ecg.stability", 1, run};
}

}  // namespace ablatrix::ecg
