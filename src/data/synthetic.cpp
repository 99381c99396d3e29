#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/dataset.hpp>

#include "detail/vocabulary.hpp"

namespace ablatrix::data {

namespace {

using namespace std::string_view_literals;
using Words = std::span<std::string_view const>;

/// A piece of a sentence: %c a class word, %s a shared word, %i an intensity word.
using Pattern = std::string_view;

// Two classes: class words are adjectives, shared words are nouns.
constexpr std::array opinion_clauses{"the %s was %c"sv,
                                     "the %c %s was %c"sv,
                                     "the %s felt %i %c"sv,
                                     "the %c %s seemed %c"sv,
                                     "the %s was %c and %c"sv,
                                     "we found the %c %s %c"sv,
                                     "the %c %s and %s were %c"sv,
                                     "the %c and %c %s was %c"sv,
                                     "I call the %c %s %c"sv,
                                     "the %c %s felt %c and %c"sv,
                                     "the %c %s looked %i %c"sv,
                                     "the %s was %c and %c but %c"sv};
// More classes: class words are nouns, shared words are adjectives.
constexpr std::array topic_clauses{
    "the %c was %s"sv,       "the %c and %c were %s"sv,    "the %c had one %c"sv,           "the %c needs the %s %c"sv,
    "we saw the %s %c"sv,    "the %c or %c is %s"sv,       "the %c without %c looked %s"sv, "no %c came with the %c"sv,
    "the %c looked %i %s"sv, "I like the %c and the %c"sv, "the %c beside the %c is %s"sv,  "I asked about the %c"sv};
constexpr std::array joints{"and"sv, "but"sv, "while"sv, "because"sv, "although"sv, "so"sv};
/// Endings of one, two, ... words for what no clause fits into. All opinion clauses end with an adjective.
constexpr std::array<std::array<Pattern, 3>, 4> opinion_endings{
    {{"overall", "again", "today"},
     {"and %c", "or %c", "this time"},
     {"and %i %c", "but %i %c", "in my opinion"},
     {"and %i %c again", "but %i %c overall", "if you ask me"}}};
constexpr std::array<std::array<Pattern, 3>, 4> topic_endings{
    {{"overall", "again", "today"},
     {"this time", "once more", "I think"},
     {"beside the %c", "without the %c", "in my opinion"},
     {"like the %s %c", "without the %s %c", "if you ask me"}}};

constexpr int shortest_clause = 4;

int count_words(Pattern pattern)
{
    return static_cast<int>(std::count(pattern.begin(), pattern.end(), ' ')) + 1;
}

Words words_of_class(int classes, std::size_t c)
{
    if (classes > 2) return detail::topics[c].words;
    return c == 0 ? Words{detail::negative_words} : Words{detail::positive_words};
}

/// Writes one sentence of an exact number of words.
class SentenceWriter
{
  public:
    SentenceWriter(SyntheticOptions const& options, std::size_t label, base::Stream& stream)
        : options_(options), label_(label), stream_(stream), is_topic_(options.classes > 2)
    {}

    std::string write(int length)
    {
        int left = length;
        for (bool is_first = true; left > 0; is_first = false) {
            int const joint = is_first ? 0 : 1;
            if (left < shortest_clause + joint) {
                append(draw((is_topic_ ? topic_endings : opinion_endings)[static_cast<std::size_t>(left - 1)]));
                break;
            }
            if (joint == 1) append(draw(joints));
            Pattern const clause = draw_clause(left - joint);
            append(clause);
            left -= joint + count_words(clause);
        }
        sentence_[0] =
            static_cast<char>(sentence_[0] >= 'a' && sentence_[0] <= 'z' ? sentence_[0] - 'a' + 'A' : sentence_[0]);
        return sentence_ + '.';
    }

  private:
    template <typename Choices>
    std::string_view draw(Choices const& choices)
    {
        return choices[stream_.below(choices.size())];
    }

    Pattern draw_clause(int longest)
    {
        for (;;) {  // ends: clauses of shortest_clause words exist
            Pattern const clause = is_topic_ ? draw(topic_clauses) : draw(opinion_clauses);
            if (count_words(clause) <= longest) return clause;
        }
    }

    std::string_view draw_class_word()
    {
        bool const is_shared = stream_.uniform() < options_.overlap;
        std::size_t const c = is_shared ? stream_.below(static_cast<std::uint64_t>(options_.classes)) : label_;
        return draw_new(words_of_class(options_.classes, c));
    }

    /// A word this sentence does not have yet, unless eight draws in a row hit used ones.
    std::string_view draw_new(Words words)
    {
        std::string_view word = draw(words);
        for (int attempt = 0; attempt < 8 && std::find(used_.begin(), used_.end(), word) != used_.end(); ++attempt)
            word = draw(words);
        used_.push_back(word);
        return word;
    }

    std::string_view fill(std::string_view slot)
    {
        if (slot == "%c") return draw_class_word();
        if (slot == "%i") return draw(detail::intensity_words);
        if (slot == "%s") return draw_new(is_topic_ ? Words{detail::neutral_words} : Words{detail::subject_words});
        return slot;
    }

    void append(Pattern pattern)
    {
        for (std::string const& slot : base::split(pattern, ' ')) {
            if (!sentence_.empty()) sentence_ += ' ';
            sentence_ += fill(slot);
        }
    }

    SyntheticOptions const& options_;
    std::size_t label_;
    base::Stream& stream_;
    bool is_topic_;
    std::string sentence_;
    std::vector<std::string_view> used_;
};

void check(SyntheticOptions const& options)
{
    auto const most = static_cast<int>(detail::topics.size());
    ABLATRIX_VALIDATE(
        options.classes >= 2 && options.classes <= most,
        "synthetic data with " + std::to_string(options.classes) + " classes. Choose 2 to " + std::to_string(most));
    ABLATRIX_VALIDATE(options.rows >= options.classes && options.rows <= 100'000'000,
                      "synthetic data with " + std::to_string(options.rows) + " rows for " +
                          std::to_string(options.classes) +
                          " classes. Choose at least one a class, at most 100 million");
    ABLATRIX_VALIDATE(options.overlap >= 0 && options.overlap <= 1,
                      "synthetic overlap is " + base::shortest(options.overlap) + ". Choose a number from 0 to 1");
    ABLATRIX_VALIDATE(
        options.words_min >= shortest_clause && options.words_min <= options.words_max && options.words_max <= 200,
        "synthetic sentences of " + std::to_string(options.words_min) + " to " + std::to_string(options.words_max) +
            " words. Choose a range within 4 to 200");
}

base::Fingerprint fingerprint_of_options(SyntheticOptions const& options)
{
    base::Hasher hasher;
    hasher.add("synthetic 1");  // the version of the generator: a change in its words or templates raises it
    for (std::int64_t const part : {options.rows, options.seed, std::int64_t{options.classes},
                                    std::int64_t{options.words_min}, std::int64_t{options.words_max}})
        hasher.add(static_cast<std::uint64_t>(part));
    hasher.add(base::shortest(options.overlap));
    return hasher.finish();
}

}  // namespace

Dataset make_synthetic(SyntheticOptions const& options)
{
    check(options);
    auto const seed = static_cast<std::uint64_t>(options.seed);
    Dataset out;
    out.content = fingerprint_of_options(options);
    for (std::size_t c = 0; c < static_cast<std::size_t>(options.classes); ++c) {
        std::string_view const name = options.classes > 2 ? detail::topics[c].name
                                      : c == 0            ? "negative"sv
                                                          : "positive"sv;
        out.class_names.emplace_back(name);
    }
    for (std::int64_t i = 0; i < options.rows; ++i) {
        out.row.push_back(i);
        out.label.push_back(static_cast<std::int32_t>(i % options.classes));
    }
    base::Stream(seed, "synthetic_labels").shuffle(std::span{out.label});
    auto const lengths = static_cast<std::uint64_t>(options.words_max - options.words_min + 1);
    for (std::size_t i = 0; i < out.label.size(); ++i) {
        base::Stream stream(seed, "synthetic_text", i);
        int const length = options.words_min + static_cast<int>(stream.below(lengths));
        out.text.push_back(SentenceWriter(options, static_cast<std::size_t>(out.label[i]), stream).write(length));
    }
    return out;
}

}  // namespace ablatrix::data
