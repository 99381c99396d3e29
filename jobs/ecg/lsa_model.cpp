#include "jobs/ecg/lsa_model.hpp"

#include <ablatrix/base/error.hpp>

namespace ablatrix::ecg {
namespace {

// The test matrix of the randomised SVD is part of the method, so equal texts give equal vectors whatever the run's
// seed.
constexpr std::uint64_t svd_seed = 0;

search::SparseView view_of(text::SparseRows const& rows)
{
    return {rows.columns, rows.row_begin, rows.column, rows.value};
}

}  // namespace

LsaModel LsaModel::fit(std::span<std::string const> texts, LsaOptions const& options)
{
    LsaModel model;
    model.tfidf_ = text::Tfidf::fit(texts, options.tfidf);
    ABLATRIX_VALIDATE(!model.tfidf_.vocabulary().empty(),
                      "no term is frequent enough to embed the texts. Lower embedder.min_documents");
    auto const rows = model.tfidf_.transform(texts);
    model.projection_ = search::truncated_svd(view_of(rows), options.dim, svd_seed);
    return model;
}

std::vector<float> LsaModel::transform(std::span<std::string const> texts) const
{
    auto const rows = tfidf_.transform(texts);
    return search::project(view_of(rows), projection_, true);
}

void LsaModel::save(base::Bundle& bundle) const
{
    tfidf_.save(bundle, "tfidf/");
    bundle.put("svd/components", projection_.components, {projection_.dim, projection_.columns});
    bundle.put("svd/singular_values", projection_.singular_values);
}

LsaModel LsaModel::load(base::Bundle const& bundle)
{
    LsaModel model;
    model.tfidf_ = text::Tfidf::load(bundle, "tfidf/");
    auto const& shape = bundle.shape("svd/components");
    model.projection_.dim = shape.at(0);
    model.projection_.columns = shape.at(1);
    auto const components = bundle.get<float>("svd/components");
    auto const values = bundle.get<float>("svd/singular_values");
    model.projection_.components.assign(components.begin(), components.end());
    model.projection_.singular_values.assign(values.begin(), values.end());
    return model;
}

}  // namespace ablatrix::ecg
