#include <string>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const texts = context.input("text").get<std::string>("text");
    auto const& tokens = context.params().get<std::vector<std::string>>("tokens");
    std::vector<double> score(texts.size());
    for (std::size_t i = 0; i < score.size(); ++i)
        score[i] = contains_any(texts[i], tokens) ? 1 : 0;
    base::Bundle out;
    out.put("score/marker_oracle", std::move(score));
    return out;
}

}  // namespace

plan::StageKind marker_oracle_stage()
{
    return {"ecg.marker_oracle", 1, run};
}

}  // namespace ablatrix::ecg
