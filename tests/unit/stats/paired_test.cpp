#include <ablatrix/stats/paired.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/stats/detection.hpp>

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

std::vector<double> auroc_differences()
{
    double const a[] = {813, 824, 823, 818, 815};
    double const b[] = {671, 687, 681, 687, 688};
    std::vector<double> d;
    for (std::size_t s = 0; s < 5; ++s)
        d.push_back((a[s] - b[s]) / 1000);
    return d;
}

TEST(PairedT, agrees_with_scipy)  // S1
{
    std::vector<double> const d = auroc_differences();
    stats::Test const test = paired_t(d);
    EXPECT_NEAR(test.statistic, 45.4183142160, 1e-8);  // differences of thousandths carry 1e-16 / s of rounding
    EXPECT_EQ(test.df, 4);
    Estimate const mean = seed_mean(d);
    EXPECT_NEAR(mean.value, .1358, tolerance);
    EXPECT_NEAR(sample_sd(d), .0066858059, tolerance);
    EXPECT_NEAR(mean.low, .1274984756, tolerance);
    EXPECT_NEAR(mean.high, .1441015244, tolerance);
    EXPECT_NEAR(sign_flip(d).p, 2.0 / 32, tolerance);
}

TEST(PairedTests, small_sample_with_ties_and_zero_is_exact)  // S2, exactRankTests and permutation_test
{
    std::vector<double> const d = {0, .002, .002, .001, .004};
    EXPECT_NEAR(wilcoxon(d).p, .125, tolerance);
    EXPECT_NEAR(sign_flip(d).p, .125, tolerance);
    EXPECT_NEAR(paired_t(d).p, .0533382610, tolerance);
    EXPECT_EQ(wilcoxon(d).p_min, .125);
    EXPECT_EQ(sign_flip(d).p_min, .125);
}

TEST(PairedTests, eight_differences_agree_with_enumeration)  // S3
{
    std::vector<double> const d = {1.2, -.5, 2, 1.5, .8, -.2, .9, 1.4};
    EXPECT_EQ(wilcoxon(d).statistic, 33);
    EXPECT_NEAR(wilcoxon(d).p, .0390625, tolerance);
    EXPECT_NEAR(sign_flip(d).p, .03125, tolerance);
    EXPECT_NEAR(paired_t(d).p, .0215861954, tolerance);
}

TEST(PairedTests, say_when_too_few_seeds_cannot_reach_significance)
{
    std::vector<double> const five = auroc_differences();
    EXPECT_TRUE(sign_flip(five).cannot_reach(.05));
    EXPECT_TRUE(wilcoxon(five).cannot_reach(.05));
    EXPECT_FALSE(paired_t(five).cannot_reach(.05));
}

TEST(PairedTests, one_seed_and_no_spread_have_their_status)
{
    std::vector<double> const one = {.3};
    EXPECT_EQ(seed_mean(one).value, .3);
    EXPECT_EQ(seed_mean(one).status, Status::undefined);
    EXPECT_TRUE(std::isnan(seed_mean(one).low));
    EXPECT_EQ(paired_t(one).status, Status::undefined);
    std::vector<double> const same = {.1, .1, .1};
    EXPECT_EQ(seed_mean(same).status, Status::degenerate);
    EXPECT_TRUE(std::isnan(paired_t(same).p));
    EXPECT_EQ(paired_t(std::vector<double>{0, 0, 0}).p, 1);
    EXPECT_EQ(wilcoxon(std::vector<double>{0, 0}).p, 1);
    EXPECT_EQ(sign_flip(std::vector<double>{0, 0}).p, 1);
    EXPECT_EQ(sign_flip({}).status, Status::undefined);
    EXPECT_THROW(paired_t(std::vector<double>{1, std::nan("")}), Error);
}

TEST(PairedTests, rounding_is_no_spread_no_sign_and_no_rank)
{
    // Both 1/20, computed from shares: they differ by 1e-16, which would make t about 1e15.
    std::vector<double> const twentieth = {.85 - .8, .75 - .7, .3 - .25};
    ASSERT_NE(twentieth[0], twentieth[1]);
    EXPECT_EQ(seed_mean(twentieth).status, Status::degenerate);
    EXPECT_EQ(paired_t(twentieth).status, Status::degenerate);
    EXPECT_TRUE(std::isnan(paired_t(twentieth).p));
    EXPECT_EQ(sample_sd(std::vector<double>{.7, .7, .7}), 0);  // their sum over 3 is not .7
    EXPECT_EQ(welch_t(twentieth, std::vector<double>{.05, .1 - .05}).p, 1);
    // Zeros but for rounding: nothing differs.
    std::vector<double> const zero = {.1 + .2 - .3, 0, .3 - (.1 + .2)};
    ASSERT_NE(zero[0], 0);
    EXPECT_EQ(paired_t(zero).p, 1);
    EXPECT_EQ(sign_flip(zero).p, 1);
    EXPECT_EQ(sign_flip(zero).p_min, 1);
    EXPECT_EQ(wilcoxon(zero).p, 1);
    // |d| = 1/20 twice: ranks 1.5 and 1.5, so W+ = 1.5 + 3 of {0, 1.5, 3, 4.5, 6}.
    EXPECT_EQ(wilcoxon(std::vector<double>{.85 - .8, -(.75 - .7), .2}).statistic, 4.5);
}

TEST(Wilcoxon, agrees_with_enumerating_signs)
{
    for (std::uint64_t r = 0; r < 10; ++r) {
        base::Stream stream(3, "wilcoxon_test", r);
        std::vector<double> d;
        for (int i = 0; i < 9; ++i)
            d.push_back(static_cast<double>(stream.below(9)) - 3);
        std::vector<double> sizes, signs;
        for (double const v : d) {
            if (v != 0) sizes.push_back(std::abs(v)), signs.push_back(v > 0 ? 1 : 0);
        }
        std::vector<double> const ranks = mid_ranks(sizes);
        double observed = 0;
        for (std::size_t i = 0; i < ranks.size(); ++i)
            observed += signs[i] * ranks[i];
        int below = 0, above = 0;
        int const total = 1 << ranks.size();
        for (int code = 0; code < total; ++code) {
            double w = 0;
            for (std::size_t i = 0; i < ranks.size(); ++i)
                w += (code >> i & 1) * ranks[i];
            below += w <= observed ? 1 : 0;
            above += w >= observed ? 1 : 0;
        }
        EXPECT_NEAR(wilcoxon(d).p, std::min(1.0, 2.0 * std::min(below, above) / total), 1e-12);
    }
}

TEST(Wilcoxon, pratt_ranks_zeros_before_dropping_them)
{
    // |d| = 0 1 2: ranks 2 and 3 of the non-zeros stay, W+ = 3 of {0, 2, 3, 5}; dropped first, ranks are 1 and 2.
    std::vector<double> const d = {0, -1, 2};
    EXPECT_EQ(wilcoxon(d, Zeros::pratt).statistic, 3);
    EXPECT_EQ(wilcoxon(d, Zeros::drop).statistic, 2);
    EXPECT_NEAR(wilcoxon(d, Zeros::pratt).p, 1, tolerance);
}

TEST(SignFlip, many_seeds_are_sampled_near_the_normal_value)
{
    std::vector<double> d;
    for (int i = 0; i < 24; ++i)
        d.push_back(i % 3 == 0 ? -1 : 1);  // 16 of 24 positive
    // Binomial(24, 1/2): P(X <= 8 or X >= 16) = .1515863; 5 standard errors of 10000 resamples are .018.
    stats::Test const test = sign_flip(d, "frame", 1);
    EXPECT_EQ(test.method, "sign_flip.monte_carlo");
    EXPECT_NEAR(test.p, .1515863, .018);
    EXPECT_EQ(test.p, sign_flip(d, "frame", 1).p);
}

TEST(CorrectedResampledT, agrees_with_hand_calculation)  // S4
{
    std::vector<double> const d = {1.2, .4, 2, -.3, 1.5, .9, 1.1, .2, 1.8, .6};
    stats::Test const test = corrected_resampled_t(d, 900, 100);
    EXPECT_NEAR(test.statistic, 2.8119505959, tolerance);
    EXPECT_NEAR(test.p, .0203122439, tolerance);
    EXPECT_NEAR(paired_t(d).p, .0027347009, tolerance);
}

TEST(WelchT, agrees_with_hand_calculation)
{
    // Means 2 and 5, variances 1 and 16 / 3 of 3 and 4 values: se^2 = 1/3 + 4/3, df = (25/9) / (1/18 + 16/27).
    std::vector<double> const a = {1, 2, 3};
    std::vector<double> const b = {3, 3, 7, 7};
    stats::Test const test = welch_t(a, b);
    EXPECT_NEAR(test.statistic, -3 / std::sqrt(5.0 / 3), tolerance);
    EXPECT_NEAR(test.df, (25.0 / 9) / (1.0 / 18 + 16.0 / 27), tolerance);
    EXPECT_EQ(welch_t(a, std::vector<double>{1}).status, Status::undefined);
    EXPECT_EQ(welch_t(std::vector<double>{1, 1}, std::vector<double>{2, 2}).status, Status::degenerate);
    EXPECT_EQ(welch_t(std::vector<double>{1, 1}, std::vector<double>{1, 1}).p, 1);
}

TEST(LabelPermutation, smallest_p_is_that_of_the_number_of_splits)
{
    // statistics.md section 5: 2 / C(2S, S) = .333, .1, .0286, .0079 for S = 2 ... 5.
    std::vector<double> const a = {1, 2, 3, 4, 5};
    std::vector<double> const b = {11, 12, 13, 14, 15};
    double const smallest[] = {2. / 6, 2. / 20, 2. / 70, 2. / 252};
    for (std::size_t n = 2; n <= 5; ++n) {
        auto const test = label_permutation(std::span(a).first(n), std::span(b).first(n));
        EXPECT_NEAR(test.p_min, smallest[n - 2], 1e-15);
        EXPECT_NEAR(test.p, smallest[n - 2], 1e-15);
        EXPECT_NEAR(test.statistic, -10, 1e-12);
    }
    EXPECT_NEAR(label_permutation(std::span(a).first(1), std::span(b).first(3)).p_min, .25, 1e-15);
}

TEST(LabelPermutation, equal_values_are_no_difference)
{
    std::vector<double> const a(3, .5);
    EXPECT_EQ(label_permutation(a, a).p, 1);
    EXPECT_EQ(label_permutation(a, {}).status, Status::undefined);
}

TEST(LabelPermutation, random_splits_stand_in_for_many_and_depend_on_the_frame_only)
{
    std::vector<double> a, b;
    for (int i = 0; i < 12; ++i) {
        a.push_back(i);
        b.push_back(i + .5);
    }
    auto const test = label_permutation(a, b, "frame", 42, 2000);
    EXPECT_EQ(test.method, "label_permutation.monte_carlo");
    EXPECT_EQ(test.p, label_permutation(a, b, "frame", 42, 2000).p);
    // The t test of the same numbers: p = .74 (|t| = .34, df 22); a permutation p lies close to it.
    EXPECT_NEAR(test.p, .74, .05);
}

}  // namespace
}  // namespace ablatrix::stats
