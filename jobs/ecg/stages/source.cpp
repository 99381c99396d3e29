#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {

plan::StageKind source_stage(std::shared_ptr<Sources const> sources)
{
    return {"ecg.source", 1,
            [sources](plan::StageContext const& context) {
                return sources->at(context.params().get<std::string>("content")).to_bundle();
            },
            true};
}

}  // namespace ablatrix::ecg
