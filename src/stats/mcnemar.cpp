#include <ablatrix/stats/mcnemar.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>

#include "detail/distributions.hpp"

namespace ablatrix::stats {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double most_sign_flip_steps = 5e8;

Test no_discordant(std::string method)
{
    Test test;
    test.method = std::move(method);
    test.p = 1;
    test.p_min = 1;
    test.status = Status::ok;
    test.note = "no_discordant";
    return test;
}

void check_table(PairedTable const& table)
{
    ABLATRIX_EXPECT(table.both_right >= 0 && table.only_a >= 0 && table.only_b >= 0 && table.both_wrong >= 0);
}

Test binomial_mcnemar(PairedTable const& table, bool mid_p)
{
    std::int64_t const m = table.discordant();
    std::int64_t const k = std::min(table.only_a, table.only_b);
    double const ties = mid_p ? detail::half_binomial_pmf(k, m) : 0;
    Test test;
    test.method = mid_p ? "mcnemar.mid_p" : "mcnemar.exact";
    test.p = std::min(1.0, 2 * detail::half_binomial_cdf(k, m) - ties);
    // At b = c both tails hold the centre, and a mid-p counts half of it: the total is 1 by symmetry.
    if (table.only_a == table.only_b) test.p = 1;
    test.p_min = std::ldexp(1.0, static_cast<int>(std::max<std::int64_t>(mid_p ? -m : 1 - m, -2000)));
    test.status = Status::ok;
    return test;
}

Test chi_square_mcnemar(PairedTable const& table, bool corrected)
{
    auto const m = static_cast<double>(table.discordant());
    double distance = std::abs(static_cast<double>(table.only_a - table.only_b));
    double most = m;
    if (corrected) {
        distance = std::max(0.0, distance - 1);
        most = m - 1;
    }
    Test test;
    test.method = corrected ? "mcnemar.corrected" : "mcnemar.asymptotic";
    test.statistic = distance * distance / m;
    test.df = 1;
    test.p = detail::chi_square_p(test.statistic, 1);
    test.p_min = detail::chi_square_p(most * most / m, 1);
    test.status = Status::ok;
    return test;
}

struct Difference
{
    double n, p_a, p_b, value;
};

Difference difference_of(PairedTable const& table)
{
    auto const n = static_cast<double>(table.n());
    return {n, static_cast<double>(table.both_right + table.only_a) / n,
            static_cast<double>(table.both_right + table.only_b) / n,
            static_cast<double>(table.only_a - table.only_b) / n};
}

/// Correlation of the two arms' correctness, with Newcombe's continuity correction of a positive one.
double newcombe_phi(PairedTable const& table)
{
    auto const a = static_cast<double>(table.both_right);
    auto const b = static_cast<double>(table.only_a);
    auto const c = static_cast<double>(table.only_b);
    auto const d = static_cast<double>(table.both_wrong);
    double const margins = (a + b) * (c + d) * (a + c) * (b + d);
    if (margins == 0) return 0;
    double x = a * d - b * c;
    if (x > 0) x = std::max(x - (a + b + c + d) / 2, 0.0);
    return x / std::sqrt(margins);
}

/// Score statistic of "the difference is delta"; falls from +inf to -inf over (-1, 1).
double tango_score(PairedTable const& table, double delta)
{
    auto const n = static_cast<double>(table.n());
    auto const b = static_cast<double>(table.only_a);
    auto const c = static_cast<double>(table.only_b);
    double const linear = -b - c + (2 * n - b + c) * delta;
    double const constant = -c * delta * (1 - delta);
    double const root = std::sqrt(std::max(0.0, linear * linear - 8 * n * constant));
    double const q = (root - linear) / (4 * n);
    double const variance = n * (2 * q + delta * (1 - delta));
    double const distance = b - c - n * delta;
    if (distance == 0) return 0;
    if (variance <= 0) return std::copysign(infinity, distance);
    return distance / std::sqrt(variance);
}

/// Where the falling score crosses \p target inside (low, high); the outer end when it does not.
double tango_bound(PairedTable const& table, double target, double low, double high)
{
    for (int step = 0; step < 200; ++step) {
        double const middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        (tango_score(table, middle) > target ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

struct Flips
{
    double p, mid_p;
};

/// Distribution of the sum of independently signed integers, by adding one at a time.
Flips sign_flips(std::vector<std::int64_t> const& sizes, std::int64_t observed)
{
    std::int64_t total = 0;
    for (std::int64_t const d : sizes)
        total += d;
    auto const width = static_cast<std::size_t>(2 * total + 1);
    std::vector<double> old(width, 0.0);
    std::vector<double> now(width, 0.0);
    old[static_cast<std::size_t>(total)] = 1;
    std::int64_t reach = 0;
    for (std::int64_t const d : sizes) {
        std::int64_t const before = reach;
        reach += d;
        auto const at = [&](std::int64_t x) {
            return x < -before || x > before ? 0.0 : old[static_cast<std::size_t>(total + x)];
        };
        for (std::int64_t x = -reach; x <= reach; ++x) {
            now[static_cast<std::size_t>(total + x)] = 0.5 * (at(x - d) + at(x + d));
        }
        std::swap(old, now);
    }
    double outside = 0;
    for (std::int64_t x = observed + 1; x <= total; ++x)
        outside += 2 * old[static_cast<std::size_t>(total + x)];
    double const ties = (observed == 0 ? 1 : 2) * old[static_cast<std::size_t>(total + observed)];
    return {std::min(1.0, outside + ties), std::min(1.0, outside + ties / 2)};
}

Test clustered(std::span<std::int64_t const> d, std::span<std::int64_t const> size, bool mid_p)
{
    ABLATRIX_EXPECT(size.empty() || size.size() == d.size());
    std::string const method = mid_p ? "sign_flip.clustered.mid_p" : "sign_flip.clustered";
    std::vector<std::int64_t> sizes;
    std::int64_t sum = 0;
    double total = 0;
    for (std::int64_t const value : d) {
        if (value == 0) continue;
        sizes.push_back(std::abs(value));
        sum += value;
        total += static_cast<double>(std::abs(value));
    }
    if (sizes.empty()) return no_discordant(method);
    if (static_cast<double>(sizes.size()) * (2 * total + 1) > most_sign_flip_steps) {
        std::vector<std::int64_t> const equal(size.empty() ? d.size() : 0, 1);
        Test test = durkalski(d, size.empty() ? std::span<std::int64_t const>(equal) : size);
        add_note(test.note, "durkalski");
        return test;
    }
    Flips const flips = sign_flips(sizes, std::abs(sum));
    Test test;
    test.method = method;
    test.statistic = static_cast<double>(sum);
    test.p = mid_p ? flips.mid_p : flips.p;
    int const clusters = static_cast<int>(std::min<std::size_t>(sizes.size(), 2000));
    test.p_min = std::ldexp(1.0, mid_p ? -clusters : 1 - clusters);
    test.status = Status::ok;
    return test;
}

}  // namespace

PairedTable paired_table(std::span<std::uint8_t const> correct_a, std::span<std::uint8_t const> correct_b)
{
    ABLATRIX_VALIDATE(correct_a.size() == correct_b.size(), "arms have " + std::to_string(correct_a.size()) + " and " +
                                                                std::to_string(correct_b.size()) +
                                                                " items. A paired test needs the same items in both");
    PairedTable table;
    for (std::size_t i = 0; i < correct_a.size(); ++i) {
        bool const a = correct_a[i] != 0;
        bool const b = correct_b[i] != 0;
        table.both_right += a && b ? 1 : 0;
        table.only_a += a && !b ? 1 : 0;
        table.only_b += !a && b ? 1 : 0;
        table.both_wrong += !a && !b ? 1 : 0;
    }
    return table;
}

Test mcnemar(PairedTable const& table, McNemarRule rule)
{
    check_table(table);
    bool const binomial = rule == McNemarRule::exact || rule == McNemarRule::mid_p;
    Test test = binomial ? binomial_mcnemar(table, rule == McNemarRule::mid_p)
                         : chi_square_mcnemar(table, rule == McNemarRule::corrected);
    return table.discordant() == 0 ? no_discordant(test.method) : test;
}

Estimate odds_ratio(PairedTable const& table, double level)
{
    check_table(table);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "odds_ratio.clopper_pearson";
    if (table.discordant() == 0) {
        estimate.note = "no_discordant";
        return estimate;
    }
    Estimate const share = clopper_pearson(table.only_a, table.discordant(), level);
    auto const odds = [](double p) { return p == 1 ? infinity : p / (1 - p); };
    estimate.value = odds(share.value);
    estimate.low = odds(share.low);
    estimate.high = odds(share.high);
    estimate.status = Status::ok;
    if (table.only_b == 0) estimate.note = "unbounded_high";
    return estimate;
}

Estimate newcombe_difference(PairedTable const& table, double level)
{
    check_table(table);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "newcombe";
    if (table.n() == 0) return estimate;
    Difference const d = difference_of(table);
    Estimate const a = wilson(table.both_right + table.only_a, table.n(), level);
    Estimate const b = wilson(table.both_right + table.only_b, table.n(), level);
    double const phi = newcombe_phi(table);
    auto const reach = [phi](double x, double y) { return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y)); };
    estimate.value = d.value;
    estimate.low = d.value - reach(d.p_a - a.low, b.high - d.p_b);
    estimate.high = d.value + reach(a.high - d.p_a, d.p_b - b.low);
    estimate.status = Status::ok;
    return estimate;
}

Estimate tango_difference(PairedTable const& table, double level)
{
    check_table(table);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "tango";
    if (table.n() == 0) return estimate;
    double const z = detail::normal_two_sided(level);
    estimate.value = difference_of(table).value;
    estimate.low = tango_bound(table, z, -1, estimate.value);
    estimate.high = tango_bound(table, -z, estimate.value, 1);
    estimate.status = Status::ok;
    return estimate;
}

double cohens_g(PairedTable const& table)
{
    if (table.discordant() == 0) return undefined_value;
    return static_cast<double>(std::max(table.only_a, table.only_b)) / static_cast<double>(table.discordant()) - 0.5;
}

double signed_g(PairedTable const& table)
{
    if (table.discordant() == 0) return undefined_value;
    return static_cast<double>(table.only_a - table.only_b) / static_cast<double>(table.discordant());
}

Test clustered_sign_flip(std::span<std::int64_t const> d, std::span<std::int64_t const> size)
{
    return clustered(d, size, false);
}

Test clustered_sign_flip_mid_p(std::span<std::int64_t const> d, std::span<std::int64_t const> size)
{
    return clustered(d, size, true);
}

Test durkalski(std::span<std::int64_t const> d, std::span<std::int64_t const> size)
{
    ABLATRIX_EXPECT(d.size() == size.size());
    double sum = 0;
    double squares = 0;
    for (std::size_t k = 0; k < d.size(); ++k) {
        ABLATRIX_EXPECT(size[k] > 0);
        double const mean = static_cast<double>(d[k]) / static_cast<double>(size[k]);
        sum += mean;
        squares += mean * mean;
    }
    if (squares == 0) return no_discordant("durkalski");
    Test test;
    test.method = "durkalski";
    test.statistic = sum * sum / squares;
    test.df = 1;
    test.p = detail::chi_square_p(test.statistic, 1);
    test.status = Status::ok;
    return test;
}

Estimate clustered_difference(std::span<std::int64_t const> d, std::span<std::int64_t const> size, double level)
{
    ABLATRIX_EXPECT(d.size() == size.size());
    Estimate estimate;
    estimate.level = level;
    estimate.method = "clustered_t";
    std::int64_t sum = 0;
    std::int64_t rows = 0;
    for (std::size_t k = 0; k < d.size(); ++k) {
        sum += d[k];
        rows += size[k];
    }
    if (rows == 0) return estimate;
    auto const clusters = static_cast<double>(d.size());
    estimate.value = static_cast<double>(sum) / static_cast<double>(rows);
    double squares = 0;
    for (std::size_t k = 0; k < d.size(); ++k) {
        double const residual = static_cast<double>(d[k]) - static_cast<double>(size[k]) * estimate.value;
        squares += residual * residual;
    }
    estimate.status = Status::degenerate;
    if (d.size() < 2 || squares == 0) return estimate;
    auto const n = static_cast<double>(rows);
    estimate.standard_error = std::sqrt(clusters / (clusters - 1) * squares) / n;
    double const half = detail::student_two_sided(level, clusters - 1) * estimate.standard_error;
    estimate.low = estimate.value - half;
    estimate.high = estimate.value + half;
    estimate.status = d.size() < 5 ? Status::not_reliable : Status::ok;
    if (d.size() < 10) add_note(estimate.note, "few_groups");
    return estimate;
}

Test cauchy_combination(std::span<PairedTable const> seeds)
{
    Test test;
    test.method = "cauchy";
    if (seeds.empty()) return test;
    double sum = 0;
    for (PairedTable const& table : seeds) {
        check_table(table);
        std::int64_t const m = table.discordant();
        // u = P(X > b) + P(X = b) / 2; no discordant pair is neutral.
        double u = 0.5;
        if (m > 0) u = detail::half_binomial_cdf(table.only_b - 1, m) + detail::half_binomial_pmf(table.only_b, m) / 2;
        sum += std::tan((0.5 - u) * std::numbers::pi);
    }
    test.statistic = sum / static_cast<double>(seeds.size());
    double const tail = 0.5 - std::atan(test.statistic) / std::numbers::pi;
    test.p = 2 * std::min(tail, 1 - tail);
    test.status = Status::ok;
    return test;
}

Test harmonic_combination(std::span<double const> p)
{
    Test test;
    test.method = "harmonic_mean";
    if (p.empty()) return test;
    double inverse = 0;
    for (double const value : p) {
        ABLATRIX_EXPECT(value > 0 && value <= 1);
        inverse += 1 / value;
    }
    auto const S = static_cast<double>(p.size());
    test.statistic = S / inverse;
    double const factor = p.size() > 2 ? std::numbers::e * std::log(S) : S;
    test.p = std::min(1.0, factor * test.statistic);
    test.status = Status::ok;
    return test;
}

}  // namespace ablatrix::stats
