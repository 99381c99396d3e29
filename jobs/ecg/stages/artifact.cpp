#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"
#include "jobs/ecg/stop_words.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::size_t pmi_top_tokens = 200;
constexpr double pmi_alpha = 1;

/// Lower-case words of a row's evidence, with repeats.
std::vector<std::string> evidence_words(std::string const& evidence)
{
    std::vector<std::string> words;
    for (auto const& span : evidence_spans(evidence)) {
        for (auto& word : text::words(span))
            words.push_back(std::move(word.lower));
    }
    return words;
}

/// Share of the evidence's distinct words that are known tokens.
double token_share(std::vector<std::string> const& words, std::set<std::string> const& tokens)
{
    std::set<std::string> const distinct(words.begin(), words.end());
    auto const known = std::count_if(distinct.begin(), distinct.end(),
                                     [&](std::string const& word) { return tokens.count(word) != 0; });
    return static_cast<double>(known) / (static_cast<double>(distinct.size()) + 1e-6);
}

/// Positive association of words with observed classes: per class the strongest words and their PMI.
std::vector<std::map<std::string, double>> class_words(std::span<std::string const> texts,
                                                       std::span<std::int32_t const> observed, std::size_t classes)
{
    std::map<std::string, std::vector<double>> documents;  // word -> documents per class
    std::vector<double> class_size(classes, 0.0);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const label = static_cast<std::size_t>(observed[i]);
        class_size[label] += 1;
        std::set<std::string> seen;
        for (auto& word : text::words(texts[i])) {
            if (is_stop_word(word.lower) || !seen.insert(word.lower).second) continue;
            documents.try_emplace(word.lower, classes, 0.0).first->second[label] += 1;
        }
    }
    auto const n = static_cast<double>(texts.size());
    auto const vocabulary = static_cast<double>(documents.size());
    std::vector<std::map<std::string, double>> strongest(classes);
    for (std::size_t c = 0; c < classes; ++c) {
        std::vector<std::pair<double, std::string>> ranked;
        for (auto const& [word, count] : documents) {
            double total = 0;
            for (auto const each : count)
                total += each;
            auto const within = (count[c] + pmi_alpha) / (class_size[c] + pmi_alpha * vocabulary);
            auto const overall = (total + pmi_alpha) / (n + pmi_alpha * vocabulary);
            ranked.emplace_back(-std::log(within / overall + 1e-10), word);
        }
        std::sort(ranked.begin(), ranked.end());
        if (ranked.size() > pmi_top_tokens) ranked.resize(pmi_top_tokens);
        for (auto& [negative, word] : ranked)
            strongest[c].emplace(std::move(word), -negative);
    }
    return strongest;
}

double mean_association(std::vector<std::string> const& words, std::map<std::string, double> const& associated)
{
    double sum = 0;
    for (auto const& word : words) {
        auto const found = associated.find(word);
        if (found != associated.end()) sum += std::max(0.0, found->second);
    }
    return words.empty() ? 0 : sum / static_cast<double>(words.size());
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& params = context.params();
    auto const& mode = params.get<std::string>("mode");
    auto const& explanations = context.input("explanations");
    auto const n = static_cast<std::size_t>(explanations.shape("evidence").back());
    auto const evidence = explanations.get<std::string>("evidence").first(n);  // the primary sample
    std::vector<double> score(n, 0.0);
    if (mode == "pmi") {
        auto const observed = context.input("labels").get<std::int32_t>("observed");
        auto const classes = static_cast<std::size_t>(context.input("labels").scalar("classes"));
        auto const associated = class_words(context.input("text").get<std::string>("text"), observed, classes);
        for (std::size_t i = 0; i < n; ++i) {
            score[i] = mean_association(evidence_words(evidence[i]), associated[static_cast<std::size_t>(observed[i])]);
        }
    }
    else {
        std::set<std::string> tokens;
        for (auto const& token : params.get<std::vector<std::string>>("tokens")) {
            for (auto& word : text::words(token))
                tokens.insert(std::move(word.lower));
        }
        for (std::size_t i = 0; i < n; ++i) {
            score[i] = token_share(evidence_words(evidence[i]), tokens);
            if (mode == "binary") score[i] = score[i] > 0 ? 1 : 0;
        }
    }
    base::Bundle out;
    out.put("score", std::move(score));
    out.put("confidence", std::vector<double>(n, 1.0));
    return out;
}

}  // namespace

plan::StageKind artifact_stage()
{
    return {"ecg.artifact", 1, run};
}

}  // namespace ablatrix::ecg
