#include <string>
#include <vector>

#include "jobs/ecg/embed_texts.hpp"
#include "jobs/ecg/encoders.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const embedder = shared_embedder(context);
    auto const dim = embedder->dim();
    auto const embed = [&](std::vector<std::string> const& texts) { return embedder->embed(texts); };
    KnownVectors known;
    if (context.has_input("known")) {
        known.add(context.input("known_text").get<std::string>("text"), context.input("known").get<float>("vectors"),
                  dim);
    }
    auto const& source = context.input("text");
    base::Bundle out;
    for (auto const& name : text_arrays(source)) {
        auto const texts = source.get<std::string>(name);
        out.put(vectors_of(name), embed_texts(texts, dim, embed, known),
                {static_cast<std::int64_t>(texts.size()), dim});
    }
    return out;
}

}  // namespace

plan::StageKind hf_embed_stage()
{
    return {"ecg.hf_embed", 2, run};
}

}  // namespace ablatrix::ecg
