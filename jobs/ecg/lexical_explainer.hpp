#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/random.hpp>

namespace ablatrix::ecg {

struct LexicalOptions
{
    double smoothing = 1.0;
    double label_word_weight = 1.0;
    double temperature = 2.0;
    double word_dropout = 0.15;
    std::vector<std::string> hidden;  ///< words that the explainer does not see (metadata_policy strip), lower case
};

/// A span of the explained text: bytes [begin, end).
struct EvidenceSpan
{
    std::string text;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The explanation object of ecg.md 3.1, already validated.
struct Explanation
{
    std::int32_t pred_label = -1;  ///< -1: unknown
    std::int32_t confidence = 0;   ///< 0..100
    std::vector<EvidenceSpan>
        evidence;           ///< at most three, in the order of the text; empty when no known word speaks for the label
    std::string rationale;  ///< at most 200 bytes, names no label
    std::string counterfactual;
    bool parse_success = false;
};

/// A stand-in for a large language model: it fills the same object from word counts alone.
///
/// What a pretrained model knows about the task is here a table of log-odds per word and class (multinomial naive Bayes
/// over the words that a document holds, add-alpha smoothing), fitted on the clean labels of rows set aside for it. It
/// never sees a label of the rows it explains. Like a language model it also reads label words: a word with a piece of
/// at least three letters that begins a label's name ("<lbl_pos>", "positive") counts for that label, so that an
/// injected marker can mislead it and be cited as evidence. It cannot reason, negate or paraphrase.
class LexicalExplainer
{
  public:
    /// \throws Error when the rows hold no words or a class has no rows
    static LexicalExplainer fit(std::span<std::string const> texts, std::span<std::int32_t const> labels,
                                std::vector<std::string> class_names, LexicalOptions options);

    /// The same answer for the same text.
    Explanation explain(std::string_view text) const;
    /// An answer that overlooks each word with probability word_dropout.
    Explanation explain_sample(std::string_view text, base::Stream stream) const;

  private:
    struct Reading;
    struct KnownWord;
    Explanation explain_words(std::string_view text, base::Stream* stream) const;
    Reading read(std::string_view text, base::Stream* stream) const;
    static std::vector<KnownWord const*> most_telling(Reading const& reading, std::size_t label);
    std::string const& stand_for(std::string const& word, std::size_t label) const;
    bool may_be_quoted(std::string const& word) const;
    std::string rationale_of(Explanation const& explanation) const;
    std::string counterfactual_of(Explanation const& explanation, std::size_t other) const;

    LexicalOptions options_;
    std::vector<std::string> class_names_;                             // lower case
    std::vector<double> log_prior_;                                    // [C]
    std::map<std::string, std::vector<double>, std::less<>> weights_;  // word -> [C], centred over classes
    std::vector<std::vector<std::string>> lexicon_;                    // [C], the strongest words of each class
};

/// Is \p word, or a piece of it between non-letters, a prefix of \p label_name with at least three letters? Lower case.
bool abbreviates(std::string_view word, std::string_view label_name);

}  // namespace ablatrix::ecg
