#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "jobs/ecg/canonical_string.hpp"
#include "jobs/ecg/embed_texts.hpp"
#include "jobs/ecg/encoders.hpp"
#include "jobs/ecg/lsa_model.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// Explanations as texts.
struct Said
{
    std::vector<std::string> string;         ///< canonical, of the primary sample, [n]
    std::vector<std::uint8_t> valid;         ///< [n]
    std::span<std::string const> rationale;  ///< [M x n]
};

Said read_explanations(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const form = parse_canonical(context.params().get<std::string>("canonical"));
    auto const& class_names = context.params().get<std::vector<std::string>>("class_names");
    auto const counterfactual = explanations.get<std::string>("counterfactual");
    auto const evidence = explanations.get<std::string>("evidence");
    auto const label = explanations.get<std::int32_t>("pred_label");
    auto const parsed = explanations.get<std::uint8_t>("parse_success");
    auto const n = static_cast<std::size_t>(explanations.shape("rationale").at(1));

    Said said{std::vector<std::string>(n), std::vector<std::uint8_t>(n), explanations.get<std::string>("rationale")};
    for (std::size_t i = 0; i < n; ++i) {
        auto const spans = evidence_spans(evidence[i]);
        auto const label_name = label[i] < 0 ? std::string{} : class_names.at(static_cast<std::size_t>(label[i]));
        said.string[i] = canonical_string(form, {label_name, spans, said.rationale[i], counterfactual[i]});
        // An explanation that says nothing has no place in the space of explanations (ecg.md 4.2).
        said.valid[i] = parsed[i] != 0 && !(spans.empty() && said.rationale[i].empty()) ? 1 : 0;
    }
    ABLATRIX_VALIDATE(std::count(said.valid.begin(), said.valid.end(), 1) > 0,
                      "no explanation could be read. Check the explainer's backend");
    return said;
}

struct Vectors
{
    std::int64_t dim = 0;
    std::vector<float> string, rationale;
};

/// By a model of the canonical strings at hand.
Vectors embed_by_lsa(Said const& said, std::int64_t dim)
{
    std::vector<std::string> filled;
    for (std::size_t i = 0; i < said.valid.size(); ++i) {
        if (said.valid[i] != 0) filled.push_back(said.string[i]);
    }
    LsaOptions options;
    options.dim = dim;
    options.tfidf.min_documents = 1;
    auto const model = LsaModel::fit(filled, options);
    return {model.dim(), model.transform(said.string), model.transform(said.rationale)};
}

/// By a checkpoint, which has seen none of them. Strings that the inputs "known" hold have their vectors there.
Vectors embed_by_checkpoint(Said const& said, plan::StageContext const& context)
{
    auto const embedder = shared_embedder(context);
    auto const dim = embedder->dim();
    KnownVectors known;
    if (context.has_input("known")) {
        auto const& earlier = context.input("known");
        known.add(context.input("known_explanations").get<std::string>("rationale"),
                  earlier.get<float>("rationale_vectors"), dim);
        // An invalid one has no vector there.
        auto const valid = earlier.get<std::uint8_t>("valid");
        auto const strings = earlier.get<std::string>("string");
        auto const vectors = earlier.get<float>("vectors");
        auto const width = static_cast<std::size_t>(dim);
        for (std::size_t i = 0; i < valid.size(); ++i) {
            if (valid[i] != 0) known.add(strings.subspan(i, 1), vectors.subspan(i * width, width), dim);
        }
    }
    auto texts = said.string;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (said.valid[i] == 0) texts[i].clear();
    }
    texts.insert(texts.end(), said.rationale.begin(), said.rationale.end());
    auto vectors = embed_texts(
        texts, dim, [&](std::vector<std::string> const& wanted) { return embedder->embed(wanted); }, known);
    auto const strings_end = vectors.begin() + static_cast<std::ptrdiff_t>(said.string.size()) * dim;
    return {dim, {vectors.begin(), strings_end}, {strings_end, vectors.end()}};
}

base::Bundle run(plan::StageContext const& context)
{
    auto said = read_explanations(context);
    auto made = context.params().contains("model") ? embed_by_checkpoint(said, context)
                                                   : embed_by_lsa(said, context.params().get<std::int64_t>("dim"));
    auto const n = said.valid.size();
    for (std::size_t i = 0; i < n; ++i) {
        if (said.valid[i] == 0)
            std::fill_n(made.string.begin() + static_cast<std::ptrdiff_t>(i) * made.dim, made.dim, 0.0F);
    }
    auto const rows = static_cast<std::int64_t>(n);
    auto const samples = static_cast<std::int64_t>(said.rationale.size()) / rows;
    base::Bundle out;
    out.put("vectors", std::move(made.string), {rows, made.dim});
    out.put("valid", std::move(said.valid));
    out.put("string", std::move(said.string));
    out.put("rationale_vectors", std::move(made.rationale), {samples, rows, made.dim});
    return out;
}

}  // namespace

plan::StageKind embed_explanations_stage()
{
    return {"ecg.embed_explanations", 2, run};
}

}  // namespace ablatrix::ecg
