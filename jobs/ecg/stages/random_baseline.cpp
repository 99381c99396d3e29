#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    std::vector<double> score(context.input("rows").get<std::int64_t>("row").size());
    auto stream = context.stream("random_baseline");
    for (auto& value : score)
        value = stream.uniform();
    base::Bundle out;
    out.put("score/random", std::move(score));
    return out;
}

}  // namespace

plan::StageKind random_baseline_stage()
{
    return {"ecg.random_baseline", 1, run};
}

}  // namespace ablatrix::ecg
