#include <ablatrix/stats/classification.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <ablatrix/base/error.hpp>

#include "detail/distributions.hpp"

namespace ablatrix::stats {

namespace {

void check_lengths(std::size_t truth, std::size_t predicted)
{
    ABLATRIX_VALIDATE(truth == predicted, std::to_string(predicted) + " predictions for " + std::to_string(truth) +
                                              " labels. Join predictions and labels by item first");
}

struct Confusion
{
    std::int64_t tp = 0, fp = 0, fn = 0;
};

Confusion confusion(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t label)
{
    check_lengths(truth.size(), predicted.size());
    Confusion counts;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        bool const is = truth[i] == label;
        bool const said = predicted[i] == label;
        counts.tp += is && said ? 1 : 0;
        counts.fp += !is && said ? 1 : 0;
        counts.fn += is && !said ? 1 : 0;
    }
    return counts;
}

/// 0 / 0 is NaN, as the null policy wants it.
double ratio(std::int64_t numerator, std::int64_t denominator)
{
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

void check_probability(double p, std::size_t item)
{
    ABLATRIX_VALIDATE(p >= 0 && p <= 1, "probability " + std::to_string(p) + " is outside [0, 1] (item " +
                                            std::to_string(item) + "). Pass probabilities, not logits");
}

std::size_t check_classes(std::size_t values, std::span<std::int32_t const> truth, std::int32_t n_classes)
{
    ABLATRIX_EXPECT(n_classes > 0);
    auto const width = static_cast<std::size_t>(n_classes);
    ABLATRIX_VALIDATE(values == truth.size() * width, std::to_string(values) + " values for " +
                                                          std::to_string(truth.size()) + " items of " +
                                                          std::to_string(n_classes) + " classes");
    for (std::int32_t const y : truth) {
        ABLATRIX_VALIDATE(y >= 0 && y < n_classes,
                          "label " + std::to_string(y) + " is not one of " + std::to_string(n_classes) + " classes");
    }
    return width;
}

void add_log(LogLoss& loss, double p)
{
    constexpr double least = 0x1p-52;
    double const clipped = std::clamp(p, least, 1 - least);
    if (clipped != p) ++loss.clipped;
    loss.value -= std::log(clipped);
}

void check_count(std::int64_t successes, std::int64_t n, double level)
{
    ABLATRIX_EXPECT(n >= 0 && successes >= 0 && successes <= n);
    ABLATRIX_EXPECT(level > 0 && level < 1);
}

}  // namespace

double accuracy(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted)
{
    check_lengths(truth.size(), predicted.size());
    std::int64_t right = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
        right += truth[i] == predicted[i] ? 1 : 0;
    return ratio(right, static_cast<std::int64_t>(truth.size()));
}

double recall(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t label)
{
    Confusion const counts = confusion(truth, predicted, label);
    return ratio(counts.tp, counts.tp + counts.fn);
}

double balanced_accuracy(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted,
                         std::int32_t n_classes)
{
    ABLATRIX_EXPECT(n_classes > 0);
    double sum = 0;
    for (std::int32_t label = 0; label < n_classes; ++label)
        sum += recall(truth, predicted, label);
    return sum / n_classes;
}

double f1(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t label)
{
    Confusion const counts = confusion(truth, predicted, label);
    return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn);
}

double macro_f1(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted, std::int32_t n_classes)
{
    ABLATRIX_EXPECT(n_classes > 0);
    double sum = 0;
    for (std::int32_t label = 0; label < n_classes; ++label)
        sum += f1(truth, predicted, label);
    return sum / n_classes;
}

double brier(std::span<double const> probability, std::span<std::uint8_t const> positive)
{
    check_lengths(positive.size(), probability.size());
    double sum = 0;
    for (std::size_t i = 0; i < positive.size(); ++i) {
        check_probability(probability[i], i);
        double const error = probability[i] - (positive[i] != 0 ? 1 : 0);
        sum += error * error;
    }
    return sum / static_cast<double>(positive.size());
}

double brier(std::span<double const> probability, std::span<std::int32_t const> truth, std::int32_t n_classes)
{
    std::size_t const width = check_classes(probability.size(), truth, n_classes);
    double sum = 0;
    for (std::size_t i = 0; i < probability.size(); ++i) {
        check_probability(probability[i], i / width);
        bool const is = static_cast<std::size_t>(truth[i / width]) == i % width;
        double const error = probability[i] - (is ? 1 : 0);
        sum += error * error;
    }
    return sum / static_cast<double>(truth.size());
}

LogLoss log_loss(std::span<double const> probability, std::span<std::uint8_t const> positive)
{
    check_lengths(positive.size(), probability.size());
    LogLoss loss{0, 0};
    for (std::size_t i = 0; i < positive.size(); ++i) {
        check_probability(probability[i], i);
        add_log(loss, positive[i] != 0 ? probability[i] : 1 - probability[i]);
    }
    loss.value /= static_cast<double>(positive.size());
    return loss;
}

LogLoss log_loss(std::span<double const> probability, std::span<std::int32_t const> truth, std::int32_t n_classes)
{
    std::size_t const width = check_classes(probability.size(), truth, n_classes);
    LogLoss loss{0, 0};
    for (std::size_t i = 0; i < truth.size(); ++i) {
        double const p = probability[i * width + static_cast<std::size_t>(truth[i])];
        check_probability(p, i);
        add_log(loss, p);
    }
    loss.value /= static_cast<double>(truth.size());
    return loss;
}

double log_loss_of_logits(std::span<double const> logits, std::span<std::int32_t const> truth, std::int32_t n_classes)
{
    std::size_t const width = check_classes(logits.size(), truth, n_classes);
    double total = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        auto const row = logits.subspan(i * width, width);
        double const top = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (double const z : row)
            sum += std::exp(z - top);
        total += std::log(sum) + top - row[static_cast<std::size_t>(truth[i])];
    }
    return total / static_cast<double>(truth.size());
}

Estimate wilson(std::int64_t successes, std::int64_t n, double level)
{
    check_count(successes, n, level);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "wilson";
    if (n == 0) return estimate;
    auto const size = static_cast<double>(n);
    double const p = static_cast<double>(successes) / size;
    double const z = detail::normal_two_sided(level);
    double const centre = p + z * z / (2 * size);
    double const half = z * std::sqrt(p * (1 - p) / size + z * z / (4 * size * size));
    double const scale = 1 + z * z / size;
    estimate.value = p;
    estimate.low = successes == 0 ? 0 : (centre - half) / scale;
    estimate.high = successes == n ? 1 : (centre + half) / scale;
    estimate.status = Status::ok;
    return estimate;
}

Estimate clopper_pearson(std::int64_t successes, std::int64_t n, double level)
{
    check_count(successes, n, level);
    Estimate estimate;
    estimate.level = level;
    estimate.method = "clopper_pearson";
    if (n == 0) return estimate;
    auto const k = static_cast<double>(successes);
    auto const rest = static_cast<double>(n - successes);
    double const tail = (1 - level) / 2;
    estimate.value = k / static_cast<double>(n);
    estimate.low = successes == 0 ? 0 : detail::beta_quantile(k, rest + 1, tail);
    estimate.high = successes == n ? 1 : detail::beta_quantile(k + 1, rest, 1 - tail);
    estimate.status = Status::ok;
    return estimate;
}

}  // namespace ablatrix::stats
