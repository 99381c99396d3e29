#include <ablatrix/stats/errors.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats {
namespace {

std::vector<std::int32_t> digits(std::string_view text)
{
    std::vector<std::int32_t> values;
    for (char const c : text)
        values.push_back(c - '0');
    return values;
}

struct Raters
{
    std::vector<std::int32_t> a = digits("1101001011"), b = digits("1001011010"), c = digits("1101000011");

    std::vector<std::span<std::int32_t const>> spans() const { return {a, b, c}; }
    std::vector<std::vector<std::uint8_t>> correct() const
    {
        return {{a.begin(), a.end()}, {b.begin(), b.end()}, {c.begin(), c.end()}};
    }
};

using Correct = std::vector<std::span<std::uint8_t const>>;

TEST(Agreement, kappas_agree_with_scikit_learn_and_statsmodels)  // E1
{
    Raters const r;
    EXPECT_NEAR(cohen_kappa(r.a, r.b).kappa, .4, 1e-10);
    EXPECT_NEAR(cohen_kappa(r.a, r.c).kappa, .8, 1e-10);
    EXPECT_NEAR(cohen_kappa(r.b, r.c).kappa, .2, 1e-10);
    EXPECT_NEAR(cohen_kappa(r.a, r.b).observed, .7, 1e-10);
    EXPECT_NEAR(fleiss_kappa(r.spans()).kappa, .4642857143, 1e-10);
    // 6 of 10 items unanimous, the others agree in 1 of 3 pairs.
    EXPECT_NEAR(fleiss_kappa(r.spans()).observed, .6 + .4 / 3, 1e-10);
}

TEST(Agreement, constant_raters_have_no_kappa)
{
    std::vector<std::int32_t> const ones(5, 1);
    EXPECT_EQ(cohen_kappa(ones, ones).status, Status::undefined);
    EXPECT_EQ(cohen_kappa(ones, ones).note, "constant");
    EXPECT_EQ(cohen_kappa(ones, ones).observed, 1);
    std::vector<std::int32_t> const twos(5, 2);
    EXPECT_EQ(cohen_kappa(ones, twos).kappa, 0);
    std::vector<std::span<std::int32_t const>> const one = {ones};
    EXPECT_EQ(fleiss_kappa(one).status, Status::undefined);
    EXPECT_THROW(cohen_kappa(ones, std::vector<std::int32_t>(4, 1)), Error);
}

TEST(Errors, three_seeds_are_summarized)  // E1
{
    std::vector<std::vector<std::uint8_t>> const correct = Raters().correct();
    ErrorSummary const s = summarize_errors(Correct(correct.begin(), correct.end()));
    EXPECT_NEAR(s.mean_entropy, .3673183336, 1e-10);
    EXPECT_EQ(s.errors, (std::vector<std::int64_t>{4, 5, 5}));
    EXPECT_NEAR(s.expected_always_wrong, 1, 1e-12);
    EXPECT_EQ(s.always_wrong, 3);
    EXPECT_NEAR(s.p_always_wrong, .0260771, 5e-8);
    EXPECT_NEAR(s.ratio, 3, 1e-12);
    EXPECT_EQ(s.pattern, ErrorPattern::systematic);
    EXPECT_EQ(s.right_in, (std::vector<std::int64_t>{3, 1, 3, 3}));
    EXPECT_EQ(s.mostly_wrong, 4);
}

TEST(Errors, the_same_five_of_24_items_wrong_in_every_seed_are_systematic)  // E1
{
    std::vector<std::uint8_t> seed(24, 1);
    std::fill_n(seed.begin(), 5, std::uint8_t{0});
    std::vector<std::vector<std::uint8_t>> const correct(3, seed);
    ErrorSummary const s = summarize_errors(Correct(correct.begin(), correct.end()));
    EXPECT_EQ(s.always_wrong, 5);
    EXPECT_NEAR(s.expected_always_wrong, .2170138889, 1e-10);
    EXPECT_NEAR(s.p_always_wrong / 5.5353e-10, 1, 1e-5);
    EXPECT_EQ(s.pattern, ErrorPattern::systematic);
}

TEST(Errors, the_null_distribution_chains_hypergeometrics)
{
    std::vector<std::int64_t> const five(3, 5);
    EXPECT_NEAR(always_wrong_p(five, 24, 5) / 5.5353e-10, 1, 1e-5);
    // Two seeds with 1 error each on 4 items meet with probability 1/4.
    EXPECT_NEAR(always_wrong_p(std::vector<std::int64_t>{1, 1}, 4, 1), .25, 1e-12);
    EXPECT_NEAR(always_wrong_p(std::vector<std::int64_t>{3, 3}, 4, 2), 1, 1e-12);
    EXPECT_NEAR(correctness_entropy(1, 3), .9182958341, 1e-10);
}

TEST(Errors, classes_explain_what_looks_systematic)
{
    // All errors in class 1, which every seed always gets wrong: within classes nothing is left to explain.
    std::vector<std::uint8_t> const seed = {1, 1, 1, 1, 1, 1, 0, 0};
    std::vector<std::int32_t> const label = {0, 0, 0, 0, 0, 0, 1, 1};
    Correct const two = {seed, seed};
    ErrorSummary const plain = summarize_errors(two);
    EXPECT_NEAR(plain.expected_always_wrong, 8.0 / 16, 1e-12);
    EXPECT_NEAR(plain.p_always_wrong, 1.0 / 28, 1e-12);
    EXPECT_EQ(plain.pattern, ErrorPattern::systematic);
    ErrorSummary const within = summarize_errors(two, label);
    EXPECT_NEAR(within.expected_within_classes, 2, 1e-12);
    EXPECT_NEAR(within.p_within_classes, 1, 1e-12);
    EXPECT_EQ(within.pattern, ErrorPattern::random);
}

TEST(Errors, spread_over_groups_is_mixed)
{
    std::vector<std::uint8_t> const seed = {1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0};
    std::vector<std::int32_t> const group = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    ErrorSummary const s = summarize_errors(Correct{seed, seed}, {}, group);
    EXPECT_NEAR(s.top_group_share, 1.0 / 3, 1e-12);
    EXPECT_EQ(s.pattern, ErrorPattern::mixed);
}

TEST(Errors, wrong_items_are_listed_fewest_right_first)
{
    std::vector<std::uint8_t> const a = {1, 1, 0, 0, 1}, b = {1, 0, 0, 0, 1}, c = {1, 0, 0, 1, 0};
    std::vector<WrongItem> const items = wrong_items(Correct{a, b, c});
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].item, 2U);
    EXPECT_EQ(items[0].right, 0);
    EXPECT_EQ(items[1].item, 1U);
    EXPECT_EQ(items[2].item, 3U);
}

TEST(Errors, one_seed_knows_right_and_wrong_only)
{
    std::vector<std::uint8_t> const seed = {1, 0, 0};
    ErrorSummary const s = summarize_errors(Correct{seed});
    EXPECT_EQ(s.always_wrong, 2);
    EXPECT_TRUE(std::isnan(s.mean_entropy));
    EXPECT_TRUE(std::isnan(s.p_always_wrong));
    EXPECT_EQ(s.pattern, ErrorPattern::undefined);
}

}  // namespace
}  // namespace ablatrix::stats
