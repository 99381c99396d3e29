#include <ablatrix/stats/delong.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

/// Sums of the influence values over clusters of one class each; for items, every row is its own cluster.
struct Clusters
{
    std::vector<std::uint32_t> of_row;
    std::vector<std::uint8_t> positive;  // per cluster
    std::int64_t count[2] = {0, 0};
};

Clusters cluster_rows(std::span<std::uint8_t const> positive, std::span<std::int32_t const> group)
{
    Clusters clusters;
    clusters.of_row.resize(positive.size());
    std::map<std::int32_t, std::uint32_t> known;
    for (std::size_t i = 0; i < positive.size(); ++i) {
        std::uint32_t cluster = static_cast<std::uint32_t>(clusters.positive.size());
        if (!group.empty()) cluster = known.emplace(group[i], cluster).first->second;
        if (cluster == clusters.positive.size()) {
            clusters.positive.push_back(positive[i]);
            ++clusters.count[positive[i]];
        }
        ABLATRIX_VALIDATE(clusters.positive[cluster] == positive[i],
                          "group " + std::to_string(group.empty() ? 0 : group[i]) +
                              " holds items of both classes. Use the group bootstrap (Unit::group)");
        clusters.of_row[i] = cluster;
    }
    return clusters;
}

std::vector<double> sum_by_cluster(std::vector<double> const& influence, Clusters const& clusters)
{
    std::vector<double> sums(clusters.positive.size(), 0.0);
    for (std::size_t i = 0; i < influence.size(); ++i)
        sums[clusters.of_row[i]] += influence[i];
    return sums;
}

/// sum over classes of G / (G - 1) * sum of products. The influence of a class sums to 0, so for single items this is
/// the sample covariance of V10 over P plus that of V01 over N.
double covariance_of(std::vector<double> const& a, std::vector<double> const& b, Clusters const& clusters)
{
    double sum[2] = {0, 0};
    for (std::size_t g = 0; g < a.size(); ++g)
        sum[clusters.positive[g]] += a[g] * b[g];
    auto const scale = [&](int c) {
        auto const G = static_cast<double>(clusters.count[c]);
        return G / (G - 1);
    };
    return scale(1) * sum[1] + scale(0) * sum[0];
}

void judge_groups(DeLong& result, Clusters const& clusters)
{
    std::int64_t const fewest = std::min(clusters.count[0], clusters.count[1]);
    if (fewest < 5) result.status = Status::not_reliable;
    if (fewest < 10) add_note(result.note, "few_groups");
}

/// Variance of theta[a] - theta[b], exactly 0 where only rounding is left.
double difference_variance(DeLong const& result, std::size_t a, std::size_t b)
{
    std::size_t const K = result.theta.size();
    double const sum = result.variance(a) + result.variance(b);
    double const variance = sum - 2 * result.covariance[a * K + b];
    return variance <= 1e-13 * sum ? 0 : variance;
}

Test z_test(double difference, double variance, Status status, std::string note)
{
    Test test;
    test.method = "delong";
    test.status = status;
    test.note = std::move(note);
    if (variance > 0) {
        test.statistic = difference / std::sqrt(variance);
        test.p = detail::normal_p(test.statistic);
        return test;
    }
    add_note(test.note, "no_variance");
    if (std::abs(difference) <= 1e-12) {
        test.p = 1;
    }
    else {
        test.status = Status::degenerate;
    }
    return test;
}

/// x' A^-1 x for a symmetric positive semidefinite A, by elimination with diagonal pivots; NaN when rank-deficient.
double inverse_quadratic_form(std::vector<double> A, std::vector<double> x)
{
    std::size_t const n = x.size();
    double largest = 0;
    for (std::size_t i = 0; i < n; ++i)
        largest = std::max(largest, A[i * n + i]);
    std::vector<bool> used(n, false);
    double value = 0;
    for (std::size_t step = 0; step < n; ++step) {
        std::size_t pivot = n;
        for (std::size_t i = 0; i < n; ++i) {
            if (!used[i] && (pivot == n || A[i * n + i] > A[pivot * n + pivot])) pivot = i;
        }
        double const d = A[pivot * n + pivot];
        if (!(d > 1e-12 * largest)) return undefined_value;
        used[pivot] = true;
        value += x[pivot] * x[pivot] / d;
        for (std::size_t i = 0; i < n; ++i) {
            if (used[i]) continue;
            double const factor = A[i * n + pivot] / d;
            x[i] -= factor * x[pivot];
            for (std::size_t j = 0; j < n; ++j) {
                if (!used[j]) A[i * n + j] -= factor * A[pivot * n + j];
            }
        }
    }
    return value;
}

}  // namespace

DeLong delong(std::span<std::span<double const> const> columns, std::span<std::uint8_t const> positive,
              std::span<std::int32_t const> group)
{
    ABLATRIX_VALIDATE(group.empty() || group.size() == positive.size(), "groups and labels differ in length");
    std::size_t const K = columns.size();
    DeLong result;
    result.theta.assign(K, undefined_value);
    result.covariance.assign(K * K, undefined_value);
    std::vector<detail::Placements> places;
    for (std::size_t k = 0; k < K; ++k)
        places.push_back(detail::placements(columns[k], positive));
    if (K == 0 || !places[0].defined()) return result;
    result.positives = places[0].positives;
    result.negatives = places[0].negatives;
    for (std::size_t k = 0; k < K; ++k)
        result.theta[k] = places[k].theta();
    Clusters const clusters = cluster_rows(positive, group);
    if (clusters.count[0] < 2 || clusters.count[1] < 2) return result;

    result.status = Status::ok;
    if (!group.empty()) judge_groups(result, clusters);
    std::vector<std::vector<double>> sums;
    for (detail::Placements const& place : places) {
        sums.push_back(sum_by_cluster(detail::auroc_influence(place, positive), clusters));
    }
    for (std::size_t a = 0; a < K; ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
            double const covariance = covariance_of(sums[a], sums[b], clusters);
            result.covariance[a * K + b] = covariance;
            result.covariance[b * K + a] = covariance;
        }
    }
    return result;
}

Estimate delong_interval(DeLong const& result, std::size_t column, double level)
{
    ABLATRIX_EXPECT(column < result.theta.size());
    Estimate estimate;
    estimate.level = level;
    estimate.method = "delong.logit";
    estimate.value = result.theta[column];
    estimate.status = result.status;
    estimate.note = result.note;
    if (result.status == Status::undefined) return estimate;
    double const theta = estimate.value;
    double const variance = result.variance(column);
    if (theta == 0 || theta == 1) {
        auto const fewest = static_cast<double>(std::min(result.positives, result.negatives));
        double const bound = std::pow((1 - level) / 2, 1 / fewest);
        estimate.low = theta == 1 ? bound : 0;
        estimate.high = theta == 1 ? 1 : 1 - bound;
        estimate.status = Status::degenerate;
        add_note(estimate.note, "perfect_separation");
        return estimate;
    }
    if (!(variance > 0)) {
        estimate.status = Status::degenerate;
        add_note(estimate.note, "no_variance");
        return estimate;
    }
    estimate.standard_error = std::sqrt(variance);
    double const half = detail::normal_two_sided(level) * estimate.standard_error / (theta * (1 - theta));
    double const logit = std::log(theta / (1 - theta));
    estimate.low = 1 / (1 + std::exp(half - logit));
    estimate.high = 1 / (1 + std::exp(-half - logit));
    return estimate;
}

Estimate delong_difference(DeLong const& result, std::size_t a, std::size_t b, double level)
{
    ABLATRIX_EXPECT(a < result.theta.size() && b < result.theta.size());
    Estimate estimate;
    estimate.level = level;
    estimate.method = "delong.wald";
    estimate.value = result.theta[a] - result.theta[b];
    estimate.status = result.status;
    estimate.note = result.note;
    if (result.status == Status::undefined) return estimate;
    double const variance = difference_variance(result, a, b);
    if (variance == 0) {
        estimate.status = Status::degenerate;
        add_note(estimate.note, "no_variance");
        return estimate;
    }
    estimate.standard_error = std::sqrt(variance);
    double const half = detail::normal_two_sided(level) * estimate.standard_error;
    estimate.low = std::max(-1.0, estimate.value - half);
    estimate.high = std::min(1.0, estimate.value + half);
    return estimate;
}

Test delong_test(DeLong const& result, std::size_t a, std::size_t b)
{
    ABLATRIX_EXPECT(a < result.theta.size() && b < result.theta.size());
    if (result.status == Status::undefined) return {.method = "delong"};
    return z_test(result.theta[a] - result.theta[b], difference_variance(result, a, b), result.status, result.note);
}

Test delong_test_unpaired(DeLong const& left, std::size_t a, DeLong const& right, std::size_t b)
{
    ABLATRIX_EXPECT(a < left.theta.size() && b < right.theta.size());
    if (left.status == Status::undefined || right.status == Status::undefined) return {.method = "delong"};
    Status const status = left.status == Status::ok ? right.status : left.status;
    return z_test(left.theta[a] - right.theta[b], left.variance(a) + right.variance(b), status,
                  left.note.empty() ? right.note : left.note);
}

Test delong_omnibus(DeLong const& result)
{
    std::size_t const K = result.theta.size();
    Test test;
    test.method = "delong.chi_square";
    if (result.status == Status::undefined || K < 2) return test;
    std::size_t const m = K - 1;
    std::vector<double> contrast(m);
    std::vector<double> covariance(m * m);
    for (std::size_t i = 0; i < m; ++i) {
        contrast[i] = result.theta[i + 1] - result.theta[0];
        for (std::size_t j = 0; j < m; ++j) {
            covariance[i * m + j] = result.covariance[(i + 1) * K + j + 1] - result.covariance[(i + 1) * K] -
                                    result.covariance[j + 1] + result.covariance[0];
        }
    }
    test.statistic = inverse_quadratic_form(std::move(covariance), std::move(contrast));
    test.df = static_cast<double>(m);
    test.note = result.note;
    test.status = std::isnan(test.statistic) ? Status::degenerate : result.status;
    if (!std::isnan(test.statistic)) test.p = detail::chi_square_p(test.statistic, test.df);
    return test;
}

}  // namespace ablatrix::stats
