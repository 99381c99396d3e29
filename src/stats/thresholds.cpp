#include <ablatrix/stats/thresholds.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

constexpr double lowest_beta = 1.0 / 20;
constexpr double highest_beta = 20;
constexpr int most_steps = 100;
constexpr double infinity = std::numeric_limits<double>::infinity();

void refuse_test_rows(std::span<std::uint8_t const> test_row, std::size_t n)
{
    ABLATRIX_VALIDATE(test_row.empty() || test_row.size() == n, "test marks and items differ in number");
    auto const marked = std::count_if(test_row.begin(), test_row.end(), [](std::uint8_t t) { return t != 0; });
    ABLATRIX_VALIDATE(marked == 0,
                      std::to_string(marked) + " test items among those to fit on. Fit on development items only");
}

struct Logits
{
    std::span<double const> values;  // row-major
    std::span<std::int32_t const> truth;
    std::size_t classes;

    std::size_t items() const { return truth.size(); }
    std::span<double const> row(std::size_t i) const { return values.subspan(i * classes, classes); }
    double of_truth(std::size_t i) const { return values[i * classes + static_cast<std::size_t>(truth[i])]; }
};

struct Slopes
{
    double nll, first, second;  // mean log loss and its derivatives by beta = 1 / T
};

Slopes slopes_at(Logits const& logits, double beta)
{
    Slopes sum{0, 0, 0};
    for (std::size_t i = 0; i < logits.items(); ++i) {
        std::span<double const> const row = logits.row(i);
        double const top = *std::max_element(row.begin(), row.end());
        double total = 0;
        double mean = 0;
        double square = 0;
        for (double const z : row) {
            double const weight = std::exp(beta * (z - top));
            total += weight;
            mean += weight * (z - top);
            square += weight * (z - top) * (z - top);
        }
        mean /= total;
        double const own = logits.of_truth(i) - top;
        sum.nll += std::log(total) - beta * own;
        sum.first += mean - own;
        sum.second += square / total - mean * mean;
    }
    auto const n = static_cast<double>(logits.items());
    return {sum.nll / n, sum.first / n, sum.second / n};
}

/// A reason not to fit, or ok.
TemperatureStatus screen(Logits const& logits)
{
    bool flat = true;
    bool separable = true;
    std::vector<std::size_t> count(logits.classes, 0);
    for (std::size_t i = 0; i < logits.items(); ++i) {
        std::span<double const> const row = logits.row(i);
        auto const [least, most] = std::minmax_element(row.begin(), row.end());
        flat = flat && *least == *most;
        separable = separable && logits.of_truth(i) == *most;
        ++count[static_cast<std::size_t>(logits.truth[i])];
    }
    if (flat) return TemperatureStatus::flat;
    auto const occurring = std::count_if(count.begin(), count.end(), [](std::size_t c) { return c > 0; });
    if (occurring < 2) return TemperatureStatus::one_class;
    // Tested directly: the slope at a large beta underflows to 0.
    if (separable) return TemperatureStatus::at_lower_bound;
    if (slopes_at(logits, highest_beta).first < 0) return TemperatureStatus::at_lower_bound;
    if (slopes_at(logits, lowest_beta).first > 0) return TemperatureStatus::at_upper_bound;
    bool const few = std::find(count.begin(), count.end(), std::size_t{1}) != count.end();
    return few ? TemperatureStatus::few_per_class : TemperatureStatus::ok;
}

struct Root
{
    double beta;
    int steps;
    bool converged;
};

/// Newton's method on the falling-then-rising log loss, bisecting when a step leaves the bracket or gains little.
Root find_root(Logits const& logits)
{
    double size = 0;
    for (double const z : logits.values)
        size += std::abs(z);
    double const enough = 1e-12 * (1 + size / static_cast<double>(logits.values.size()));
    double low = lowest_beta;
    double high = highest_beta;
    double beta = 1;
    double before = infinity;
    for (int step = 0; step < most_steps; ++step) {
        Slopes const s = slopes_at(logits, beta);
        if (std::abs(s.first) <= enough) return {beta, step, true};
        (s.first < 0 ? low : high) = beta;
        double const newton = beta - s.first / s.second;
        bool const usable = newton > low && newton < high && std::abs(s.first) <= before / 2;
        before = std::abs(s.first);
        double const next = usable ? newton : low + (high - low) / 2;
        if (next == beta || high - low <= 1e-15 * high) return {beta, step, true};
        beta = next;
    }
    return {beta, most_steps, false};
}

struct Counts
{
    double P, N, tp, fp;
};

double goal_of(ThresholdGoal goal, Counts const& c)
{
    switch (goal) {
        case ThresholdGoal::balanced_accuracy:
            return (c.tp / c.P + (c.N - c.fp) / c.N) / 2;
        case ThresholdGoal::accuracy:
            return (c.tp + c.N - c.fp) / (c.P + c.N);
        case ThresholdGoal::f1:
            return 2 * c.tp / (c.P + c.tp + c.fp);
    }
    return undefined_value;
}

struct Candidate
{
    double value, room;  // an infinite threshold has no room
};

bool better(Candidate const& a, Candidate const& b)
{
    if (a.room != b.room) return a.room > b.room;
    return std::abs(a.value) < std::abs(b.value);
}

}  // namespace

std::string_view name_of(TemperatureStatus status)
{
    switch (status) {
        case TemperatureStatus::ok:
            return "ok";
        case TemperatureStatus::at_lower_bound:
            return "at_lower_bound";
        case TemperatureStatus::at_upper_bound:
            return "at_upper_bound";
        case TemperatureStatus::flat:
            return "flat";
        case TemperatureStatus::one_class:
            return "one_class";
        case TemperatureStatus::few_per_class:
            return "few_per_class";
        case TemperatureStatus::not_converged:
            return "not_converged";
    }
    return "unknown";
}

Temperature fit_temperature(std::span<double const> logits, std::span<std::int32_t const> truth, std::int32_t n_classes,
                            std::span<std::uint8_t const> test_row)
{
    ABLATRIX_VALIDATE(n_classes >= 2 && logits.size() == truth.size() * static_cast<std::size_t>(n_classes),
                      "logits are not one per item and class");
    ABLATRIX_VALIDATE(!truth.empty(), "a temperature needs items to fit on");
    ABLATRIX_VALIDATE(detail::all_finite(logits), "a logit is NaN or infinite. Fix the model that made it");
    bool const known = std::all_of(truth.begin(), truth.end(), [&](std::int32_t y) { return y >= 0 && y < n_classes; });
    ABLATRIX_VALIDATE(known, "a true class is not in 0 .. " + std::to_string(n_classes - 1));
    refuse_test_rows(test_row, truth.size());

    Logits const data{logits, truth, static_cast<std::size_t>(n_classes)};
    Temperature result;
    result.nll_before = slopes_at(data, 1).nll;
    result.nll_after = result.nll_before;
    result.status = screen(data);
    if (!result.fitted()) return result;
    Root const root = find_root(data);
    result.steps = root.steps;
    if (!root.converged) {
        result.status = TemperatureStatus::not_converged;
        return result;
    }
    result.value = 1 / root.beta;
    result.nll_after = slopes_at(data, root.beta).nll;
    return result;
}

Temperature fit_temperature(std::span<double const> margin, std::span<std::uint8_t const> positive,
                            std::span<std::uint8_t const> test_row)
{
    detail::check_scores(margin, positive);
    std::vector<double> logits;
    for (double const z : margin) {
        logits.push_back(0);
        logits.push_back(z);
    }
    std::vector<std::int32_t> const truth(positive.begin(), positive.end());
    return fit_temperature(logits, truth, 2, test_row);
}

Threshold choose_threshold(std::span<double const> scores, std::span<std::uint8_t const> positive, ThresholdGoal goal,
                           std::span<std::uint8_t const> test_row)
{
    detail::check_scores(scores, positive);
    refuse_test_rows(test_row, scores.size());
    Threshold result;
    auto const P = static_cast<double>(std::count(positive.begin(), positive.end(), std::uint8_t{1}));
    Counts counts{P, static_cast<double>(positive.size()) - P, 0, 0};
    if (counts.P == 0 || counts.N == 0) return result;

    detail::TieOrder const order = detail::order_descending(scores);
    Candidate best{infinity, 0};
    double reached = goal_of(goal, counts);
    std::size_t begin = 0;
    for (std::size_t const end : order.group_end) {
        for (std::size_t i = begin; i < end; ++i)
            (positive[order.rows[i]] == 1 ? counts.tp : counts.fp) += 1;
        Candidate candidate{-infinity, 0};
        if (end < scores.size()) {
            double const upper = scores[order.rows[begin]];
            double const lower = scores[order.rows[end]];
            candidate = {lower + (upper - lower) / 2, upper - lower};
        }
        begin = end;
        double const value = goal_of(goal, counts);
        bool const equal = std::abs(value - reached) <= 1e-12;
        if (value <= reached && !equal) continue;
        if (equal && !better(candidate, best)) continue;
        best = candidate;
        reached = std::max(reached, value);
    }
    result.value = best.value;
    result.goal = reached;
    result.status = Status::ok;
    return result;
}

}  // namespace ablatrix::stats
