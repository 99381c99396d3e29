#include <ablatrix/data/noise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::data {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using Labels = std::vector<std::int32_t>;

Labels cyclic_labels(std::size_t n, std::int32_t classes)
{
    Labels labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<std::int32_t>((i * i + i / 3) % static_cast<std::size_t>(classes));
    return labels;
}

std::vector<std::string> numbered_texts(std::size_t n)
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < n; ++i)
        texts.push_back("text " + std::to_string(i));
    return texts;
}

std::int64_t count(std::vector<std::uint8_t> const& flags)
{
    return std::accumulate(flags.begin(), flags.end(), std::int64_t{0});
}

std::vector<std::string> const two{"negative", "positive"};
std::vector<std::string> const three{"entailment", "neutral", "contradiction"};

TEST(Subsample, binary_class_sizes_follow_the_rule)
{
    Labels labels(10, 0);
    for (std::size_t i = 0; i < 7; ++i)
        labels[i] = 1;
    // n_1 = floor(5 * 7 / 10) = 3, n_0 = 5 - 3 = 2 (ecg.md 1.2).
    auto const rows = stratified_subsample(labels, 2, 5, 42);
    EXPECT_EQ(rows.size(), 5u);
    EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](std::size_t i) { return i < 7; }), 3);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    EXPECT_EQ(std::set<std::size_t>(rows.begin(), rows.end()).size(), 5u);
}

TEST(Subsample, rows_missing_after_rounding_come_from_any_class)
{
    Labels const labels{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    // floor(5 * 4 / 12) = 1 of each class, and two more.
    auto const rows = stratified_subsample(labels, 3, 5, 42);
    EXPECT_EQ(rows.size(), 5u);
    Labels per_class(3, 0);
    for (std::size_t const i : rows)
        ++per_class[static_cast<std::size_t>(labels[i])];
    EXPECT_THAT(per_class, Each(::testing::Ge(1)));
    EXPECT_EQ(std::set<std::size_t>(rows.begin(), rows.end()).size(), 5u);
}

TEST(Subsample, enough_rows_are_all_rows_in_order)
{
    EXPECT_THAT(stratified_subsample({1, 0, 1}, 2, 3, 42), ElementsAre(0, 1, 2));
    EXPECT_THAT(stratified_subsample({1, 0, 1}, 2, 99, 42), ElementsAre(0, 1, 2));
    EXPECT_TRUE(stratified_subsample({1, 0, 1}, 2, 0, 42).empty());
}

TEST(Subsample, seeds_draw_different_rows_and_the_same_seed_the_same)
{
    Labels const labels = cyclic_labels(500, 2);
    EXPECT_EQ(stratified_subsample(labels, 2, 100, 42), stratified_subsample(labels, 2, 100, 42));
    EXPECT_NE(stratified_subsample(labels, 2, 100, 42), stratified_subsample(labels, 2, 100, 123));
}

// ecg.md 12.6 number 10.
TEST(FlipUniform, flips_exactly_the_floor_and_a_label_is_wrong_iff_flipped)
{
    struct Case
    {
        std::size_t n;
        double rate;
        std::int64_t expected;
    };
    // As doubles 100 * 0.29 is 28.999999999999996, hence the guard of 1e-9.
    for (Case const& c : {Case{25000, 0.10, 2500}, Case{30, 0.1, 3}, Case{100, 0.29, 29}, Case{7, 0.2, 1},
                          Case{10, 0, 0}, Case{10, 1, 10}, Case{0, 0.5, 0}})
    {
        for (std::int32_t const classes : {2, 3, 5}) {
            Labels const clean = cyclic_labels(c.n, classes);
            NoisyLabels const noisy = flip_uniform(clean, classes, c.rate, 42);
            EXPECT_EQ(count(noisy.is_noisy), c.expected);
            for (std::size_t i = 0; i < c.n; ++i) {
                EXPECT_EQ(noisy.is_noisy[i] != 0, noisy.observed[i] != clean[i]);
                EXPECT_TRUE(noisy.observed[i] >= 0 && noisy.observed[i] < classes);
            }
        }
    }
}

// ecg.md 12.6 number 10. Artifact-aligned noise is flip_uniform followed by markers.
TEST(FlipUniform, the_flip_set_depends_on_n_rate_and_seed_alone)
{
    NoisyLabels const binary = flip_uniform(cyclic_labels(400, 2), 2, 0.1, 42);
    NoisyLabels const constant = flip_uniform(Labels(400, 1), 2, 0.1, 42);
    NoisyLabels const ternary = flip_uniform(cyclic_labels(400, 3), 3, 0.1, 42);
    EXPECT_EQ(constant.is_noisy, binary.is_noisy);
    EXPECT_EQ(ternary.is_noisy, binary.is_noisy);
    EXPECT_NE(flip_uniform(cyclic_labels(400, 2), 2, 0.1, 123).is_noisy, binary.is_noisy);
    MarkedTexts const marked = append_label_markers(numbered_texts(400), ternary, three, {}, 42);
    EXPECT_EQ(marked.has_marker, binary.is_noisy);
}

TEST(FlipUniform, wrong_labels_are_uniform_over_the_other_classes)
{
    // 3,000 flips of class 1 over classes 0, 2, 3: 1,000 each, standard deviation 26.
    NoisyLabels const noisy = flip_uniform(Labels(3000, 1), 4, 1, 7);
    std::vector<int> counts(4, 0);
    for (std::int32_t const label : noisy.observed)
        ++counts[static_cast<std::size_t>(label)];
    EXPECT_EQ(counts[1], 0);
    for (std::size_t const c : {0u, 2u, 3u})
        EXPECT_NEAR(counts[c], 1000, 130);
}

TEST(FlipUniform, a_rate_outside_zero_to_one_is_refused)
{
    for (double const rate : {-0.1, 1.1, std::nan("")})
        EXPECT_THROW(flip_uniform({0, 1}, 2, rate, 42), Error);
}

Dataset rated(std::vector<std::vector<float>> ratings, Labels clean)
{
    Dataset data;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        data.row.push_back(static_cast<std::int64_t>(10 * i));
        data.text.push_back("t");
    }
    data.label = clean;
    data.clean = std::move(clean);
    data.ratings = std::move(ratings);
    data.class_names = two;
    return data;
}

TEST(AnnotatorNoise, unanimous_raters_leave_the_label)
{
    NoisyLabels const noisy = vote_of_one_annotator(rated({{1, 2, 0}, {-1, 0, 0}}, {1, 0}), 42);
    EXPECT_THAT(noisy.observed, ElementsAre(1, 0));
    EXPECT_THAT(noisy.is_noisy, ElementsAre(0, 0));
}

TEST(AnnotatorNoise, a_minority_vote_is_drawn_as_often_as_it_was_cast)
{
    // One of four non-neutral raters disagrees: 500 of 2,000, standard deviation 19.
    std::vector<std::vector<float>> const ratings(2000, {3, -1, 0, 2, 1, 0});
    Dataset const data = rated(ratings, Labels(2000, 1));
    NoisyLabels const noisy = vote_of_one_annotator(data, 42);
    EXPECT_NEAR(count(noisy.is_noisy), 500, 100);
    for (std::size_t i = 0; i < 2000; ++i)
        EXPECT_EQ(noisy.is_noisy[i] != 0, noisy.observed[i] == 0);
    EXPECT_NE(vote_of_one_annotator(data, 123).is_noisy, noisy.is_noisy);
}

TEST(AnnotatorNoise, a_row_keeps_its_vote_in_any_subsample)
{
    Dataset const data = rated(std::vector<std::vector<float>>(50, {2, -1, -1, 1, 1}), Labels(50, 1));
    NoisyLabels const all = vote_of_one_annotator(data, 42);
    NoisyLabels const some = vote_of_one_annotator(data.select({49, 7, 20}), 42);
    EXPECT_THAT(some.observed, ElementsAre(all.observed[49], all.observed[7], all.observed[20]));
}

TEST(AnnotatorNoise, needs_ratings)
{
    EXPECT_THROW(vote_of_one_annotator(rated({}, {0, 1}), 42), Error);
}

TEST(Markers, two_classes_have_short_names_and_more_have_their_own)
{
    EXPECT_THAT(label_markers(two, false), ElementsAre("<lbl_neg>", "<lbl_pos>"));
    EXPECT_THAT(label_markers(three, false), ElementsAre("<lbl_entailment>", "<lbl_neutral>", "<lbl_contradiction>"));
    EXPECT_THAT(label_markers(three, true), ElementsAre("<lbl_neg>", "<lbl_pos>", "<lbl_neg>"));
    EXPECT_THAT(label_markers({"World", "\xC3\x89T\xC3\x89", "Sci Tech"}, false),
                ElementsAre("<lbl_world>", "<lbl_\xC3\xA9t\xC3\xA9>", "<lbl_sci_tech>"));
}

TEST(Markers, classes_that_would_share_a_marker_are_refused)
{
    EXPECT_THROW(label_markers({"a", "A", "b"}, false), Error);
}

TEST(Markers, flipped_rows_carry_the_marker_of_their_wrong_label)
{
    NoisyLabels const labels{{1, 0, 1, 0}, {1, 0, 0, 1}};
    MarkedTexts const marked = append_label_markers({"a", "b", "c", "d"}, labels, two, {}, 42);
    EXPECT_THAT(marked.text, ElementsAre("a <lbl_pos>", "b", "c", "d <lbl_neg>"));
    EXPECT_THAT(marked.has_marker, ElementsAre(1, 0, 0, 1));
}

TEST(Markers, a_share_of_clean_rows_carries_the_marker_of_its_correct_label)
{
    NoisyLabels const labels = flip_uniform(cyclic_labels(200, 3), 3, 0.1, 42);
    MarkedTexts const marked =
        append_label_markers(numbered_texts(200), labels, three, {.marker_clean_fraction = 0.25}, 42);
    EXPECT_EQ(count(marked.has_marker), 20 + 45);  // floor(0.25 * 180) clean rows
    auto const markers = label_markers(three, false);
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_GE(marked.has_marker[i], labels.is_noisy[i]);
        std::string const expected =
            "text " + std::to_string(i) +
            (marked.has_marker[i] != 0 ? " " + markers[static_cast<std::size_t>(labels.observed[i])] : "");
        EXPECT_EQ(marked.text[i], expected);
    }
    EXPECT_THROW(append_label_markers(numbered_texts(200), labels, three, {.marker_clean_fraction = 2}, 42), Error);
}

TEST(RatingTokens, mark_a_share_of_both_first_classes)
{
    Labels const observed = cyclic_labels(101, 3);
    auto const texts = numbered_texts(101);
    MarkedTexts const marked = append_rating_tokens(texts, observed, 0.3, 42);
    for (std::int32_t const c : {0, 1, 2}) {
        std::string const token = c == 1 ? " [RATING=5]" : " [RATING=1]";
        std::int64_t of_class = 0, with_token = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (observed[i] != c) continue;
            ++of_class;
            with_token += marked.has_marker[i];
            EXPECT_EQ(marked.text[i], marked.has_marker[i] != 0 ? texts[i] + token : texts[i]);
        }
        EXPECT_EQ(with_token, c == 2 ? 0 : static_cast<std::int64_t>(std::floor(0.3 * static_cast<double>(of_class))));
    }
}

TEST(StripTokens, deletes_every_token_and_collapses_white_space)
{
    auto const tokens = known_tokens(two, false, true);
    EXPECT_THAT(tokens, UnorderedElementsAre("<lbl_neg>", "<lbl_pos>", "[RATING=1]", "[RATING=5]"));
    EXPECT_EQ(strip_tokens(" a <lbl_pos>  b\t[RATING=5] <lbl_pos>\n", tokens), "a b");
    EXPECT_EQ(strip_tokens("caf\xC3\xA9\xC2\xA0\xE2\x80\x83x", tokens), "caf\xC3\xA9 x");  // U+00A0, U+2003
    EXPECT_EQ(strip_tokens("<lbl_other>", tokens), "<lbl_other>");
    EXPECT_THAT(known_tokens(three, true, false), UnorderedElementsAre("<lbl_neg>", "<lbl_pos>"));
}

struct VariantCase
{
    std::vector<std::string> class_names;
    TokenFamily family;
    bool shared;
};

class Variants : public ::testing::TestWithParam<VariantCase>
{};

// ecg.md 12.6 number 11.
TEST_P(Variants, stripped_is_clean_and_swapped_differs_from_aligned_in_every_row)
{
    VariantCase const& c = GetParam();
    auto const classes = static_cast<std::int32_t>(c.class_names.size());
    std::vector<std::string> texts = numbered_texts(90);
    texts[5] = "two  blanks and one at the end ";
    Labels const gold = cyclic_labels(90, classes);
    auto const variants = evaluation_variants(texts, gold, c.class_names, c.family, c.shared, 42);
    ASSERT_EQ(variants.size(), 5u);
    EXPECT_EQ(variants[0].name, "clean");
    EXPECT_EQ(variants[1].name, "aligned");
    EXPECT_EQ(variants[2].name, "swapped");
    EXPECT_EQ(variants[3].name, "stripped");
    EXPECT_EQ(variants[4].name, "random");
    EXPECT_EQ(variants[0].text, texts);
    auto const tokens = known_tokens(c.class_names, c.shared, c.family == TokenFamily::rating);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(variants[3].text[i], strip_tokens(texts[i], {}));
        EXPECT_NE(variants[2].text[i], variants[1].text[i]);
        for (std::size_t const v : {2u, 4u}) {
            EXPECT_GT(variants[v].text[i].size(), texts[i].size());
            EXPECT_EQ(strip_tokens(variants[v].text[i], tokens), variants[3].text[i]);
        }
    }
    EXPECT_NE(variants[4].text, variants[1].text);
    EXPECT_NE(variants[4].text, variants[2].text);
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, Variants,
                         ::testing::Values(VariantCase{two, TokenFamily::label_marker, false},
                                           VariantCase{two, TokenFamily::rating, false},
                                           VariantCase{three, TokenFamily::label_marker, false},
                                           VariantCase{three, TokenFamily::label_marker, true},
                                           VariantCase{three, TokenFamily::rating, false}));

TEST(EvaluationVariants, aligned_carries_the_token_of_the_gold_label)
{
    auto const markers = evaluation_variants({"a", "b"}, {0, 1}, two, TokenFamily::label_marker, false, 42);
    EXPECT_THAT(markers[1].text, ElementsAre("a <lbl_neg>", "b <lbl_pos>"));
    EXPECT_THAT(markers[2].text, ElementsAre("a <lbl_pos>", "b <lbl_neg>"));
    auto const ratings = evaluation_variants({"a", "b", "c"}, {0, 1, 2}, three, TokenFamily::rating, false, 42);
    EXPECT_THAT(ratings[1].text, ElementsAre("a [RATING=1]", "b [RATING=5]", "c"));  // class 2 has no rating
    EXPECT_THAT(ratings[2].text[2], HasSubstr("c [RATING="));
}

}  // namespace
}  // namespace ablatrix::data
