#include <ablatrix/stats/paired.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"
#include "detail/stream.hpp"

namespace ablatrix::stats {

namespace {

using detail::all_equal;
using detail::equality_tolerance;

constexpr std::size_t most_enumerated = 20;
constexpr std::size_t most_ranked = 500;

double mean_of(std::span<double const> values)
{
    double sum = 0;
    for (double const v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
}

/// Smallest two-sided p of a test that enumerates signs of \p n non-zero values.
double sign_p_min(std::size_t n)
{
    return std::min(1.0, std::ldexp(1.0, 1 - static_cast<int>(n)));
}

/// How many sign vectors of d[place..] make |sum| reach \p limit.
std::uint64_t count_reaching(std::span<double const> d, std::size_t place, double sum, double limit)
{
    if (place == d.size()) return std::abs(sum) >= limit ? 1 : 0;
    return count_reaching(d, place + 1, sum + d[place], limit) + count_reaching(d, place + 1, sum - d[place], limit);
}

struct Ranked
{
    std::vector<std::int64_t> doubled;  // twice the mid-rank of |d|: integers
    std::int64_t positive = 0;          // twice W+
};

Ranked signed_ranks(std::span<double const> d, Zeros zeros)
{
    std::vector<double> kept;
    for (double const v : d) {
        if (v != 0 || zeros == Zeros::pratt) kept.push_back(v);
    }
    std::vector<double> sizes(kept.size());
    std::transform(kept.begin(), kept.end(), sizes.begin(), [](double v) { return std::abs(v); });
    std::vector<double> const ranks = mid_ranks(detail::without_rounding(sizes));
    Ranked result;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] == 0) continue;
        auto const doubled = static_cast<std::int64_t>(std::lround(2 * ranks[i]));
        result.doubled.push_back(doubled);
        if (kept[i] > 0) result.positive += doubled;
    }
    return result;
}

/// Smaller tail of twice W+ under random signs.
double rank_tail(Ranked const& ranked)
{
    std::int64_t total = 0;
    for (std::int64_t const r : ranked.doubled)
        total += r;
    std::vector<double> probability(static_cast<std::size_t>(total) + 1, 0.0);
    probability[0] = 1;
    std::int64_t reach = 0;
    for (std::int64_t const r : ranked.doubled) {
        reach += r;
        for (std::int64_t x = reach; x >= 0; --x) {
            double const with = x >= r ? probability[static_cast<std::size_t>(x - r)] : 0;
            probability[static_cast<std::size_t>(x)] = 0.5 * (probability[static_cast<std::size_t>(x)] + with);
        }
    }
    double below = 0;
    double above = 0;
    for (std::int64_t x = 0; x <= total; ++x) {
        if (x <= ranked.positive) below += probability[static_cast<std::size_t>(x)];
        if (x >= ranked.positive) above += probability[static_cast<std::size_t>(x)];
    }
    return std::min(below, above);
}

void check_finite(std::span<double const> d)
{
    ABLATRIX_VALIDATE(detail::all_finite(d), "a value of a seed is NaN or infinite. Leave the seed out, in both arms");
}

}  // namespace

double sample_sd(std::span<double const> values)
{
    if (values.size() < 2) return undefined_value;
    if (all_equal(values)) return 0;
    double const mean = mean_of(values);
    double squares = 0;
    for (double const v : values)
        squares += (v - mean) * (v - mean);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Estimate seed_mean(std::span<double const> values, double level)
{
    check_finite(values);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "seed_t";
    if (values.empty()) return estimate;
    estimate.value = mean_of(values);
    if (values.size() < 2) {
        estimate.note = "one_seed";
        return estimate;
    }
    if (all_equal(values)) {
        estimate.value = values.front();
        estimate.status = Status::degenerate;
        estimate.note = "no_spread";
        return estimate;
    }
    auto const S = static_cast<double>(values.size());
    estimate.standard_error = sample_sd(values) / std::sqrt(S);
    double const half = detail::student_two_sided(level, S - 1) * estimate.standard_error;
    estimate.low = estimate.value - half;
    estimate.high = estimate.value + half;
    estimate.status = Status::ok;
    return estimate;
}

Test paired_t(std::span<double const> d)
{
    Estimate const mean = seed_mean(d);
    Test test;
    test.method = "paired_t";
    test.note = mean.note;
    if (d.size() < 2) return test;
    test.df = static_cast<double>(d.size() - 1);
    if (mean.status == Status::degenerate) {
        bool const same = std::abs(mean.value) <= equality_tolerance(0);
        test.status = same ? Status::ok : Status::degenerate;
        if (same) test.p = 1;
        return test;
    }
    test.statistic = mean.value / mean.standard_error;
    test.p = detail::student_p(test.statistic, test.df);
    test.status = Status::ok;
    return test;
}

Test sign_flip(std::span<double const> differences, std::string_view frame, std::uint64_t seed, std::size_t resamples)
{
    check_finite(differences);
    std::vector<double> const d = detail::without_rounding(differences);
    Test test;
    test.method = "sign_flip";
    if (d.empty()) return test;
    double size = 0;
    double sum = 0;
    std::size_t non_zero = 0;
    for (double const v : d) {
        size += std::abs(v);
        sum += v;
        non_zero += v != 0 ? 1 : 0;
    }
    double const limit = std::abs(sum) - 1e-12 * size;
    test.statistic = sum / static_cast<double>(d.size());
    test.p_min = sign_p_min(non_zero);
    test.status = Status::ok;
    if (d.size() <= most_enumerated) {
        // |sum| is the same for a sign vector and its opposite: the first sign stays.
        std::uint64_t const reaching = count_reaching(d, 1, d[0], limit);
        test.p = std::ldexp(static_cast<double>(reaching), 1 - static_cast<int>(d.size()));
        return test;
    }
    test.method = "sign_flip.monte_carlo";
    test.p_min = std::max(test.p_min, 1 / static_cast<double>(resamples + 1));
    std::uint64_t const key = detail::stream_key(seed, frame);
    std::size_t reaching = 0;
    for (std::size_t b = 0; b < resamples; ++b) {
        detail::Place const place{static_cast<std::uint32_t>(b), 0, detail::Purpose::sign_flip};
        double flipped = 0;
        for (std::size_t s = 0; s < d.size(); ++s) {
            bool const flip = detail::draw_below(key, place, static_cast<std::uint32_t>(s), 2) == 1;
            flipped += flip ? -d[s] : d[s];
        }
        reaching += std::abs(flipped) >= limit ? 1 : 0;
    }
    test.p = static_cast<double>(reaching + 1) / static_cast<double>(resamples + 1);
    return test;
}

Test wilcoxon(std::span<double const> d, Zeros zeros)
{
    check_finite(d);
    ABLATRIX_VALIDATE(d.size() <= most_ranked, std::to_string(d.size()) +
                                                   " differences for an exact signed-rank test. "
                                                   "Use paired_t or sign_flip above 500");
    Test test;
    test.method = "wilcoxon.exact";
    if (d.empty()) return test;
    Ranked const ranked = signed_ranks(detail::without_rounding(d), zeros);
    test.statistic = static_cast<double>(ranked.positive) / 2;
    test.p_min = sign_p_min(ranked.doubled.size());
    test.p = ranked.doubled.empty() ? 1 : std::min(1.0, 2 * rank_tail(ranked));
    test.status = Status::ok;
    return test;
}

Test welch_t(std::span<double const> a, std::span<double const> b)
{
    check_finite(a);
    check_finite(b);
    Test test;
    test.method = "welch_t";
    if (a.size() < 2 || b.size() < 2) {
        test.note = "one_seed";
        return test;
    }
    double const difference = mean_of(a) - mean_of(b);
    if (all_equal(a) && all_equal(b)) {
        bool const same = std::abs(difference) <= equality_tolerance(a.front());
        test.status = same ? Status::ok : Status::degenerate;
        test.note = "no_spread";
        if (same) test.p = 1;
        return test;
    }
    auto const n_a = static_cast<double>(a.size());
    auto const n_b = static_cast<double>(b.size());
    double const v_a = all_equal(a) ? 0 : std::pow(sample_sd(a), 2) / n_a;
    double const v_b = all_equal(b) ? 0 : std::pow(sample_sd(b), 2) / n_b;
    test.statistic = difference / std::sqrt(v_a + v_b);
    test.df = (v_a + v_b) * (v_a + v_b) / (v_a * v_a / (n_a - 1) + v_b * v_b / (n_b - 1));
    test.p = detail::student_p(test.statistic, test.df);
    test.status = Status::ok;
    return test;
}

namespace {

constexpr double most_splits = 200'000;

double splits_of(std::size_t n, std::size_t k)
{
    double count = 1;
    for (std::size_t i = 1; i <= k; ++i)
        count = std::round(count * static_cast<double>(n - k + i) / static_cast<double>(i));
    return count;
}

/// Pooled values and what a split must reach.
struct Pool
{
    std::vector<double> values;
    std::size_t n_a;
    double total = 0;
    double limit = 0;

    double difference(double sum_a) const
    {
        auto const a = static_cast<double>(n_a);
        auto const b = static_cast<double>(values.size() - n_a);
        return sum_a / a - (total - sum_a) / b;
    }
    bool reaches(double sum_a) const { return std::abs(difference(sum_a)) >= limit; }
};

/// Splits that reach the limit, of those that take \p missing more values from \p next on.
std::uint64_t count_splits(Pool const& pool, std::size_t next, std::size_t missing, double sum)
{
    if (missing == 0) return pool.reaches(sum) ? 1 : 0;
    std::uint64_t count = 0;
    for (std::size_t i = next; i + missing <= pool.values.size(); ++i)
        count += count_splits(pool, i + 1, missing - 1, sum + pool.values[i]);
    return count;
}

}  // namespace

Test label_permutation(std::span<double const> a, std::span<double const> b, std::string_view frame, std::uint64_t seed,
                       std::size_t resamples)
{
    check_finite(a);
    check_finite(b);
    Test test;
    test.method = "label_permutation";
    if (a.empty() || b.empty()) return test;
    Pool pool{{a.begin(), a.end()}, a.size()};
    pool.values.insert(pool.values.end(), b.begin(), b.end());
    double size = 0;
    for (double const v : pool.values) {
        pool.total += v;
        size = std::max(size, std::abs(v));
    }
    test.statistic = mean_of(a) - mean_of(b);
    pool.limit = std::abs(test.statistic) - 1e-12 * size;
    double const splits = splits_of(pool.values.size(), pool.n_a);
    // With equal sizes a split and its complement differ by as much.
    test.p_min = std::min(1.0, (a.size() == b.size() ? 2 : 1) / splits);
    test.status = Status::ok;
    if (splits <= most_splits) {
        test.p = static_cast<double>(count_splits(pool, 0, pool.n_a, 0)) / splits;
        return test;
    }
    test.method = "label_permutation.monte_carlo";
    test.p_min = std::max(test.p_min, 1 / static_cast<double>(resamples + 1));
    std::uint64_t const key = detail::stream_key(seed, frame);
    std::size_t reaching = 0;
    for (std::size_t r = 0; r < resamples; ++r) {
        detail::Place const place{static_cast<std::uint32_t>(r), 0, detail::Purpose::permutation};
        std::vector<double> values = pool.values;
        double sum = 0;
        for (std::size_t i = 0; i < pool.n_a; ++i) {
            auto const rest = static_cast<std::uint32_t>(values.size() - i);
            std::swap(values[i], values[i + detail::draw_below(key, place, static_cast<std::uint32_t>(i), rest)]);
            sum += values[i];
        }
        reaching += pool.reaches(sum) ? 1 : 0;
    }
    test.p = static_cast<double>(reaching + 1) / static_cast<double>(resamples + 1);
    return test;
}

Test corrected_resampled_t(std::span<double const> d, std::int64_t n_train, std::int64_t n_test)
{
    ABLATRIX_VALIDATE(n_train > 0 && n_test > 0, "a resplit has no training or no test items");
    Test test = paired_t(d);
    test.method = "corrected_resampled_t";
    if (test.status != Status::ok || std::isnan(test.statistic)) return test;
    // The usual variance factor 1/J grows by the share of items that two test sets' training sets have in common.
    double const plain = 1 / static_cast<double>(d.size());
    double const overlap = static_cast<double>(n_test) / static_cast<double>(n_train);
    test.statistic *= std::sqrt(plain / (plain + overlap));
    test.p = detail::student_p(test.statistic, test.df);
    return test;
}

}  // namespace ablatrix::stats
