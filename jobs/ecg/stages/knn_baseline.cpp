#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// Share of \p neighbours (-1 is none) whose label is not \p label; \p without_neighbours when there is none.
double disagreement(std::span<std::int32_t const> neighbours, std::span<std::int32_t const> labels, std::int32_t label,
                    double without_neighbours)
{
    std::int64_t found = 0, same = 0;
    for (auto const j : neighbours) {
        if (j < 0) continue;
        ++found;
        if (labels[static_cast<std::size_t>(j)] == label) ++same;
    }
    return found == 0 ? without_neighbours : 1 - static_cast<double>(same) / static_cast<double>(found);
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& neighbours = context.input("neighbours");
    auto const index = neighbours.get<std::int32_t>("index");
    auto const k = static_cast<std::size_t>(columns_of(neighbours, "index"));
    auto const labels = context.input("labels").get<std::int32_t>("observed");
    ABLATRIX_EXPECT(index.size() == labels.size() * k);

    auto const prior = class_shares(labels, read_classes(context.input("labels")));

    std::vector<double> score(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto const label = labels[i];
        score[i] = disagreement(index.subspan(i * k, k), labels, label, 1 - prior[static_cast<std::size_t>(label)]);
    }
    base::Bundle out;
    out.put("score/" + context.params().get<std::string>("name"), std::move(score));
    return out;
}

}  // namespace

plan::StageKind knn_baseline_stage()
{
    return {"ecg.knn_baseline", 1, run};
}

}  // namespace ablatrix::ecg
