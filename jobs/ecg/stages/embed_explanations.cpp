#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "jobs/ecg/canonical_string.hpp"
#include "jobs/ecg/lsa_model.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const& params = context.params();
    auto const form = parse_canonical(params.get<std::string>("canonical"));
    auto const& class_names = params.get<std::vector<std::string>>("class_names");
    auto const rationale = explanations.get<std::string>("rationale");
    auto const counterfactual = explanations.get<std::string>("counterfactual");
    auto const evidence = explanations.get<std::string>("evidence");
    auto const label = explanations.get<std::int32_t>("pred_label");
    auto const parsed = explanations.get<std::uint8_t>("parse_success");
    auto const& shape = explanations.shape("rationale");
    auto const n = static_cast<std::size_t>(shape.at(1));

    std::vector<std::string> strings(n), filled;
    std::vector<std::uint8_t> valid(n);
    for (std::size_t i = 0; i < n; ++i) {
        auto const spans = evidence_spans(evidence[i]);
        auto const label_name = label[i] < 0 ? std::string{} : class_names.at(static_cast<std::size_t>(label[i]));
        strings[i] = canonical_string(form, {label_name, spans, rationale[i], counterfactual[i]});
        // An explanation that says nothing has no place in the space of explanations (ecg.md 4.2).
        valid[i] = parsed[i] != 0 && !(spans.empty() && rationale[i].empty()) ? 1 : 0;
        if (valid[i] != 0) filled.push_back(strings[i]);
    }
    ABLATRIX_VALIDATE(!filled.empty(), "no explanation could be read. Check the explainer's backend");

    LsaOptions options;
    options.dim = params.get<std::int64_t>("dim");
    options.tfidf.min_documents = 1;
    auto const model = LsaModel::fit(filled, options);
    auto vectors = model.transform(strings);
    auto const dim = model.dim();
    for (std::size_t i = 0; i < n; ++i) {
        if (valid[i] == 0) std::fill_n(vectors.begin() + static_cast<std::ptrdiff_t>(i) * dim, dim, 0.0F);
    }

    base::Bundle out;
    out.put("vectors", std::move(vectors), {static_cast<std::int64_t>(n), dim});
    out.put("valid", std::move(valid));
    out.put("string", std::move(strings));
    out.put("rationale_vectors", model.transform(rationale), {shape.at(0), shape.at(1), dim});
    return out;
}

}  // namespace

plan::StageKind embed_explanations_stage()
{
    return {"ecg.embed_explanations", 2, run};
}

}  // namespace ablatrix::ecg
