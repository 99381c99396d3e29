#include <ablatrix/stats/mcnemar.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

double p_of(std::int64_t b, std::int64_t c, McNemarRule rule)
{
    return mcnemar({10, b, c, 10}, rule).p;
}

TEST(McNemar, exact_agrees_with_statsmodels)  // C1
{
    EXPECT_EQ(p_of(0, 0, McNemarRule::exact), 1);
    EXPECT_EQ(p_of(1, 1, McNemarRule::exact), 1);
    EXPECT_NEAR(p_of(0, 5, McNemarRule::exact), .0625, tolerance);
    EXPECT_NEAR(p_of(0, 6, McNemarRule::exact), .03125, tolerance);
    EXPECT_NEAR(p_of(1, 7, McNemarRule::exact), .0703125, tolerance);
    EXPECT_NEAR(p_of(9, 3, McNemarRule::exact), .1459960938, tolerance);
    EXPECT_NEAR(p_of(10, 25, McNemarRule::exact), .0166738478, tolerance);
}

TEST(McNemar, mid_p_agrees_with_hand_calculation)  // C1
{
    EXPECT_NEAR(p_of(0, 5, McNemarRule::mid_p), .03125, tolerance);
    EXPECT_NEAR(p_of(0, 6, McNemarRule::mid_p), .015625, tolerance);
    EXPECT_NEAR(p_of(1, 7, McNemarRule::mid_p), .0390625, tolerance);
    EXPECT_NEAR(p_of(9, 3, McNemarRule::mid_p), .0922851562, tolerance);
    EXPECT_NEAR(p_of(10, 25, McNemarRule::mid_p), .0113310, 5e-8);
    EXPECT_EQ(p_of(12, 12, McNemarRule::mid_p), 1);
}

TEST(McNemar, asymptotic_variants_agree_with_worked_values)  // section 4.2
{
    EXPECT_NEAR(p_of(1, 7, McNemarRule::asymptotic), .0338949, 5e-8);
    EXPECT_NEAR(p_of(0, 5, McNemarRule::asymptotic), .0253473, 5e-8);
    EXPECT_NEAR(p_of(10, 25, McNemarRule::asymptotic), .0112299, 5e-8);
    EXPECT_NEAR(p_of(1, 7, McNemarRule::corrected), .0770999, 5e-8);
    EXPECT_NEAR(p_of(0, 5, McNemarRule::corrected), .0736383, 5e-8);
    EXPECT_NEAR(p_of(10, 25, McNemarRule::corrected), .0179605, 5e-8);
    EXPECT_EQ(p_of(12, 12, McNemarRule::corrected), 1);
}

TEST(McNemar, says_when_it_cannot_reach_significance)
{
    // Exact needs 6 discordant pairs at .05, mid-p 5; in a family of 6 exact needs 8.
    EXPECT_TRUE(mcnemar({9, 0, 5, 9}).cannot_reach(.05));
    EXPECT_FALSE(mcnemar({9, 0, 6, 9}).cannot_reach(.05));
    EXPECT_FALSE(mcnemar({9, 0, 5, 9}, McNemarRule::mid_p).cannot_reach(.05));
    EXPECT_TRUE(mcnemar({9, 0, 7, 9}).cannot_reach(.05, 6));
    EXPECT_FALSE(mcnemar({9, 0, 8, 9}).cannot_reach(.05, 6));
    EXPECT_EQ(mcnemar({9, 0, 0, 9}).note, "no_discordant");
}

TEST(McNemar, large_tables_are_exact_too)
{
    // scipy.stats.binomtest(499000, 1000000).pvalue = .04559072
    EXPECT_NEAR(p_of(499000, 501000, McNemarRule::exact), .0456, 5e-5);
}

TEST(McNemar, swapping_the_arms_swaps_the_table)
{
    std::vector<std::uint8_t> const a = {1, 1, 0, 1, 0};
    std::vector<std::uint8_t> const b = {1, 0, 0, 0, 1};
    PairedTable const table = paired_table(a, b);
    EXPECT_EQ(table.both_right, 1);
    EXPECT_EQ(table.only_a, 2);
    EXPECT_EQ(table.only_b, 1);
    EXPECT_EQ(table.both_wrong, 1);
    PairedTable const swapped = paired_table(b, a);
    EXPECT_EQ(swapped.only_a, table.only_b);
    EXPECT_EQ(mcnemar(swapped).p, mcnemar(table).p);
    EXPECT_NEAR(newcombe_difference(swapped).low, -newcombe_difference(table).high, 1e-15);
    EXPECT_THROW(paired_table(a, std::vector<std::uint8_t>{1}), Error);
}

TEST(OddsRatio, agrees_with_beta_quantiles)  // C2
{
    Estimate const three = odds_ratio({0, 9, 3, 0});
    EXPECT_NEAR(three.value, 3, tolerance);
    EXPECT_NEAR(three.low, .748684, 5e-7);
    EXPECT_NEAR(three.high, 17.228, 5e-4);
    Estimate const seventh = odds_ratio({0, 1, 7, 0});
    EXPECT_NEAR(seventh.value, 1.0 / 7, tolerance);
    EXPECT_NEAR(seventh.low, .00316974, 5e-9);
    EXPECT_NEAR(seventh.high, 1.11198, 5e-6);
    EXPECT_NEAR(odds_ratio({0, 10, 25, 0}).low, .171447, 5e-7);
    EXPECT_NEAR(odds_ratio({0, 10, 25, 0}).high, .862352, 5e-7);
    EXPECT_EQ(odds_ratio({0, 0, 6, 0}).low, 0);
    EXPECT_NEAR(odds_ratio({0, 0, 6, 0}).high, .849311, 5e-7);
    EXPECT_TRUE(std::isinf(odds_ratio({0, 6, 0, 0}).high));
    EXPECT_EQ(odds_ratio({5, 0, 0, 5}).status, Status::undefined);
}

TEST(Difference, newcombe_and_tango_agree_with_published_cases)  // C3
{
    Estimate const newcombe = newcombe_difference({60, 9, 3, 28});
    EXPECT_NEAR(newcombe.low, -.009674, 5e-7);
    EXPECT_NEAR(newcombe.high, .129130, 5e-7);
    Estimate const tango = tango_difference({60, 9, 3, 28});
    EXPECT_NEAR(tango.low, -.009116, 5e-7);
    EXPECT_NEAR(tango.high, .137693, 5e-7);
    EXPECT_NEAR(newcombe_difference({106, 40, 39, 15}).low, -.081913, 5e-7);
    EXPECT_NEAR(newcombe_difference({106, 40, 39, 15}).high, .091814, 5e-7);
    EXPECT_NEAR(tango_difference({106, 40, 39, 15}).low, -.082537, 5e-7);
    EXPECT_NEAR(tango_difference({106, 40, 39, 15}).high, .092486, 5e-7);
    EXPECT_NEAR(newcombe_difference({1, 1, 7, 12}).low, -.506920, 5e-7);
    EXPECT_NEAR(newcombe_difference({1, 1, 7, 12}).high, -.025559, 5e-7);
    EXPECT_NEAR(tango_difference({1, 1, 7, 12}).low, -.517232, 5e-7);
    EXPECT_NEAR(tango_difference({1, 1, 7, 12}).high, -.026003, 5e-7);
    EXPECT_NEAR(newcombe_difference({19, 0, 1, 4}).low, -.182165, 5e-7);
    EXPECT_NEAR(newcombe_difference({19, 0, 1, 4}).high, .090982, 5e-7);
    EXPECT_NEAR(tango_difference({19, 0, 1, 4}).low, -.202418, 5e-7);
    EXPECT_NEAR(tango_difference({19, 0, 1, 4}).high, .102059, 5e-7);
}

TEST(Difference, tango_without_discordants_is_the_closed_form)  // C3: z^2 / (n + z^2)
{
    Estimate const e = tango_difference({20, 0, 0, 4});
    EXPECT_NEAR(e.low, -.1379762, 5e-8);
    EXPECT_NEAR(e.high, .1379762, 5e-8);
}

TEST(Difference, tango_inverts_the_uncorrected_test)
{
    // With level 1 - p of the asymptotic test, one end of the interval is 0, since T(0)^2 is its chi-square.
    PairedTable const table{30, 12, 5, 20};
    Estimate const e = tango_difference(table, 1 - mcnemar(table, McNemarRule::asymptotic).p);
    EXPECT_NEAR(e.low, 0, 1e-9);
}

TEST(EffectSize, is_the_excess_of_the_larger_side)
{
    EXPECT_NEAR(cohens_g({0, 1, 7, 0}), .375, 1e-15);
    EXPECT_NEAR(signed_g({0, 1, 7, 0}), -.75, 1e-15);
    EXPECT_TRUE(std::isnan(cohens_g({3, 0, 0, 3})));
}

TEST(SeveralSeeds, m24_agrees_with_enumeration)  // C4
{
    testing::Arms const m = testing::m24();
    std::vector<std::int64_t> const d = m.item_sums();
    std::vector<std::int64_t> const size(24, 3);
    EXPECT_NEAR(durkalski(d, size).statistic, 3.3137254902, tolerance);
    EXPECT_NEAR(durkalski(d, size).p, .0687035743, tolerance);
    EXPECT_NEAR(clustered_sign_flip(d).p, .0927734375, tolerance);
    EXPECT_NEAR(clustered_sign_flip_mid_p(d).p, .0695800781, tolerance);
    EXPECT_DOUBLE_EQ(clustered_sign_flip(d).p_min, std::ldexp(1, -12));  // 13 clusters differ from 0
    Estimate const difference = clustered_difference(d, size);
    EXPECT_NEAR(difference.value, .1805555556, tolerance);
    EXPECT_NEAR(difference.low, -.0140335092, tolerance);
    EXPECT_NEAR(difference.high, .3751446203, tolerance);

    std::vector<PairedTable> tables;
    PairedTable pooled;
    for (std::size_t s = 0; s < 3; ++s) {
        tables.push_back(paired_table(m.a[s], m.b[s]));
        pooled.only_a += tables.back().only_a;
        pooled.only_b += tables.back().only_b;
    }
    EXPECT_NEAR(mcnemar(tables[0]).p, .109375, tolerance);
    EXPECT_NEAR(mcnemar(tables[1]).p, .21875, tolerance);
    EXPECT_NEAR(mcnemar(tables[2]).p, .453125, tolerance);
    EXPECT_NEAR(cauchy_combination(tables).statistic, 5.5905908407, tolerance);  // scipy.stats.binom, by hand
    EXPECT_NEAR(cauchy_combination(tables).p, .1126817604, tolerance);
    EXPECT_NEAR(mcnemar(pooled).p, .0106220245, tolerance);  // what stacking would wrongly claim
}

TEST(SeveralSeeds, one_seed_reduces_to_exact_mcnemar)
{
    for (std::uint64_t r = 0; r < 10; ++r) {
        base::Stream stream(11, "one_seed", r);
        std::vector<std::uint8_t> a, b;
        std::vector<std::int64_t> d;
        for (int i = 0; i < 40; ++i) {
            a.push_back(static_cast<std::uint8_t>(stream.below(2)));
            b.push_back(static_cast<std::uint8_t>(stream.below(4) != 0));
            d.push_back(a.back() - b.back());
        }
        PairedTable const table = paired_table(a, b);
        EXPECT_NEAR(clustered_sign_flip(d).p, mcnemar(table).p, 1e-12);
        EXPECT_NEAR(clustered_sign_flip_mid_p(d).p, mcnemar(table, McNemarRule::mid_p).p, 1e-12);
    }
}

TEST(SeveralSeeds, no_difference_gives_p_one)
{
    std::vector<std::int64_t> const none(5, 0);
    EXPECT_EQ(clustered_sign_flip(none).p, 1);
    EXPECT_EQ(clustered_sign_flip(none).note, "no_discordant");
    EXPECT_EQ(clustered_difference(none, std::vector<std::int64_t>(5, 2)).status, Status::degenerate);
}

TEST(SeveralSeeds, huge_tables_fall_back_to_durkalski)
{
    std::vector<std::int64_t> d(20000, 2);
    for (std::size_t i = 0; i < d.size(); i += 2)
        d[i] = -2;
    d[0] = 2;
    std::vector<std::int64_t> const size(d.size(), 3);
    EXPECT_EQ(clustered_sign_flip(d, size).note, "durkalski");
    EXPECT_EQ(clustered_sign_flip(d, size).p, durkalski(d, size).p);
}

TEST(HarmonicCombination, pays_for_any_dependence)  // section 4.4, M24
{
    std::vector<double> const p = {.109375, .21875, .453125};
    EXPECT_NEAR(harmonic_combination(p).statistic, .1884282178, 1e-10);
    EXPECT_NEAR(harmonic_combination(p).p, .5627103134, 1e-10);
    EXPECT_NEAR(harmonic_combination(std::vector<double>{.02, .02}).p, .04, 1e-12);
    EXPECT_NEAR(harmonic_combination(std::vector<double>{.02}).p, .02, 1e-12);
    EXPECT_EQ(harmonic_combination({}).status, Status::undefined);
}

}  // namespace
}  // namespace ablatrix::stats
