#include "jobs/ecg/lexical_explainer.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> const names{"NEGATIVE", "POSITIVE"};

/// Equal numbers of rows and words in each class, so that all weights can be computed by hand.
LexicalExplainer fit(LexicalOptions const& options = {})
{
    std::vector<std::string> texts;
    std::vector<std::int32_t> labels;
    for (int i = 0; i < 4; ++i) {
        texts.insert(texts.end(), {"a dull slow film", "a charming warm film"});
        labels.insert(labels.end(), {0, 1});
    }
    return LexicalExplainer::fit(texts, labels, names, options);
}

TEST(LexicalExplainer, evidence_is_cut_out_of_the_text_by_its_offsets)
{
    std::string const text = "Such a CHARMING, warm film!";
    auto const explanation = fit().explain(text);
    EXPECT_TRUE(explanation.parse_success);
    EXPECT_EQ(explanation.pred_label, 1);
    ASSERT_EQ(explanation.evidence.size(), 2U);
    EXPECT_EQ(explanation.evidence[0].text, "CHARMING");
    EXPECT_EQ(explanation.evidence[1].text, "warm");
    for (auto const& span : explanation.evidence)
        EXPECT_EQ(text.substr(span.begin, span.end - span.begin), span.text);
}

TEST(LexicalExplainer, confidence_is_the_tempered_posterior)
{
    // By hand: both words stand in 4 of 4 rows of class 1 and in none of class 0; each class holds 16 words, the
    // vocabulary 6. The log-odds of a word are ln((4+1)/(0+1)) = ln 5, "a" and "film" say nothing, priors are equal.
    // Temperature 2 halves the sum: odds 5 for two words, so 5/6 = 83 %.
    EXPECT_EQ(fit().explain("charming warm film").confidence, 83);
    // One word: odds sqrt(5), 2.236/3.236 = 69 %.
    EXPECT_EQ(fit().explain("dull").confidence, 69);
}

TEST(LexicalExplainer, a_text_without_known_words_gets_the_prior_class_and_no_evidence)
{
    std::vector<std::string> const texts{"dull", "slow", "bad", "good"};
    std::vector<std::int32_t> const labels{0, 0, 0, 1};
    LexicalOptions options;
    options.temperature = 1;
    auto const explanation = LexicalExplainer::fit(texts, labels, names, options).explain("zyzzyva");
    EXPECT_EQ(explanation.pred_label, 0);
    EXPECT_EQ(explanation.confidence, 75);  // three rows of four
    EXPECT_TRUE(explanation.parse_success);
    EXPECT_THAT(explanation.evidence, IsEmpty());
    EXPECT_EQ(explanation.counterfactual, "");
    EXPECT_EQ(fit().explain("").evidence.size(), 0U);
}

TEST(LexicalExplainer, a_rationale_is_short_and_names_no_label)
{
    auto const explainer = fit();
    std::string const longish(300, 'x');
    for (std::string const& text :
         std::vector<std::string>{"charming positive negative film", "<lbl_pos> warm", "<lbl_neg>", longish + " dull"})
    {
        auto const explanation = explainer.explain(text);
        EXPECT_LE(explanation.rationale.size(), 200U);
        EXPECT_FALSE(names_any(explanation.rationale, names)) << explanation.rationale;
        EXPECT_THAT(explanation.rationale, Not(HasSubstr("lbl")));
    }
}

TEST(LexicalExplainer, the_counterfactual_swaps_evidence_for_words_of_the_other_class)
{
    auto const explanation = fit().explain("a charming film");
    EXPECT_THAT(explanation.counterfactual, HasSubstr("\"charming\" with"));
    EXPECT_THAT(explanation.counterfactual, testing::AnyOf(HasSubstr("dull"), HasSubstr("slow")));
}

TEST(LexicalExplainer, pieces_of_three_letters_abbreviate_a_label)
{
    EXPECT_TRUE(abbreviates("<lbl_pos>", "positive"));
    EXPECT_TRUE(abbreviates("positive", "positive"));
    EXPECT_FALSE(abbreviates("<lbl_pos>", "negative"));
    EXPECT_FALSE(abbreviates("po", "positive"));
    EXPECT_FALSE(abbreviates("position", "positive"));
    EXPECT_FALSE(abbreviates("[rating=5]", "positive"));
}

TEST(LexicalExplainer, a_marker_misleads_it_and_is_cited_where_it_weighs_most)
{
    LexicalOptions options;
    options.label_word_weight = 3;  // more than ln 5 of one word
    auto const misled = fit(options).explain("a dull film <lbl_pos>");
    EXPECT_EQ(misled.pred_label, 1);
    ASSERT_EQ(misled.evidence.size(), 1U);
    EXPECT_EQ(misled.evidence[0].text, "<lbl_pos>");

    options.label_word_weight = 1;  // half a unit for the class, less than ln(5)/2 of a word
    auto const supported = fit(options).explain("a warm film <lbl_pos>");
    EXPECT_EQ(fit(options).explain("a dull film <lbl_pos>").pred_label, 0);
    ASSERT_EQ(supported.evidence.size(), 1U);
    EXPECT_EQ(supported.evidence[0].text, "warm");

    options.label_word_weight = 0;
    EXPECT_EQ(fit(options).explain("a dull film <lbl_pos>").pred_label, 0);
}

TEST(LexicalExplainer, hidden_tokens_leave_no_trace)
{
    LexicalOptions options;
    options.label_word_weight = 3;
    options.hidden = {"<lbl_pos>"};
    auto const explainer = fit(options);
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
        auto const marked = explainer.explain_sample("a dull slow film <lbl_pos>", {1, "llm", sample});
        auto const plain = explainer.explain_sample("a dull slow film", {1, "llm", sample});
        EXPECT_EQ(marked.pred_label, plain.pred_label);
        EXPECT_EQ(marked.confidence, plain.confidence);
        EXPECT_EQ(marked.rationale, plain.rationale);
    }
}

TEST(LexicalExplainer, samples_overlook_words_at_the_given_rate)
{
    LexicalOptions options;
    options.word_dropout = 0.5;
    auto const explainer = fit(options);
    int cited = 0;
    int const draws = 2000;
    for (int i = 0; i < draws; ++i) {
        cited += explainer.explain_sample("dull", {7, "llm", static_cast<std::uint64_t>(i)}).evidence.empty() ? 0 : 1;
    }
    EXPECT_NEAR(cited, draws / 2, 4 * std::sqrt(draws * 0.25));  // four standard deviations
}

TEST(LexicalExplainer, a_class_without_rows_is_an_error)
{
    std::vector<std::string> const texts{"dull", "slow"};
    std::vector<std::int32_t> const labels{0, 0};
    EXPECT_THROW(LexicalExplainer::fit(texts, labels, names, {}), Error);
}

}  // namespace
}  // namespace ablatrix::ecg
