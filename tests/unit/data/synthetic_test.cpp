#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>
#include "src/data/detail/vocabulary.hpp"

namespace ablatrix::data {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> words_of(std::string sentence)
{
    std::replace(sentence.begin(), sentence.end(), '.', ' ');
    std::istringstream in(sentence);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// Multinomial naive Bayes with add-one smoothing: trained on the first \p n_train rows, accuracy on the others.
double naive_bayes_accuracy(Dataset const& data, std::size_t n_train)
{
    auto const classes = static_cast<std::size_t>(data.classes());
    std::map<std::string, std::vector<double>> counts;
    std::vector<double> totals(classes, 0), rows(classes, 0);
    for (std::size_t i = 0; i < n_train; ++i) {
        auto const c = static_cast<std::size_t>(data.label[i]);
        rows[c] += 1;
        for (std::string const& word : words_of(data.text[i])) {
            counts.try_emplace(word, classes, 0.0).first->second[c] += 1;
            totals[c] += 1;
        }
    }
    std::size_t right = 0;
    for (std::size_t i = n_train; i < data.size(); ++i) {
        std::vector<double> score(classes);
        for (std::size_t c = 0; c < classes; ++c) {
            score[c] = std::log(rows[c]);
            for (std::string const& word : words_of(data.text[i]))
                if (auto const found = counts.find(word); found != counts.end())
                    score[c] += std::log((found->second[c] + 1) / (totals[c] + static_cast<double>(counts.size())));
        }
        auto const best = std::max_element(score.begin(), score.end()) - score.begin();
        right += best == data.label[i] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(data.size() - n_train);
}

double accuracy_at(double overlap, int classes)
{
    return naive_bayes_accuracy(make_synthetic({.rows = 3000, .classes = classes, .overlap = overlap}), 1000);
}

TEST(Synthetic, default_overlap_is_neither_easy_nor_hopeless)
{
    double const accuracy = accuracy_at(0.5, 2);
    EXPECT_GT(accuracy, 0.78);
    EXPECT_LT(accuracy, 0.90);
}

TEST(Synthetic, accuracy_falls_with_overlap_down_to_chance)
{
    for (int const classes : {2, 4}) {
        double before = 1.01;
        for (double const overlap : {0.0, 0.25, 0.5, 0.75, 1.0}) {
            double const accuracy = accuracy_at(overlap, classes);
            EXPECT_LT(accuracy, before) << overlap;
            before = accuracy;
        }
        // 2,000 test rows: one standard deviation at chance is 0.011 or less.
        EXPECT_NEAR(before, 1.0 / classes, 0.04);
        EXPECT_GT(accuracy_at(0, classes), 0.99);
    }
}

TEST(Synthetic, without_overlap_class_words_stay_in_their_class)
{
    Dataset const data = make_synthetic({.rows = 400, .overlap = 0});
    std::set<std::string> const negative(detail::negative_words.begin(), detail::negative_words.end());
    std::set<std::string> const positive(detail::positive_words.begin(), detail::positive_words.end());
    for (std::size_t i = 0; i < data.size(); ++i) {
        std::size_t own = 0;
        for (std::string const& word : words_of(data.text[i])) {
            EXPECT_FALSE((data.label[i] == 1 ? negative : positive).contains(word)) << data.text[i];
            own += (data.label[i] == 1 ? positive : negative).contains(word) ? 1u : 0u;
        }
        EXPECT_GE(own, 1u) << data.text[i];
    }
}

TEST(Synthetic, no_class_word_stands_in_two_lists)
{
    std::vector<std::string_view> opinions(detail::negative_words.begin(), detail::negative_words.end());
    opinions.insert(opinions.end(), detail::positive_words.begin(), detail::positive_words.end());
    opinions.insert(opinions.end(), detail::subject_words.begin(), detail::subject_words.end());
    EXPECT_EQ(std::set<std::string_view>(opinions.begin(), opinions.end()).size(), opinions.size());
    std::vector<std::string_view> topics(detail::neutral_words.begin(), detail::neutral_words.end());
    for (auto const& topic : detail::topics)
        topics.insert(topics.end(), topic.words.begin(), topic.words.end());
    EXPECT_EQ(std::set<std::string_view>(topics.begin(), topics.end()).size(), topics.size());
}

TEST(Synthetic, sentences_have_the_asked_number_of_words_and_every_length_occurs)
{
    for (int const classes : {2, 5}) {
        Dataset const data = make_synthetic({.rows = 1000, .classes = classes, .words_min = 4, .words_max = 12});
        std::set<std::size_t> lengths;
        for (std::string const& text : data.text) {
            lengths.insert(words_of(text).size());
            EXPECT_TRUE(text.front() >= 'A' && text.front() <= 'Z' && text.back() == '.') << text;
            EXPECT_EQ(text.find('%'), std::string::npos) << text;
        }
        EXPECT_THAT(lengths, ElementsAre(4, 5, 6, 7, 8, 9, 10, 11, 12));
    }
}

TEST(Synthetic, classes_are_balanced_named_and_in_random_order)
{
    Dataset const data = make_synthetic({.rows = 1000, .classes = 3});
    for (std::int32_t const c : {0, 1, 2})
        EXPECT_NEAR(std::count(data.label.begin(), data.label.end(), c), 1000.0 / 3, 1);
    EXPECT_THAT(data.class_names, ElementsAre("camera", "hotel", "book"));
    EXPECT_FALSE(std::is_sorted(data.label.begin(), data.label.begin() + 20));
    EXPECT_THAT(make_synthetic({.rows = 10}).class_names, ElementsAre("negative", "positive"));
    EXPECT_TRUE(data.clean.empty());
}

TEST(Synthetic, sentences_do_not_repeat_beyond_chance)
{
    Dataset const data = make_synthetic({});
    std::set<std::string> const distinct(data.text.begin(), data.text.end());
    EXPECT_GE(distinct.size() + 2, data.size());
}

TEST(Synthetic, equal_options_give_equal_data_and_others_differ)
{
    Dataset const data = make_synthetic({.rows = 50});
    EXPECT_EQ(make_synthetic({.rows = 50}).to_bundle(), data.to_bundle());
    EXPECT_NE(make_synthetic({.rows = 50, .seed = 8}).text, data.text);
    EXPECT_NE(make_synthetic({.rows = 50, .seed = 8}).content, data.content);
    EXPECT_NE(make_synthetic({.rows = 50, .overlap = 0.4}).content, data.content);
}

TEST(Synthetic, options_out_of_range_are_refused)
{
    for (SyntheticOptions const& bad :
         {SyntheticOptions{.classes = 1}, SyntheticOptions{.classes = 11}, SyntheticOptions{.rows = 1},
          SyntheticOptions{.overlap = 1.5}, SyntheticOptions{.overlap = std::nan("")}, SyntheticOptions{.words_min = 3},
          SyntheticOptions{.words_min = 9, .words_max = 8}})
        EXPECT_THROW(make_synthetic(bad), Error);
}

}  // namespace
}  // namespace ablatrix::data
