#include <ablatrix/stats/calibration.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/stream.hpp"
#include "detail/weighted_pass.hpp"

namespace ablatrix::stats {

namespace {

constexpr int dropped = -1;
constexpr double null_tolerance = 1e-12;

void check_confidence(std::span<double const> confidence)
{
    auto const bad = std::find_if_not(confidence.begin(), confidence.end(), [](double c) { return c >= 0 && c <= 1; });
    ABLATRIX_VALIDATE(bad == confidence.end(), "a probability is not in [0, 1] (item " +
                                                   std::to_string(bad - confidence.begin()) +
                                                   "). Give probabilities, not scores");
}

void check_outcome(std::span<double const> confidence, std::span<std::uint8_t const> outcome)
{
    ABLATRIX_VALIDATE(confidence.size() == outcome.size(), std::to_string(confidence.size()) + " probabilities for " +
                                                               std::to_string(outcome.size()) + " outcomes");
    bool const binary = std::all_of(outcome.begin(), outcome.end(), [](std::uint8_t y) { return y <= 1; });
    ABLATRIX_VALIDATE(binary, "an outcome is neither 0 nor 1");
}

std::vector<double> edges_of(int bins)
{
    std::vector<double> edges(static_cast<std::size_t>(bins) + 1);
    for (std::size_t b = 0; b < edges.size(); ++b)
        edges[b] = static_cast<double>(b) / static_cast<double>(bins);
    return edges;
}

struct BinSums
{
    double n = 0;
    double confidence = 0;
    double outcome = 0;
};

CalibrationError error_of(std::span<BinSums const> sums, double n)
{
    CalibrationError error;
    if (n == 0) return error;
    error = {0, 0};
    for (BinSums const& bin : sums) {
        if (bin.n == 0) continue;
        double const distance = std::abs(bin.outcome - bin.confidence);
        error.ece += distance / n;
        error.mce = std::max(error.mce, distance / bin.n);
    }
    return error;
}

std::vector<BinSums> sums_of(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                             std::vector<int> const& bin, int bins)
{
    std::vector<BinSums> sums(static_cast<std::size_t>(bins));
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        if (bin[i] == dropped) continue;
        BinSums& in = sums[static_cast<std::size_t>(bin[i])];
        in.n += 1;
        in.confidence += confidence[i];
        in.outcome += outcome[i];
    }
    return sums;
}

/// ECE of each of \p draws models whose confidences are exactly right. Only the outcomes differ between them.
std::vector<double> null_errors(std::span<double const> confidence, Binning const& binning, std::string_view frame,
                                std::uint64_t seed, std::size_t draws)
{
    ABLATRIX_EXPECT(draws > 0);
    std::size_t const items = confidence.size();
    std::vector<int> const bin = bin_of(confidence, binning);
    std::vector<BinSums> sums = sums_of(confidence, std::vector<std::uint8_t>(items), bin, binning.bins);
    std::vector<std::vector<std::uint32_t>> members(sums.size());
    for (std::size_t i = 0; i < items; ++i) {
        if (bin[i] != dropped) members[static_cast<std::size_t>(bin[i])].push_back(static_cast<std::uint32_t>(i));
    }
    std::uint64_t const key = detail::stream_key(seed, frame);
    std::vector<detail::UnitCounts> outcomes(items);
    std::vector<detail::Lanes<std::uint32_t>> ones(sums.size());
    std::vector<double> errors;
    for (std::size_t first = 0; first < draws; first += detail::lanes) {
        detail::Lanes<detail::LaneJob> jobs;
        for (std::size_t lane = 0; lane < detail::lanes; ++lane)
            jobs[lane] = {static_cast<std::uint32_t>(first + lane), 0};
        detail::draw_labels(key, jobs, confidence, outcomes);
        for (std::size_t b = 0; b < sums.size(); ++b)
            ones[b] = detail::sum_counts(members[b], outcomes);
        for (std::size_t lane = 0; lane < detail::lanes && first + lane < draws; ++lane) {
            for (std::size_t b = 0; b < sums.size(); ++b)
                sums[b].outcome = ones[b][lane];
            errors.push_back(error_of(sums, static_cast<double>(items)).ece);
        }
    }
    return errors;
}

double mean_of(std::vector<double> const& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<int> bin_of(std::span<double const> confidence, Binning const& binning)
{
    ABLATRIX_VALIDATE(binning.bins > 0, "a calibration error needs at least one bin");
    check_confidence(confidence);
    std::vector<int> bins(confidence.size());
    if (binning.kind == Bins::equal_mass) {
        std::vector<double> const ranks = mid_ranks(confidence);
        auto const n = static_cast<std::int64_t>(confidence.size());
        for (std::size_t i = 0; i < bins.size(); ++i) {
            std::int64_t const doubled = std::llround(2 * ranks[i]);
            auto const b = static_cast<int>(binning.bins * (doubled - 1) / (2 * n));
            bins[i] = std::min(binning.bins - 1, b);
        }
        return bins;
    }
    std::vector<double> const edges = edges_of(binning.bins);
    for (std::size_t i = 0; i < bins.size(); ++i) {
        // Comparing with the edges, not multiplying: 0.3 of 10 bins is an edge in both, 10 * 0.3 need not be.
        auto const inner = edges.begin() + 1;
        auto const last = edges.end() - 1;
        auto const edge = binning.kind == Bins::equal_width ? std::lower_bound(inner, last, confidence[i])
                                                            : std::upper_bound(inner, last, confidence[i]);
        bool const one = binning.kind == Bins::half_open && confidence[i] == 1;
        bins[i] = one ? dropped : static_cast<int>(edge - inner);
    }
    return bins;
}

std::vector<ReliabilityBin> reliability(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                                        Binning const& binning, double level)
{
    check_outcome(confidence, outcome);
    std::vector<int> const bin = bin_of(confidence, binning);
    std::vector<BinSums> const sums = sums_of(confidence, outcome, bin, binning.bins);
    std::vector<double> const edges = edges_of(binning.bins);
    std::vector<ReliabilityBin> result(sums.size());
    for (std::size_t b = 0; b < sums.size(); ++b) {
        ReliabilityBin& r = result[b];
        r.n = static_cast<std::int64_t>(sums[b].n);
        r.accuracy = wilson(static_cast<std::int64_t>(sums[b].outcome), r.n, level);
        if (r.n > 0) {
            r.confidence = sums[b].confidence / sums[b].n;
            r.gap = r.accuracy.value - r.confidence;
        }
        if (binning.kind == Bins::equal_mass) continue;
        r.low = edges[b];
        r.high = edges[b + 1];
    }
    if (binning.kind == Bins::equal_mass) {
        for (std::size_t i = 0; i < confidence.size(); ++i) {
            ReliabilityBin& r = result[static_cast<std::size_t>(bin[i])];
            r.low = std::fmin(r.low, confidence[i]);
            r.high = std::fmax(r.high, confidence[i]);
        }
    }
    return result;
}

CalibrationError calibration_error(std::span<double const> confidence, std::span<std::uint8_t const> outcome,
                                   Binning const& binning)
{
    check_outcome(confidence, outcome);
    return error_of(sums_of(confidence, outcome, bin_of(confidence, binning), binning.bins),
                    static_cast<double>(confidence.size()));
}

double ece_null(std::span<double const> confidence, Binning const& binning, std::string_view frame, std::uint64_t seed,
                std::size_t draws)
{
    if (confidence.empty()) return undefined_value;
    return mean_of(null_errors(confidence, binning, frame, seed, draws));
}

CalibrationTest calibration_test(std::span<Answers const> seeds, Binning const& binning, std::string_view frame,
                                 std::uint64_t seed, std::size_t draws)
{
    CalibrationTest test;
    bool const is_empty =
        std::any_of(seeds.begin(), seeds.end(), [](Answers const& one) { return one.confidence.empty(); });
    if (seeds.empty() || is_empty) return test;
    auto const n = static_cast<double>(seeds.size());
    double ece = 0;
    std::vector<double> errors(draws);
    for (Answers const& one : seeds) {
        ece += calibration_error(one.confidence, one.outcome, binning).ece / n;
        auto const of_seed = null_errors(one.confidence, binning, frame, seed, draws);
        for (std::size_t b = 0; b < draws; ++b)
            errors[b] += of_seed[b] / n;
    }
    test.ece = ece;
    test.ece_null = mean_of(errors);
    // Sums of the same terms in another order may differ in their last bits: such a draw is as large.
    auto const as_large =
        std::count_if(errors.begin(), errors.end(), [&](double error) { return error >= ece - null_tolerance; });
    test.p = (1 + static_cast<double>(as_large)) / (1 + static_cast<double>(draws));
    return test;
}

Estimate ece_interval(std::span<double const> confidence, std::span<std::uint8_t const> outcome, Binning const& binning,
                      std::string_view frame, std::uint64_t seed, std::size_t resamples, double level)
{
    ABLATRIX_EXPECT(resamples > 0 && level > 0 && level < 1);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "boot.item.percentile";
    estimate.value = calibration_error(confidence, outcome, binning).ece;
    if (confidence.empty()) return estimate;
    std::vector<int> const bin = bin_of(confidence, binning);
    std::uint64_t const key = detail::stream_key(seed, frame);
    auto const n = static_cast<std::uint32_t>(confidence.size());
    std::vector<double> replicates(resamples);
    for (std::size_t b = 0; b < resamples; ++b) {
        detail::Place const place{static_cast<std::uint32_t>(b), 0, detail::Purpose::item};
        std::vector<BinSums> sums(static_cast<std::size_t>(binning.bins));
        for (std::uint32_t k = 0; k < n; ++k) {
            std::uint32_t const i = detail::draw_below(key, place, k, n);
            if (bin[i] == dropped) continue;
            BinSums& in = sums[static_cast<std::size_t>(bin[i])];
            in.n += 1;
            in.confidence += confidence[i];
            in.outcome += outcome[i];
        }
        replicates[b] = error_of(sums, n).ece;
    }
    auto const [least, most] = std::minmax_element(replicates.begin(), replicates.end());
    if (*most - *least <= 1e-12) {
        estimate.status = Status::degenerate;
        estimate.note = "all_resamples_equal";
        return estimate;
    }
    estimate.low = quantile(replicates, (1 - level) / 2);
    estimate.high = quantile(replicates, (1 + level) / 2);
    estimate.status = resamples < 1000 ? Status::not_reliable : Status::ok;
    if (resamples < 1000) add_note(estimate.note, "few_resamples");
    return estimate;
}

Confidence confidence_of(std::span<double const> probability, std::span<std::int32_t const> truth,
                         std::int32_t n_classes)
{
    ABLATRIX_VALIDATE(n_classes > 0 && probability.size() == truth.size() * static_cast<std::size_t>(n_classes),
                      "probabilities are not one per item and class");
    auto const C = static_cast<std::size_t>(n_classes);
    Confidence result;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        std::span<double const> const row = probability.subspan(i * C, C);
        auto const best = std::max_element(row.begin(), row.end());
        result.confidence.push_back(*best);
        result.right.push_back(best - row.begin() == truth[i] ? 1 : 0);
    }
    check_confidence(result.confidence);
    return result;
}

Confidence confidence_of(std::span<double const> probability, std::span<std::uint8_t const> positive)
{
    check_confidence(probability);
    check_outcome(probability, positive);
    Confidence result;
    for (std::size_t i = 0; i < probability.size(); ++i) {
        bool const predicted = probability[i] > 0.5;
        result.confidence.push_back(predicted ? probability[i] : 1 - probability[i]);
        result.right.push_back(predicted == (positive[i] == 1) ? 1 : 0);
    }
    return result;
}

}  // namespace ablatrix::stats
