#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

struct EdgeOptions
{
    double s_min;
    double tau;
    bool mutual;
};

/// The neighbours of all rows, [n x k].
struct Lists
{
    std::span<std::int32_t const> index;
    std::span<float const> similarity;
    std::size_t k;

    bool holds(std::int32_t row, std::int32_t wanted) const
    {
        auto const list = index.subspan(static_cast<std::size_t>(row) * k, k);
        return std::find(list.begin(), list.end(), wanted) != list.end();
    }
};

/// w = softmax over kept neighbours of similarity / tau, times the neighbour's reliability, normalised (ecg.md 4.4). A
/// row without a kept neighbour of positive reliability has no weights.
void weigh_row(Lists const& found, std::size_t row, std::span<double const> reliability, EdgeOptions const& options,
               std::span<double> weights)
{
    auto const k = found.k;
    auto const index = found.index.subspan(row * k, k);
    auto const similarity = found.similarity.subspan(row * k, k);
    double total = 0, largest = 0;
    for (std::size_t j = 0; j < k; ++j) {
        auto const neighbour = index[j];
        if (neighbour < 0 || similarity[j] < options.s_min) continue;
        if (options.mutual && !found.holds(neighbour, static_cast<std::int32_t>(row))) continue;
        auto const trust = reliability.empty() ? 1.0 : reliability[static_cast<std::size_t>(neighbour)];
        if (trust <= 0) continue;
        // Shifting by the largest kept similarity (the first: they descend) changes nothing but the range of exp.
        if (total == 0) largest = similarity[j];
        weights[j] = std::exp((similarity[j] - largest) / options.tau) * trust;
        total += weights[j];
    }
    if (total <= 0) return;
    for (auto& weight : weights)
        weight /= total;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& params = context.params();
    auto const& neighbours = context.input("neighbours");
    auto const& shape = neighbours.shape("index");
    Lists const found{neighbours.get<std::int32_t>("index"), neighbours.get<float>("similarity"),
                      static_cast<std::size_t>(shape.at(1))};
    std::span<double const> reliability;
    if (context.has_input("reliability")) reliability = context.input("reliability").get<double>("reliability");
    EdgeOptions const edges{params.get<double>("s_min"), params.get<double>("tau"), params.get<bool>("mutual")};
    std::vector<double> weights(found.index.size(), 0.0);
    for (std::size_t i = 0; i < weights.size() / found.k; ++i)
        weigh_row(found, i, reliability, edges, std::span{weights}.subspan(i * found.k, found.k));

    base::Bundle out;
    out.put("index", copy_of(found.index), shape);
    out.put("similarity", copy_of(found.similarity), shape);
    out.put("weight", std::move(weights), shape);
    return out;
}

}  // namespace

plan::StageKind graph_stage()
{
    return {"ecg.graph", 3, run};
}

}  // namespace ablatrix::ecg
