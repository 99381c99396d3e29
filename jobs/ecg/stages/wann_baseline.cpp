#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/search/knn.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::int64_t smallest_k = 11;
constexpr std::int64_t largest_k = 51;

/// The smallest odd k from 11 whose neighbours' majority (ties: the smallest label) is the row's own label, else 51.
std::int64_t adaptive_k(std::span<std::int32_t const> neighbours, std::span<std::int32_t const> labels,
                        std::int32_t own, std::int32_t classes)
{
    std::vector<int> votes(static_cast<std::size_t>(classes));
    for (std::size_t place = 0; place < neighbours.size() && neighbours[place] >= 0; ++place) {
        ++votes[static_cast<std::size_t>(labels[static_cast<std::size_t>(neighbours[place])])];
        auto const k = static_cast<std::int64_t>(place) + 1;
        if (k < smallest_k || k % 2 == 0 || k == largest_k) continue;
        auto const majority = std::max_element(votes.begin(), votes.end()) - votes.begin();
        if (majority == own) return k;
    }
    return largest_k;
}

/// Weighted adaptive nearest neighbours (Di Salvo et al. 2024): rows that needed more neighbours weigh less. A row with
/// a zero vector has no neighbours and is nobody's; it gets the share of the other classes.
base::Bundle run(plan::StageContext const& context)
{
    auto const rows = read_rows(context.input("embedding"), "vectors");
    auto const& bundle = context.input("labels");
    auto const labels = bundle.get<std::int32_t>("observed");
    ABLATRIX_EXPECT(labels.size() == static_cast<std::size_t>(rows.count));
    auto const classes = read_classes(bundle);
    auto const found = search::nearest(rows.values, rows.dim, largest_k, search::Metric::euclidean,
                                       nonzero_rows(rows.values, rows.dim), {}, context.threads());
    auto const neighbours_of = [&](std::size_t i, std::int64_t k) {
        return std::span(found.index).subspan(i * static_cast<std::size_t>(largest_k), static_cast<std::size_t>(k));
    };

    std::vector<std::int64_t> k(labels.size());
    for (std::size_t i = 0; i < k.size(); ++i) {
        k[i] = adaptive_k(neighbours_of(i, largest_k), labels, labels[i], classes);
    }
    auto const prior = class_shares(labels, classes);
    std::vector<double> score(labels.size());
    for (std::size_t i = 0; i < score.size(); ++i) {
        double same = 0, all = 0;
        for (auto const j : neighbours_of(i, k[i])) {
            if (j < 0) break;
            auto const other = static_cast<std::size_t>(j);
            double const reliability = 1 / static_cast<double>(k[other]);
            all += reliability;
            if (labels[other] == labels[i]) same += reliability;
        }
        score[i] = 1 - (all > 0 ? same / all : prior[static_cast<std::size_t>(labels[i])]);
    }
    base::Bundle out;
    out.put("score/wann", std::move(score));
    return out;
}

}  // namespace

plan::StageKind wann_baseline_stage()
{
    return {"ecg.wann_baseline", 2, run};
}

}  // namespace ablatrix::ecg
