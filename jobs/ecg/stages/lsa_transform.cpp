#include <string>

#include "jobs/ecg/lsa_model.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const model = LsaModel::load(context.input("model"));
    auto const& source = context.input("text");
    base::Bundle out;
    for (auto const& name : text_arrays(source)) {
        auto const texts = source.get<std::string>(name);
        out.put(vectors_of(name), model.transform(texts), {static_cast<std::int64_t>(texts.size()), model.dim()});
    }
    return out;
}

}  // namespace

plan::StageKind lsa_transform_stage()
{
    return {"ecg.lsa_transform", 1, run};
}

}  // namespace ablatrix::ecg
