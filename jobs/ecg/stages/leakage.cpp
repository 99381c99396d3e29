#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/nn/softmax_regression.hpp>
#include <ablatrix/text/tfidf.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::int32_t folds = 5;
constexpr int max_terms = 1000;

/// Dense TF-IDF rows of the most frequent terms.
struct Features
{
    std::int64_t dim = 0;
    std::vector<float> value;
};

Features tfidf_features(std::span<std::string const> texts)
{
    text::TfidfOptions options;
    options.max_features = max_terms;
    options.min_documents = 1;
    options.sublinear_tf = false;
    auto const sparse = text::Tfidf::fit(texts, options).transform(texts);
    Features features{sparse.columns,
                      std::vector<float>(texts.size() * static_cast<std::size_t>(sparse.columns), 0.0F)};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (auto e = sparse.row_begin[i]; e < sparse.row_begin[i + 1]; ++e) {
            auto const place = static_cast<std::size_t>(e);
            features
                .value[i * static_cast<std::size_t>(features.dim) + static_cast<std::size_t>(sparse.column[place])] =
                sparse.value[place];
        }
    }
    return features;
}

Features select(Features const& all, std::vector<std::size_t> const& rows)
{
    Features chosen{all.dim, {}};
    for (auto const row : rows) {
        auto const begin = all.value.begin() + static_cast<std::ptrdiff_t>(row) * all.dim;
        chosen.value.insert(chosen.value.end(), begin, begin + all.dim);
    }
    return chosen;
}

/// Held-out accuracy of a classifier that reads rationales only, over all folds.
double rationale_only_accuracy(plan::StageContext const& context, std::span<std::string const> rationale,
                               std::span<std::int32_t const> labels, std::int32_t classes)
{
    auto const features = tfidf_features(rationale);
    auto const seed = context.params().get<std::int64_t>("seed");
    auto const fold = stratified_folds(labels, classes, folds, seed, "leakage_folds");
    std::size_t right = 0;
    for (std::int32_t f = 0; f < folds; ++f) {
        std::vector<std::size_t> train, test;
        for (std::size_t i = 0; i < labels.size(); ++i)
            (fold[i] == f ? test : train).push_back(i);
        std::vector<std::int32_t> train_labels;
        for (auto const row : train)
            train_labels.push_back(labels[row]);
        auto const fitted = nn::train_softmax_regression(select(features, train).value, features.dim, train_labels,
                                                         classes, {}, {}, {seed, static_cast<std::uint64_t>(f)}, false);
        auto const predicted = nn::logits(fitted.model, select(features, test).value);
        for (std::size_t i = 0; i < test.size(); ++i) {
            auto const row =
                std::span{predicted}.subspan(i * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes));
            auto const top = std::max_element(row.begin(), row.end()) - row.begin();
            right += static_cast<std::int32_t>(top) == labels[test[i]] ? 1U : 0U;
        }
    }
    return static_cast<double>(right) / static_cast<double>(labels.size());
}

double majority_rate(std::span<std::int32_t const> labels, std::int32_t classes)
{
    std::vector<std::size_t> count(static_cast<std::size_t>(classes), 0);
    for (auto const label : labels)
        ++count[static_cast<std::size_t>(label)];
    return static_cast<double>(*std::max_element(count.begin(), count.end())) / static_cast<double>(labels.size());
}

double mean(std::span<double const> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const& reliability = context.input("reliability");
    auto const labels = context.input("labels").get<std::int32_t>("observed");
    auto const clean = context.input("labels").get<std::int32_t>("clean");
    auto const classes = read_classes(context.input("labels"));
    auto const& names = context.params().get<std::vector<std::string>>("class_names");
    auto const n = labels.size();
    auto const rationale = explanations.get<std::string>("rationale").first(n);  // the primary sample
    auto const predicted = explanations.get<std::int32_t>("pred_label").first(n);
    auto const parsed = explanations.get<std::uint8_t>("parse_success");

    auto const share = [](auto const& values, auto const& holds) {
        return static_cast<double>(std::count_if(values.begin(), values.end(), holds)) /
               static_cast<double>(values.size());
    };
    std::size_t right = 0;
    for (std::size_t i = 0; i < n; ++i)
        right += predicted[i] == clean[i] ? 1U : 0U;

    base::Bundle out;
    out.put_scalar("rationale_only_accuracy", rationale_only_accuracy(context, rationale, labels, classes));
    out.put_scalar("majority_rate", majority_rate(labels, classes));
    out.put_scalar("label_word_rate",
                   share(rationale, [&](std::string const& text) { return names_any(text, names); }));
    out.put_scalar("parse_rate", share(parsed, [](std::uint8_t ok) { return ok != 0; }));
    out.put_scalar("unknown_rate", share(predicted, [](std::int32_t label) { return label < 0; }));
    out.put_scalar("explainer_accuracy", static_cast<double>(right) / static_cast<double>(n));
    for (auto const* const name : {"reliability", "label_agreement", "evidence_jaccard", "rationale_similarity"}) {
        out.put_scalar(std::string{"mean_"} + name, mean(reliability.get<double>(name)));
    }
    return out;
}

}  // namespace

plan::StageKind leakage_stage()
{
    return {"ecg.leakage", 2, run};
}

}  // namespace ablatrix::ecg
