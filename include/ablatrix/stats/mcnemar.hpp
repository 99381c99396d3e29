#pragma once

#include <cstdint>
#include <span>

#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::stats {

/// Items by who was right about them.
struct PairedTable
{
    std::int64_t both_right = 0;
    std::int64_t only_a = 0;  ///< b: A right, B wrong
    std::int64_t only_b = 0;  ///< c: A wrong, B right
    std::int64_t both_wrong = 0;

    std::int64_t n() const { return both_right + only_a + only_b + both_wrong; }
    std::int64_t discordant() const { return only_a + only_b; }
};

/// From 0/1 correctness of two arms on the same items.
PairedTable paired_table(std::span<std::uint8_t const> correct_a, std::span<std::uint8_t const> correct_b);

enum class McNemarRule : std::uint8_t
{
    exact,       ///< conditional binomial; for claims and gates
    mid_p,       ///< Fagerland et al. 2013; only if declared before results exist
    asymptotic,  ///< chi-square, for display
    corrected,   ///< Edwards 1948, for display
};

/// One seed. No discordant pairs: p = 1, note "no_discordant".
Test mcnemar(PairedTable const& table, McNemarRule rule = McNemarRule::exact);

/// b / c with the interval from Clopper-Pearson on b / (b + c); infinite when c = 0, undefined without discordants.
Estimate odds_ratio(PairedTable const& table, double level = 0.95);
/// Difference of the two accuracies, Newcombe 1998 method 10.
Estimate newcombe_difference(PairedTable const& table, double level = 0.95);
/// Difference of the two accuracies, score interval of Tango 1998.
Estimate tango_difference(PairedTable const& table, double level = 0.95);
/// max(b, c) / m - 1/2 (Cohen 1988); NaN without discordants.
double cohens_g(PairedTable const& table);
/// (b - c) / m; NaN without discordants.
double signed_g(PairedTable const& table);

// ---- several seeds on the same items: a cluster is an item (or its group) with all its rows and seeds -------------

/// \p d: per cluster, A right minus B right summed over its rows and seeds. Exact sign flip; reduces to the exact
/// McNemar test for one seed without groups. Above 5e8 steps it gives Durkalski's test, with note "durkalski", which
/// needs \p size when clusters differ in size.
Test clustered_sign_flip(std::span<std::int64_t const> d, std::span<std::int64_t const> size = {});
/// Its mid-p.
Test clustered_sign_flip_mid_p(std::span<std::int64_t const> d, std::span<std::int64_t const> size = {});
/// Chi-square test (Durkalski et al. 2003); \p size: rows times seeds of each cluster.
Test durkalski(std::span<std::int64_t const> d, std::span<std::int64_t const> size);
/// Mean difference with the cluster-robust t interval.
Estimate clustered_difference(std::span<std::int64_t const> d, std::span<std::int64_t const> size, double level = 0.95);
/// One table per seed: Cauchy combination (Liu and Xie 2020) of one-sided mid-p values, two-sided result.
Test cauchy_combination(std::span<PairedTable const> seeds);
/// Harmonic mean of exact p-values (Wilson 2019) in `statistic`; p is that times e log S for S > 2, 2 for two seeds
/// (Vovk and Wang 2020): valid under any dependence, about Bonferroni for few seeds.
Test harmonic_combination(std::span<double const> p);

}  // namespace ablatrix::stats
