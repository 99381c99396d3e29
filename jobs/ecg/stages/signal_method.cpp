#include <string>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    base::Bundle out;
    out.put("score/" + context.params().get<std::string>("name"),
            copy_of(context.input("signal").get<double>("score")));
    return out;
}

}  // namespace

plan::StageKind signal_method_stage()
{
    return {"ecg.signal_method", 1, run};
}

}  // namespace ablatrix::ecg
