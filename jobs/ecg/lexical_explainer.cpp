#include "jobs/ecg/lexical_explainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::size_t max_evidence = 3;
constexpr std::size_t max_rationale_bytes = 200;
// Words weaker than this share of the strongest one are not worth citing.
constexpr double cited_share = 0.3;
// Words per class that rationales and counterfactuals compare with. Few, so that explanations for one class resemble
// each other, as a model's stock phrases do.
constexpr std::size_t lexicon_words = 8;
constexpr std::size_t lexicon_min_documents = 3;

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// Distinct words of a text in order of appearance.
std::vector<text::Word> distinct_words(std::string_view text)
{
    std::vector<text::Word> distinct;
    std::set<std::string> seen;
    for (auto& word : text::words(text)) {
        if (seen.insert(word.lower).second) distinct.push_back(std::move(word));
    }
    return distinct;
}

std::string lower_case(std::string const& name)
{
    std::string lower;
    for (auto const& word : text::words(name))
        lower += (lower.empty() ? "" : " ") + word.lower;
    return lower;
}

/// The longest prefix of at most \p bytes bytes that does not cut a UTF-8 character.
std::string cut(std::string text, std::size_t bytes)
{
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
        --bytes;
    text.resize(bytes);
    return text;
}

std::string quoted_list(std::vector<std::string> const& words)
{
    std::string list;
    for (auto const& word : words)
        list += (list.empty() ? "\"" : ", \"") + word + '"';
    return list;
}

}  // namespace

bool abbreviates(std::string_view word, std::string_view label_name)
{
    for (std::size_t begin = 0; begin < word.size();) {
        auto end = begin;
        while (end < word.size() && is_letter(word[end]))
            ++end;
        if (end - begin >= 3 && label_name.starts_with(word.substr(begin, end - begin))) return true;
        begin = end + 1;
    }
    return false;
}

LexicalExplainer LexicalExplainer::fit(std::span<std::string const> texts, std::span<std::int32_t const> labels,
                                       std::vector<std::string> class_names, LexicalOptions options)
{
    ABLATRIX_EXPECT(texts.size() == labels.size());
    auto const classes = class_names.size();
    std::vector<double> rows(classes, 0.0), mass(classes, 0.0);
    std::map<std::string, std::vector<double>> counts;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const label = static_cast<std::size_t>(labels[i]);
        rows[label] += 1;
        for (auto const& word : distinct_words(texts[i])) {
            auto& count = counts.try_emplace(word.lower, classes, 0.0).first->second;
            count[label] += 1;
            mass[label] += 1;
        }
    }
    ABLATRIX_VALIDATE(!counts.empty() && std::all_of(rows.begin(), rows.end(), [](double n) { return n > 0; }),
                      "the rows set aside for the lexical explainer lack words or a class. Raise data.reserve_rows");

    LexicalExplainer fitted;
    fitted.options_ = std::move(options);
    for (auto const& name : class_names)
        fitted.class_names_.push_back(lower_case(name));
    auto const alpha = fitted.options_.smoothing;
    auto const words = static_cast<double>(counts.size());
    for (std::size_t c = 0; c < classes; ++c) {
        fitted.log_prior_.push_back(std::log(rows[c] / static_cast<double>(texts.size())));
    }
    for (auto const& [word, count] : counts) {
        std::vector<double> weight(classes);
        for (std::size_t c = 0; c < classes; ++c)
            weight[c] = std::log((count[c] + alpha) / (mass[c] + alpha * words));
        auto const mean = std::accumulate(weight.begin(), weight.end(), 0.0) / static_cast<double>(classes);
        for (auto& value : weight)
            value -= mean;
        fitted.weights_.emplace(word, std::move(weight));
    }

    for (std::size_t c = 0; c < classes; ++c) {
        std::vector<std::pair<double, std::string>> strongest;
        for (auto const& [word, weight] : fitted.weights_) {
            auto const& count = counts.at(word);
            auto const documents = std::accumulate(count.begin(), count.end(), 0.0);
            if (documents < static_cast<double>(lexicon_min_documents) || weight[c] <= 0 || !fitted.may_be_quoted(word))
                continue;
            strongest.emplace_back(-weight[c], word);
        }
        std::sort(strongest.begin(), strongest.end());
        if (strongest.size() > lexicon_words) strongest.resize(lexicon_words);
        auto& lexicon = fitted.lexicon_.emplace_back();
        for (auto& [weight, word] : strongest)
            lexicon.push_back(std::move(word));
    }
    return fitted;
}

struct LexicalExplainer::KnownWord
{
    text::Word word;
    std::vector<double> learned;  // [C], from the reserve
    std::vector<double> named;    // [C], for a word that abbreviates a label's name
};

/// What the words of a text say.
struct LexicalExplainer::Reading
{
    std::vector<KnownWord> words;
    std::vector<double> score;  // [C]
};

LexicalExplainer::Reading LexicalExplainer::read(std::string_view text, base::Stream* stream) const
{
    auto const classes = class_names_.size();
    Reading reading;
    reading.score = log_prior_;
    for (auto& word : distinct_words(text)) {
        if (std::find(options_.hidden.begin(), options_.hidden.end(), word.lower) != options_.hidden.end()) continue;
        if (stream != nullptr && stream->uniform() < options_.word_dropout) continue;
        KnownWord known{std::move(word), std::vector<double>(classes, 0.0), std::vector<double>(classes, 0.0)};
        if (auto const found = weights_.find(known.word.lower); found != weights_.end()) known.learned = found->second;
        for (std::size_t c = 0; c < classes; ++c) {
            if (!abbreviates(known.word.lower, class_names_[c])) continue;
            for (auto& value : known.named)
                value -= options_.label_word_weight / static_cast<double>(classes);
            known.named[c] += options_.label_word_weight;
        }
        for (std::size_t c = 0; c < classes; ++c)
            reading.score[c] += known.learned[c] + known.named[c];
        reading.words.push_back(std::move(known));
    }
    return reading;
}

/// At most three words that speak for \p label, in the order of the text. A label word is cited only where it weighs
/// more than every other word: language models follow a marker far more often than they quote it.
std::vector<LexicalExplainer::KnownWord const*> LexicalExplainer::most_telling(Reading const& reading,
                                                                               std::size_t label)
{
    double strongest_learned = 0;
    for (auto const& known : reading.words)
        strongest_learned = std::max(strongest_learned, known.learned[label]);
    auto const strength = [&](KnownWord const* known) {
        return known->learned[label] + (known->named[label] > strongest_learned ? known->named[label] : 0);
    };
    std::vector<KnownWord const*> speaking;
    for (auto const& known : reading.words) {
        if (strength(&known) > 0) speaking.push_back(&known);
    }
    if (speaking.empty()) return speaking;
    std::stable_sort(speaking.begin(), speaking.end(),
                     [&](KnownWord const* a, KnownWord const* b) { return strength(a) > strength(b); });
    auto const enough = cited_share * strength(speaking.front());
    if (speaking.size() > max_evidence) speaking.resize(max_evidence);
    while (strength(speaking.back()) < enough)
        speaking.pop_back();
    std::sort(speaking.begin(), speaking.end(),
              [](KnownWord const* a, KnownWord const* b) { return a->word.begin < b->word.begin; });
    return speaking;
}

bool LexicalExplainer::may_be_quoted(std::string const& word) const
{
    auto const is_word =
        std::any_of(word.begin(), word.end(), is_letter) && word.find_first_of("<>[]") == std::string::npos;
    return is_word && std::none_of(class_names_.begin(), class_names_.end(), [&](std::string const& name) {
               return abbreviates(word, name) || word.starts_with(name);
           });
}

std::string const& LexicalExplainer::stand_for(std::string const& word, std::size_t label) const
{
    auto const& lexicon = lexicon_[label];
    return lexicon[static_cast<std::size_t>(base::fingerprint_of(word).low % lexicon.size())];
}

std::string LexicalExplainer::rationale_of(Explanation const& explanation) const
{
    auto const label = static_cast<std::size_t>(explanation.pred_label);
    std::vector<std::string> cited, like;
    for (auto const& span : explanation.evidence) {
        auto const lower = lower_case(span.text);
        // A label's name must not stand in a rationale, even where it is the evidence.
        if (may_be_quoted(lower)) cited.push_back(lower);
        if (lexicon_[label].empty()) continue;
        auto const& stand_in = stand_for(lower, label);
        if (std::find(like.begin(), like.end(), stand_in) == like.end()) like.push_back(stand_in);
    }
    if (like.empty()) return "Nothing in the wording settles it.";
    auto const subject = cited.empty() ? std::string{"The wording"} : "The wording " + quoted_list(cited);
    return cut(subject + " reads like " + base::join(like, ", ") + ".", max_rationale_bytes);
}

std::string LexicalExplainer::counterfactual_of(Explanation const& explanation, std::size_t other) const
{
    if (explanation.evidence.empty() || lexicon_[other].empty()) return {};
    std::string edits;
    for (auto const& span : explanation.evidence) {
        edits += (edits.empty() ? "" : ", ") + std::string{"\""} + span.text + "\" with \"" +
                 stand_for(lower_case(span.text), other) + '"';
    }
    return "Replace " + edits + '.';
}

Explanation LexicalExplainer::explain_words(std::string_view text, base::Stream* stream) const
{
    auto const reading = read(text, stream);
    auto const& score = reading.score;
    auto const label = static_cast<std::size_t>(std::max_element(score.begin(), score.end()) - score.begin());
    auto other = label == 0 ? std::size_t{1} : std::size_t{0};
    double total = 0;
    for (std::size_t c = 0; c < score.size(); ++c) {
        total += std::exp((score[c] - score[label]) / options_.temperature);
        if (c != label && score[c] > score[other]) other = c;
    }

    Explanation explanation;
    explanation.parse_success = true;
    explanation.pred_label = static_cast<std::int32_t>(label);
    explanation.confidence = static_cast<std::int32_t>(std::lround(100.0 / total));

    for (auto const* const known : most_telling(reading, label)) {
        auto const& word = known->word;
        explanation.evidence.push_back(
            {std::string{text.substr(word.begin, word.end - word.begin)}, word.begin, word.end});
    }
    explanation.rationale = rationale_of(explanation);
    explanation.counterfactual = counterfactual_of(explanation, other);
    return explanation;
}

Explanation LexicalExplainer::explain(std::string_view text) const
{
    return explain_words(text, nullptr);
}

Explanation LexicalExplainer::explain_sample(std::string_view text, base::Stream stream) const
{
    return explain_words(text, &stream);
}

}  // namespace ablatrix::ecg
