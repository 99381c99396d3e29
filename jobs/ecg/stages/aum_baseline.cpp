#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

/// Area under the margin (Pleiss et al. 2020): the mean over epochs of the logit margins that training saw.
base::Bundle run(plan::StageContext const& context)
{
    auto const margins = read_rows(context.input("dynamics"), "train_margin");
    std::vector<double> score(static_cast<std::size_t>(margins.dim));
    for (std::int64_t epoch = 0; epoch < margins.count; ++epoch) {
        auto const row = margins.row(epoch);
        for (std::size_t i = 0; i < score.size(); ++i)
            score[i] -= double{row[i]} / static_cast<double>(margins.count);
    }
    base::Bundle out;
    out.put("score/aum", std::move(score));
    return out;
}

}  // namespace

plan::StageKind aum_baseline_stage()
{
    return {"ecg.aum_baseline", 1, run};
}

}  // namespace ablatrix::ecg
