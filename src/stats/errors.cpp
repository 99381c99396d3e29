#include <ablatrix/stats/errors.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/distributions.hpp"

namespace ablatrix::stats {

namespace {

template <typename T>
void check_seeds(std::span<std::span<T const> const> seeds)
{
    for (std::span<T const> const seed : seeds) {
        ABLATRIX_VALIDATE(seed.size() == seeds[0].size(), "seeds have " + std::to_string(seeds[0].size()) + " and " +
                                                              std::to_string(seed.size()) +
                                                              " items. Errors are compared on the same items");
    }
}

std::vector<std::int64_t> error_counts(std::span<std::span<std::uint8_t const> const> correct,
                                       std::vector<std::size_t> const& rows)
{
    std::vector<std::int64_t> errors;
    for (std::span<std::uint8_t const> const seed : correct) {
        errors.push_back(std::count_if(rows.begin(), rows.end(), [&](std::size_t i) { return seed[i] == 0; }));
    }
    return errors;
}

double expected_wrong(std::vector<std::int64_t> const& errors, std::size_t n)
{
    auto expected = static_cast<double>(n);
    for (std::int64_t const e : errors)
        expected *= static_cast<double>(e) / static_cast<double>(n);
    return expected;
}

/// Distribution of the number of items that every seed gets wrong: the items wrong so far meet the next seed's errors
/// in a hypergeometric number.
std::vector<double> always_wrong_distribution(std::span<std::int64_t const> errors, std::int64_t n)
{
    if (errors.empty()) return {1};
    std::vector<double> log_factorial(static_cast<std::size_t>(n) + 1);
    for (std::int64_t i = 0; i <= n; ++i)
        log_factorial[static_cast<std::size_t>(i)] = detail::log_factorial(i);
    auto const log_choose = [&](std::int64_t all, std::int64_t some) {
        return log_factorial[static_cast<std::size_t>(all)] - log_factorial[static_cast<std::size_t>(some)] -
               log_factorial[static_cast<std::size_t>(all - some)];
    };
    std::vector<double> now(static_cast<std::size_t>(errors[0]) + 1, 0.0);
    now.back() = 1;
    for (std::size_t s = 1; s < errors.size(); ++s) {
        std::int64_t const e = errors[s];
        auto const most = static_cast<std::int64_t>(now.size()) - 1;
        std::vector<double> next(static_cast<std::size_t>(std::min(most, e)) + 1, 0.0);
        for (std::int64_t x = 0; x <= most; ++x) {
            double const weight = now[static_cast<std::size_t>(x)];
            if (weight == 0) continue;
            for (std::int64_t y = std::max<std::int64_t>(0, x + e - n); y <= std::min(x, e); ++y) {
                next[static_cast<std::size_t>(y)] +=
                    weight * std::exp(log_choose(x, y) + log_choose(n - x, e - y) - log_choose(n, e));
            }
        }
        now = std::move(next);
    }
    return now;
}

double tail_from(std::vector<double> const& distribution, std::int64_t observed)
{
    double sum = 0;
    for (std::size_t x = distribution.size(); x-- > static_cast<std::size_t>(std::max<std::int64_t>(0, observed));)
        sum += distribution[x];
    return std::min(1.0, sum);
}

std::vector<double> convolve(std::vector<double> const& a, std::vector<double> const& b)
{
    std::vector<double> sum(a.size() + b.size() - 1, 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < b.size(); ++j)
            sum[i + j] += a[i] * b[j];
    }
    return sum;
}

std::map<std::int32_t, std::vector<std::size_t>> rows_by(std::span<std::int32_t const> code)
{
    std::map<std::int32_t, std::vector<std::size_t>> rows;
    for (std::size_t i = 0; i < code.size(); ++i)
        rows[code[i]].push_back(i);
    return rows;
}

void expect_within_classes(std::span<std::span<std::uint8_t const> const> correct, std::span<std::int32_t const> label,
                           ErrorSummary& summary)
{
    std::vector<double> distribution = {1};
    summary.expected_within_classes = 0;
    for (auto const& [code, rows] : rows_by(label)) {
        std::vector<std::int64_t> const errors = error_counts(correct, rows);
        summary.expected_within_classes += expected_wrong(errors, rows.size());
        distribution =
            convolve(distribution, always_wrong_distribution(errors, static_cast<std::int64_t>(rows.size())));
    }
    summary.p_within_classes = tail_from(distribution, summary.always_wrong);
}

void find_top_group(std::span<std::span<std::uint8_t const> const> correct, std::span<std::int32_t const> group,
                    ErrorSummary& summary)
{
    std::int64_t total = 0;
    std::int64_t most = 0;
    for (auto const& [code, rows] : rows_by(group)) {
        std::int64_t in_group = 0;
        for (std::int64_t const e : error_counts(correct, rows))
            in_group += e;
        total += in_group;
        if (in_group <= most) continue;
        most = in_group;
        summary.top_group = code;
    }
    if (total > 0) summary.top_group_share = static_cast<double>(most) / static_cast<double>(total);
}

ErrorPattern pattern_of(ErrorSummary const& summary, ErrorThresholds const& thresholds)
{
    if (summary.n_seeds < 2 || std::isnan(summary.ratio)) return ErrorPattern::undefined;
    if (summary.ratio <= thresholds.random_ratio) return ErrorPattern::random;
    bool const concentrated =
        std::isnan(summary.top_group_share) || summary.top_group_share >= thresholds.systematic_share;
    return summary.ratio >= thresholds.systematic_ratio && concentrated ? ErrorPattern::systematic
                                                                        : ErrorPattern::mixed;
}

Agreement agreement_of(double observed, double chance)
{
    Agreement agreement;
    agreement.observed = observed;
    // Chance agreement is a sum of squared shares: it is 1 only when all raters say one and the same thing.
    if (chance >= 1 - 1e-12) {
        agreement.note = "constant";
        return agreement;
    }
    agreement.kappa = (observed - chance) / (1 - chance);
    agreement.status = Status::ok;
    return agreement;
}

}  // namespace

std::string_view name_of(ErrorPattern pattern)
{
    switch (pattern) {
        case ErrorPattern::undefined:
            return "undefined";
        case ErrorPattern::random:
            return "random";
        case ErrorPattern::mixed:
            return "mixed";
        case ErrorPattern::systematic:
            return "systematic";
    }
    return "unknown";
}

std::vector<std::int64_t> right_counts(std::span<std::span<std::uint8_t const> const> correct)
{
    check_seeds(correct);
    std::vector<std::int64_t> counts(correct.empty() ? 0 : correct[0].size(), 0);
    for (std::span<std::uint8_t const> const seed : correct) {
        for (std::size_t i = 0; i < seed.size(); ++i)
            counts[i] += seed[i] != 0 ? 1 : 0;
    }
    return counts;
}

std::vector<WrongItem> wrong_items(std::span<std::span<std::uint8_t const> const> correct)
{
    std::vector<std::int64_t> const counts = right_counts(correct);
    std::vector<WrongItem> items;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (2 * counts[i] < static_cast<std::int64_t>(correct.size())) items.push_back({i, counts[i]});
    }
    std::stable_sort(items.begin(), items.end(),
                     [](WrongItem const& a, WrongItem const& b) { return a.right < b.right; });
    return items;
}

double correctness_entropy(std::int64_t right, std::int64_t n_seeds)
{
    ABLATRIX_EXPECT(n_seeds > 0 && right >= 0 && right <= n_seeds);
    if (right == 0 || right == n_seeds) return 0;
    double const p = static_cast<double>(right) / static_cast<double>(n_seeds);
    return -p * std::log2(p) - (1 - p) * std::log2(1 - p);
}

double always_wrong_p(std::span<std::int64_t const> errors, std::int64_t n, std::int64_t observed)
{
    for (std::int64_t const e : errors)
        ABLATRIX_EXPECT(e >= 0 && e <= n);
    return tail_from(always_wrong_distribution(errors, n), observed);
}

ErrorSummary summarize_errors(std::span<std::span<std::uint8_t const> const> correct,
                              std::span<std::int32_t const> label, std::span<std::int32_t const> group,
                              ErrorThresholds const& thresholds)
{
    std::vector<std::int64_t> const counts = right_counts(correct);
    ABLATRIX_VALIDATE(label.empty() || label.size() == counts.size(), "classes and items differ in number");
    ABLATRIX_VALIDATE(group.empty() || group.size() == counts.size(), "groups and items differ in number");
    ErrorSummary summary;
    summary.n_items = static_cast<std::int64_t>(counts.size());
    summary.n_seeds = static_cast<std::int64_t>(correct.size());
    summary.right_in.assign(correct.size() + 1, 0);
    if (counts.empty()) return summary;

    double entropy = 0;
    for (std::int64_t const r : counts) {
        ++summary.right_in[static_cast<std::size_t>(r)];
        entropy += correctness_entropy(r, summary.n_seeds);
        summary.mostly_wrong += 2 * r < summary.n_seeds ? 1 : 0;
    }
    summary.always_wrong = summary.right_in[0];
    std::vector<std::size_t> all(counts.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = i;
    summary.errors = error_counts(correct, all);
    if (!group.empty()) find_top_group(correct, group, summary);
    if (summary.n_seeds < 2) return summary;

    summary.mean_entropy = entropy / static_cast<double>(counts.size());
    summary.expected_always_wrong = expected_wrong(summary.errors, counts.size());
    summary.p_always_wrong = always_wrong_p(summary.errors, summary.n_items, summary.always_wrong);
    if (!label.empty()) expect_within_classes(correct, label, summary);
    double const expected = label.empty() ? summary.expected_always_wrong : summary.expected_within_classes;
    if (expected > 0) summary.ratio = static_cast<double>(summary.always_wrong) / expected;
    summary.pattern = pattern_of(summary, thresholds);
    return summary;
}

Agreement cohen_kappa(std::span<std::int32_t const> a, std::span<std::int32_t const> b)
{
    std::span<std::int32_t const> const both[] = {a, b};
    check_seeds<std::int32_t>(both);
    if (a.empty()) return {};
    std::map<std::int32_t, std::pair<double, double>> counts;
    double equal = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        counts[a[i]].first += 1;
        counts[b[i]].second += 1;
        equal += a[i] == b[i] ? 1 : 0;
    }
    auto const n = static_cast<double>(a.size());
    double chance = 0;
    for (auto const& [code, count] : counts)
        chance += count.first * count.second / (n * n);
    return agreement_of(equal / n, chance);
}

Agreement fleiss_kappa(std::span<std::span<std::int32_t const> const> raters)
{
    check_seeds(raters);
    if (raters.size() < 2 || raters[0].empty()) return {};
    auto const S = static_cast<double>(raters.size());
    auto const n = static_cast<double>(raters[0].size());
    std::map<std::int32_t, double> totals;
    double pairs = 0;
    for (std::size_t i = 0; i < raters[0].size(); ++i) {
        std::map<std::int32_t, double> counts;
        for (std::span<std::int32_t const> const rater : raters)
            counts[rater[i]] += 1;
        double squares = 0;
        for (auto const& [code, count] : counts) {
            squares += count * count;
            totals[code] += count;
        }
        pairs += (squares - S) / (S * (S - 1));
    }
    double chance = 0;
    for (auto const& [code, count] : totals)
        chance += (count / (n * S)) * (count / (n * S));
    return agreement_of(pairs / n, chance);
}

}  // namespace ablatrix::stats
