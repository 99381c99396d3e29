#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/confident_learning.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

constexpr double log_floor = 1e-6;

std::vector<double> score_rows(ClassProbabilities const& p, auto const& score)
{
    std::vector<double> out(p.rows());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = score(i);
    return out;
}

double largest_other(ClassProbabilities const& p, std::size_t i, std::int32_t label)
{
    double best = -std::numeric_limits<double>::infinity();
    for (std::int32_t c = 0; c < p.classes; ++c) {
        if (c != label) best = std::max(best, p.at(i, c));
    }
    return best;
}

double entropy(ClassProbabilities const& p, std::size_t i)
{
    double sum = 0;
    for (std::int32_t c = 0; c < p.classes; ++c)
        sum -= p.at(i, c) * std::log(p.at(i, c) + log_floor);
    return sum;
}

/// An order of the items that has nothing to do with where they stand.
std::vector<std::uint64_t> tie_keys(std::span<std::int64_t const> item)
{
    std::vector<std::uint64_t> out;
    for (auto const id : item)
        out.push_back(base::Stream(0, "confident_learning_ties", static_cast<std::uint64_t>(id)).next());
    return out;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const p = read_probabilities(context.input("crossval"));
    auto const& labels = context.input("labels");
    auto const y = labels.get<std::int32_t>("observed");
    ABLATRIX_EXPECT(y.size() == p.rows());

    base::Bundle out;
    out.put("score/self_confidence", score_rows(p, [&](std::size_t i) { return 1 - p.at(i, y[i]); }));
    out.put("score/high_loss", score_rows(p, [&](std::size_t i) { return -std::log(p.at(i, y[i]) + log_floor); }));
    out.put("score/margin", score_rows(p, [&](std::size_t i) { return largest_other(p, i, y[i]) - p.at(i, y[i]); }));
    out.put("score/entropy", score_rows(p, [&](std::size_t i) { return entropy(p, i); }));
    out.put("score/least_confidence",
            score_rows(p, [&](std::size_t i) { return -std::max(p.at(i, 0), largest_other(p, i, 0)); }));
    auto const found = confident_learning(p.values, y, p.classes, tie_keys(labels.get<std::int64_t>("item")));
    out.put("score/confident_learning", confident_learning_scores(p.values, y, p.classes, found.flagged));
    return out;
}

}  // namespace

plan::StageKind probability_baselines_stage()
{
    return {"ecg.probability_baselines", 1, run};
}

}  // namespace ablatrix::ecg
