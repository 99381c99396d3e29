#include "jobs/ecg/stages/confident_learning.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr double comparison_slack = 1e-6;
constexpr double lowest_threshold = 2 * comparison_slack;
constexpr double out_of_reach = 2;

/// The probabilities and labels under inspection.
struct View
{
    std::span<double const> probabilities;
    std::span<std::int32_t const> labels;
    std::size_t classes;

    std::span<double const> row(std::size_t i) const { return probabilities.subspan(i * classes, classes); }
    double at(std::size_t i, std::size_t c) const { return probabilities[i * classes + c]; }
    std::size_t label(std::size_t i) const { return static_cast<std::size_t>(labels[i]); }
    std::size_t rows() const noexcept { return labels.size(); }
};

std::size_t largest(std::span<double const> row)
{
    return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

std::vector<std::int64_t> count_labels(View const& view)
{
    std::vector<std::int64_t> count(view.classes);
    for (std::size_t i = 0; i < view.rows(); ++i)
        ++count[view.label(i)];
    return count;
}

std::vector<double> find_thresholds(View const& view, std::span<std::int64_t const> count)
{
    std::vector<double> sum(view.classes);
    for (std::size_t i = 0; i < view.rows(); ++i)
        sum[view.label(i)] += view.at(i, view.label(i));
    std::vector<double> out(view.classes, out_of_reach);
    for (std::size_t c = 0; c < view.classes; ++c) {
        if (count[c] > 0) out[c] = std::max(lowest_threshold, sum[c] / static_cast<double>(count[c]));
    }
    return out;
}

/// The class that row \p i confidently belongs to, or `classes` for none.
std::size_t confident_class(View const& view, std::size_t i, std::span<double const> thresholds)
{
    std::size_t found = view.classes;
    int confident = 0;
    for (std::size_t c = view.classes; c-- > 0;) {
        if (view.at(i, c) < thresholds[c] - comparison_slack) continue;
        found = c;
        ++confident;
    }
    return confident > 1 ? largest(view.row(i)) : found;
}

std::vector<std::int64_t> count_confident(View const& view, std::span<double const> thresholds)
{
    auto const classes = view.classes;
    std::vector<std::int64_t> joint(classes * classes);
    for (std::size_t i = 0; i < view.rows(); ++i) {
        auto const found = confident_class(view, i, thresholds);
        if (found < classes) ++joint[view.label(i) * classes + found];
    }
    for (std::size_t c = 0; c < classes; ++c)
        joint[c * classes + c] = std::max<std::int64_t>(1, joint[c * classes + c]);
    return joint;
}

/// Integers near \p values with the same rounded sum: the largest remainders are moved. Of equal remainders the later
/// one is raised and the earlier one lowered, as in cleanlab.
std::vector<std::int64_t> round_keeping_sum(std::span<double const> values)
{
    std::vector<std::int64_t> out;
    for (double const value : values)
        out.push_back(static_cast<std::int64_t>(std::nearbyint(value)));
    auto const wanted = static_cast<std::int64_t>(std::nearbyint(std::accumulate(values.begin(), values.end(), 0.0)));
    auto missing = wanted - std::accumulate(out.begin(), out.end(), std::int64_t{0});
    while (missing != 0) {
        std::vector<std::size_t> order(values.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return values[a] - static_cast<double>(out[a]) < values[b] - static_cast<double>(out[b]);
        });
        if (missing > 0) std::reverse(order.begin(), order.end());
        std::int64_t const change = missing > 0 ? 1 : -1;
        for (auto const place : order) {
            if (missing == 0) break;
            out[place] += change;
            missing -= change;
        }
    }
    return out;
}

std::vector<std::int64_t> round_rows(std::span<double const> matrix, std::size_t classes)
{
    std::vector<std::int64_t> out;
    for (std::size_t r = 0; r < classes; ++r) {
        auto const row = round_keeping_sum(matrix.subspan(r * classes, classes));
        out.insert(out.end(), row.begin(), row.end());
    }
    return out;
}

/// Scales row j to the count of label j, and all to the number of rows.
std::vector<std::int64_t> calibrate(std::span<std::int64_t const> joint, std::span<std::int64_t const> count)
{
    auto const classes = count.size();
    std::vector<double> scaled(joint.size());
    for (std::size_t r = 0; r < classes; ++r) {
        auto const row = joint.subspan(r * classes, classes);
        auto const sum = static_cast<double>(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
        for (std::size_t c = 0; c < classes; ++c) {
            scaled[r * classes + c] = static_cast<double>(row[c]) / sum * static_cast<double>(count[r]);
        }
    }
    auto const rows = static_cast<double>(std::accumulate(count.begin(), count.end(), std::int64_t{0}));
    auto const sum = std::accumulate(scaled.begin(), scaled.end(), 0.0);
    for (auto& value : scaled)
        value = value / sum * rows;
    return round_rows(scaled, classes);
}

/// The transposed joint, with at least one row left in every class: what the diagonal gains, the off-diagonals of its
/// column lose evenly.
std::vector<std::int64_t> find_prune_counts(std::span<std::int64_t const> joint, std::size_t classes)
{
    std::vector<double> counts(joint.size());
    for (std::size_t given = 0; given < classes; ++given) {
        auto const row = joint.subspan(given * classes, classes);
        auto const diagonal = std::max<std::int64_t>(1, row[given]);
        auto const nonzero =
            static_cast<double>(row.size()) - static_cast<double>(std::count(row.begin(), row.end(), 0));
        double const loss = static_cast<double>(diagonal - row[given]) / std::max(1.0, nonzero - 1);
        for (std::size_t truth = 0; truth < classes; ++truth) {
            counts[truth * classes + given] = std::max(0.0, static_cast<double>(row[truth]) - loss);
        }
        counts[given * classes + given] = static_cast<double>(diagonal);
    }
    return round_rows(counts, classes);
}

/// Flags the \p wanted rows of \p members whose margin of \p truth over \p given is largest.
void flag_largest_margins(View const& view, std::vector<std::size_t> members, std::size_t given, std::size_t truth,
                          std::int64_t wanted, std::span<std::uint64_t const> tie_key, std::span<std::uint8_t> flagged)
{
    auto const count = std::min(members.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, wanted)));
    auto const margin = [&](std::size_t i) { return view.at(i, truth) - view.at(i, given); };
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
        return margin(a) != margin(b) ? margin(a) > margin(b) : tie_key[a] < tie_key[b];
    });
    for (std::size_t place = 0; place < count; ++place)
        flagged[members[place]] = 1;
}

bool is_predicted_as_given(View const& view, std::size_t i)
{
    std::vector<double> row(view.row(i).begin(), view.row(i).end());
    row[view.label(i)] += comparison_slack;
    return largest(row) == view.label(i);
}

}  // namespace

ConfidentLearning confident_learning(std::span<double const> probabilities, std::span<std::int32_t const> labels,
                                     std::int32_t classes, std::span<std::uint64_t const> tie_key)
{
    ABLATRIX_EXPECT(classes >= 2 && probabilities.size() == labels.size() * static_cast<std::size_t>(classes));
    ABLATRIX_EXPECT(tie_key.size() == labels.size());
    View const view{probabilities, labels, static_cast<std::size_t>(classes)};
    auto const count = count_labels(view);

    ConfidentLearning out;
    out.thresholds = find_thresholds(view, count);
    out.confident_joint = calibrate(count_confident(view, out.thresholds), count);
    out.prune_counts = find_prune_counts(out.confident_joint, view.classes);
    out.flagged.assign(view.rows(), 0);
    for (std::size_t given = 0; given < view.classes; ++given) {
        if (count[given] <= 1) continue;
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < view.rows(); ++i) {
            if (view.label(i) == given) members.push_back(i);
        }
        for (std::size_t truth = 0; truth < view.classes; ++truth) {
            if (truth == given) continue;
            auto const wanted = out.prune_counts[truth * view.classes + given];
            flag_largest_margins(view, members, given, truth, wanted, tie_key, out.flagged);
        }
    }
    for (std::size_t i = 0; i < view.rows(); ++i) {
        if (out.flagged[i] != 0 && is_predicted_as_given(view, i)) out.flagged[i] = 0;
    }
    return out;
}

std::vector<double> confident_learning_scores(std::span<double const> probabilities,
                                              std::span<std::int32_t const> labels, std::int32_t classes,
                                              std::span<std::uint8_t const> flagged)
{
    View const view{probabilities, labels, static_cast<std::size_t>(classes)};
    std::vector<double> suspicion(view.rows());
    for (std::size_t i = 0; i < view.rows(); ++i) {
        suspicion[i] = (flagged[i] != 0 ? 2.0 : 0.0) - view.at(i, view.label(i));
    }
    return mid_ranks(suspicion);
}

}  // namespace ablatrix::ecg
