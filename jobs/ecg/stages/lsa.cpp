#include "jobs/ecg/lsa_model.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

LsaOptions options_of(plan::Params const& params)
{
    LsaOptions options;
    options.dim = params.get<std::int64_t>("dim");
    options.tfidf.max_features = params.get_int("max_features");
    options.tfidf.min_documents = params.get_int("min_documents");
    options.tfidf.bigrams = params.get<bool>("bigrams");
    return options;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const texts = context.input("text").get<std::string>("text");
    auto const model = LsaModel::fit(texts, options_of(context.params()));
    base::Bundle out;
    model.save(out);
    out.put("vectors", model.transform(texts), {static_cast<std::int64_t>(texts.size()), model.dim()});
    return out;
}

}  // namespace

plan::StageKind lsa_stage()
{
    return {"ecg.lsa", 2, run};
}

}  // namespace ablatrix::ecg
