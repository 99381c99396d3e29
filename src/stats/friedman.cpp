#include <ablatrix/stats/friedman.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

constexpr std::size_t fewest_datasets = 5;

struct Ranks
{
    std::vector<double> sums;  // [method]
    double ties = 0;           // sum of t^3 - t
};

void add_ranks(std::vector<double> const& column, Ranks& ranks)
{
    std::vector<double> negated(column.size());
    std::transform(column.begin(), column.end(), negated.begin(), [](double v) { return -v; });
    negated = detail::without_rounding(negated);  // means over seeds of the same values in another order tie
    std::vector<double> const of_column = mid_ranks(negated);
    for (std::size_t j = 0; j < column.size(); ++j)
        ranks.sums[j] += of_column[j];
    std::sort(negated.begin(), negated.end());
    for (std::size_t i = 0; i < negated.size();) {
        std::size_t end = i;
        while (end < negated.size() && negated[end] == negated[i])
            ++end;
        auto const t = static_cast<double>(end - i);
        ranks.ties += t * t * t - t;
        i = end;
    }
}

std::vector<std::vector<std::size_t>> cliques_of(std::vector<double> const& mean_rank, double critical_difference)
{
    std::vector<std::size_t> order(mean_rank.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return mean_rank[a] < mean_rank[b]; });
    std::vector<std::vector<std::size_t>> cliques;
    std::size_t covered = 0;  // end of the last clique: a run that does not reach beyond it lies inside it
    for (std::size_t first = 0; first < order.size(); ++first) {
        std::size_t end = first + 1;
        while (end < order.size() && mean_rank[order[end]] - mean_rank[order[first]] < critical_difference)
            ++end;
        if (end - first < 2 || end <= covered) continue;
        covered = end;
        cliques.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(first),
                             order.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return cliques;
}

/// Both tests from rank sums of N data sets and k methods.
void test_ranks(Ranks const& ranks, double N, Friedman& result)
{
    auto const k = static_cast<double>(ranks.sums.size());
    double squares = 0;
    for (double const R : ranks.sums)
        squares += R * R;
    double const correction = 1 - ranks.ties / (N * k * (k * k - 1));
    result.chi_square.df = k - 1;
    result.f.df = k - 1;
    if (correction <= 0) {
        for (Test* test : {&result.chi_square, &result.f}) {
            test->p = 1;
            add_note(test->note, "all_tied");
        }
        return;
    }
    double const chi = std::max(0.0, (12 * squares / (N * k * (k + 1)) - 3 * N * (k + 1)) / correction);
    result.chi_square.statistic = chi;
    result.chi_square.p = detail::chi_square_p(chi, k - 1);
    double const rest = N * (k - 1) - chi;
    if (rest <= 1e-12 * N * k) {
        // Every data set ranks alike: only one in (k!)^(N-1) outcomes is as extreme.
        result.f.p = std::exp((1 - N) * detail::log_factorial(static_cast<std::int64_t>(k)));
        add_note(result.f.note, "all_agree");
        return;
    }
    result.f.statistic = (N - 1) * chi / rest;
    result.f.p = N > 1 ? detail::fisher_f_p(result.f.statistic, k - 1, (k - 1) * (N - 1)) : undefined_value;
}

}  // namespace

double nemenyi_quantile(std::size_t methods, double alpha)
{
    ABLATRIX_EXPECT(methods >= 2 && alpha > 0 && alpha < 1);
    return detail::normal_range_quantile(alpha, static_cast<int>(methods)) / std::numbers::sqrt2;
}

Friedman friedman(std::span<double const> values, std::size_t methods, double alpha)
{
    ABLATRIX_VALIDATE(methods > 0 && values.size() % methods == 0,
                      std::to_string(values.size()) + " values for " + std::to_string(methods) +
                          " methods. Give one value per method and data set, NaN for missing ones");
    std::size_t const all = values.size() / methods;
    Friedman result;
    result.chi_square.method = "friedman";
    result.f.method = "iman_davenport";
    Ranks ranks;
    ranks.sums.assign(methods, 0.0);
    for (std::size_t n = 0; n < all; ++n) {
        std::vector<double> column(methods);
        for (std::size_t j = 0; j < methods; ++j)
            column[j] = values[j * all + n];
        if (std::any_of(column.begin(), column.end(), [](double v) { return std::isnan(v); })) {
            result.dropped.push_back(n);
            continue;
        }
        ++result.datasets;
        add_ranks(column, ranks);
    }
    if (result.datasets == 0 || methods < 2) return result;

    auto const N = static_cast<double>(result.datasets);
    auto const k = static_cast<double>(methods);
    for (double const sum : ranks.sums)
        result.mean_rank.push_back(sum / N);
    Status const status = result.datasets < fewest_datasets ? Status::not_reliable : Status::ok;
    for (Test* test : {&result.chi_square, &result.f}) {
        test->status = status;
        if (status != Status::ok) add_note(test->note, "few_datasets");
    }
    test_ranks(ranks, N, result);
    result.critical_difference = nemenyi_quantile(methods, alpha) * std::sqrt(k * (k + 1) / (6 * N));
    result.cliques = cliques_of(result.mean_rank, result.critical_difference);
    return result;
}

}  // namespace ablatrix::stats
