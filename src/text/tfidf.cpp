#include <ablatrix/text/tfidf.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenize.hpp>

namespace ablatrix::text {

namespace {

/// The terms of one text with their counts, sorted by term.
std::map<std::string, int> count_terms(std::string_view text, bool bigrams)
{
    std::map<std::string, int> counts;
    std::string previous;
    for (Word const& word : words(text)) {
        ++counts[word.lower];
        if (bigrams && !previous.empty()) ++counts[previous + ' ' + word.lower];
        previous = word.lower;
    }
    return counts;
}

struct TermTotals
{
    std::int64_t documents = 0;
    std::int64_t occurrences = 0;
};

using Totals = std::unordered_map<std::string, TermTotals>;

Totals total_terms(std::span<std::string const> texts, bool bigrams)
{
    Totals totals;
    for (std::string const& text : texts) {
        for (auto const& [term, count] : count_terms(text, bigrams)) {
            TermTotals& total = totals[term];
            total.documents += 1;
            total.occurrences += count;
        }
    }
    return totals;
}

/// The terms to keep, in byte order (which is code point order).
std::vector<std::string> choose_terms(Totals const& totals, TfidfOptions const& options)
{
    std::vector<std::pair<std::int64_t, std::string>> candidates;  // negative occurrences, term
    for (auto const& [term, total] : totals) {
        if (total.documents >= options.min_documents) candidates.emplace_back(-total.occurrences, term);
    }
    std::sort(candidates.begin(), candidates.end());
    auto const limit = static_cast<std::size_t>(options.max_features);
    if (limit > 0 && candidates.size() > limit) candidates.resize(limit);
    std::vector<std::string> terms;
    terms.reserve(candidates.size());
    for (auto& candidate : candidates)
        terms.push_back(std::move(candidate.second));
    std::sort(terms.begin(), terms.end());
    return terms;
}

}  // namespace

Tfidf Tfidf::fit(std::span<std::string const> texts, TfidfOptions const& options)
{
    ABLATRIX_VALIDATE(options.max_features >= 0 && options.min_documents >= 1,
                      "tfidf needs max_features >= 0 and min_documents >= 1 (found " +
                          std::to_string(options.max_features) + " and " + std::to_string(options.min_documents) +
                          "). Use max_features 0 for all terms and min_documents 1 to drop none");
    Totals const totals = total_terms(texts, options.bigrams);
    Tfidf model;
    model.options_ = options;
    model.terms_ = choose_terms(totals, options);
    ABLATRIX_VALIDATE(!model.terms_.empty(), "no word occurs in " + std::to_string(options.min_documents) + " of the " +
                                                 std::to_string(texts.size()) +
                                                 " texts (tfidf). Give more texts or lower min_documents");
    auto const n = static_cast<double>(texts.size());
    model.idf_.reserve(model.terms_.size());
    for (std::string const& term : model.terms_) {
        auto const documents = static_cast<double>(totals.at(term).documents);
        model.idf_.push_back(static_cast<float>(std::log((1 + n) / (1 + documents)) + 1));
    }
    return model;
}

SparseRows Tfidf::transform(std::span<std::string const> texts) const
{
    std::unordered_map<std::string_view, std::size_t> column_of;  // only looked up, never iterated
    for (std::size_t j = 0; j < terms_.size(); ++j)
        column_of.emplace(terms_[j], j);

    SparseRows out;
    out.columns = static_cast<std::int64_t>(terms_.size());
    out.row_begin.reserve(texts.size() + 1);
    std::vector<double> weights;
    for (std::string const& text : texts) {
        weights.clear();
        double squares = 0;
        // Terms come sorted, and so are the columns.
        for (auto const& [term, count] : count_terms(text, options_.bigrams)) {
            auto const found = column_of.find(term);
            if (found == column_of.end()) continue;
            double const frequency = options_.sublinear_tf ? 1 + std::log(count) : count;
            double const weight = frequency * static_cast<double>(idf_[found->second]);
            out.column.push_back(static_cast<std::int32_t>(found->second));
            weights.push_back(weight);
            squares += weight * weight;
        }
        double const norm = std::sqrt(squares);
        for (double const weight : weights)
            out.value.push_back(static_cast<float>(weight / norm));
        out.row_begin.push_back(static_cast<std::int64_t>(out.column.size()));
    }
    return out;
}

void Tfidf::save(base::Bundle& bundle, std::string const& prefix) const
{
    bundle.put(prefix + "/terms", terms_);
    bundle.put(prefix + "/idf", idf_);
    bundle.put(prefix + "/options", std::vector<std::int64_t>{options_.max_features, options_.min_documents,
                                                              options_.sublinear_tf ? 1 : 0, options_.bigrams ? 1 : 0});
}

Tfidf Tfidf::load(base::Bundle const& bundle, std::string const& prefix)
{
    auto const terms = bundle.get<std::string>(prefix + "/terms");
    auto const idf = bundle.get<float>(prefix + "/idf");
    auto const options = bundle.get<std::int64_t>(prefix + "/options");
    ABLATRIX_VALIDATE(terms.size() == idf.size() && options.size() == 4,
                      "the stored TF-IDF model '" + prefix + "' is not consistent. Remake the artifact");
    Tfidf model;
    model.options_ = {static_cast<int>(options[0]), static_cast<int>(options[1]), options[2] != 0, options[3] != 0};
    model.terms_.assign(terms.begin(), terms.end());
    model.idf_.assign(idf.begin(), idf.end());
    return model;
}

}  // namespace ablatrix::text
