#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/data/noise.hpp>
#include <ablatrix/nn/softmax_regression.hpp>
#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/lsa_model.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

struct Span
{
    std::size_t begin, end;
};

std::vector<Span> spans_of(std::span<std::int32_t const> begin, std::span<std::int32_t const> end)
{
    std::vector<Span> spans;
    for (std::size_t s = 0; s < begin.size(); ++s) {
        if (begin[s] >= 0) spans.push_back({static_cast<std::size_t>(begin[s]), static_cast<std::size_t>(end[s])});
    }
    std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.begin < b.begin; });
    return spans;
}

std::string collapse_spaces(std::string const& text)
{
    std::string collapsed;
    for (auto const c : text) {
        auto const space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space)
            collapsed += c;
        else if (!collapsed.empty() && collapsed.back() != ' ')
            collapsed += ' ';
    }
    if (!collapsed.empty() && collapsed.back() == ' ') collapsed.pop_back();
    return collapsed;
}

/// The text without its evidence: the recorded bytes, and every further occurrence of a cited word.
std::string without(std::string text, std::vector<Span> const& spans)
{
    auto const words = text::words(text);
    std::set<std::string> cited;
    auto const blank = [&](std::size_t begin, std::size_t end) {
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end),
                  ' ');
    };
    for (auto const& word : words) {
        if (std::any_of(spans.begin(), spans.end(), [&](Span s) { return s.begin == word.begin && s.end == word.end; }))
            cited.insert(word.lower);
    }
    for (auto const span : spans)
        blank(span.begin, span.end);
    for (auto const& word : words) {
        if (cited.count(word.lower) != 0) blank(word.begin, word.end);
    }
    return collapse_spaces(text);
}

std::string only(std::string const& text, std::vector<Span> const& spans)
{
    std::string joined;
    for (auto const span : spans)
        joined += (joined.empty() ? "" : " ") + text.substr(span.begin, span.end - span.begin);
    return joined;
}

/// The trained classifier on texts.
class TextClassifier
{
  public:
    TextClassifier(base::Bundle const& lsa, base::Bundle const& dynamics) : lsa_(LsaModel::load(lsa))
    {
        auto const weight = dynamics.get<float>("weight");
        auto const bias = dynamics.get<float>("bias");
        model_.dim = lsa_.dim();
        model_.classes = static_cast<std::int32_t>(bias.size());
        model_.weight.assign(weight.begin(), weight.end());
        model_.bias.assign(bias.begin(), bias.end());
    }
    /// Probabilities, row-major [texts x classes].
    std::vector<float> operator()(std::span<std::string const> texts) const
    {
        return nn::probabilities(model_, lsa_.transform(texts));
    }
    std::size_t classes() const noexcept { return static_cast<std::size_t>(model_.classes); }

  private:
    LsaModel lsa_;
    nn::SoftmaxModel model_;
};

/// Mean of f_c(original) - f_c(changed) with c the class predicted for the original; NaN without rows.
double mean_drop(TextClassifier const& classify, std::span<std::string const> original,
                 std::span<std::string const> changed)
{
    if (original.empty()) return std::numeric_limits<double>::quiet_NaN();
    auto const before = classify(original);
    auto const after = classify(changed);
    double sum = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        auto const row = std::span{before}.subspan(i * classify.classes(), classify.classes());
        auto const top = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
        sum += static_cast<double>(row[top]) - after[i * classify.classes() + top];
    }
    return sum / static_cast<double>(original.size());
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const texts = context.input("text").get<std::string>("text");
    auto const begin = explanations.get<std::int32_t>("evidence_begin");
    auto const end = explanations.get<std::int32_t>("evidence_end");
    auto const width = static_cast<std::size_t>(explanations.shape("evidence_begin").back());
    auto const& tokens = context.params().get<std::vector<std::string>>("tokens");
    TextClassifier const classify(context.input("model"), context.input("dynamics"));

    std::vector<std::string> explained, deleted, kept, marked, unmarked;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const spans = spans_of(begin.subspan(i * width, width), end.subspan(i * width, width));
        if (!spans.empty()) {
            explained.push_back(texts[i]);
            deleted.push_back(without(texts[i], spans));
            kept.push_back(only(texts[i], spans));
        }
        if (contains_any(texts[i], tokens)) {
            marked.push_back(texts[i]);
            unmarked.push_back(data::strip_tokens(texts[i], tokens));
        }
    }
    base::Bundle out;
    out.put_scalar("comprehensiveness", mean_drop(classify, explained, deleted));
    out.put_scalar("sufficiency", mean_drop(classify, explained, kept));
    out.put_scalar("spurious_attribution", mean_drop(classify, marked, unmarked));
    out.put_scalar("rows", static_cast<double>(explained.size()));
    return out;
}

}  // namespace

plan::StageKind faithfulness_stage()
{
    return {"ecg.faithfulness", 1, run};
}

}  // namespace ablatrix::ecg
