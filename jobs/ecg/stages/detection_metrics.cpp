#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// In the order of detection_metrics(); without noisy rows nothing can be detected and all are undefined.
std::vector<double> measure(stats::Ranking const& ranking)
{
    if (ranking.positives() == 0) return std::vector<double>(detection_metrics().size(), undefined);
    std::vector<double> precision, recall, f1;
    for (double const share : inspected_shares) {
        auto const at = ranking.at_fraction(share);
        precision.push_back(at.precision);
        recall.push_back(at.recall);
        f1.push_back(at.f1);
    }
    std::vector<double> out{ranking.auroc(), ranking.average_precision(), ranking.tnr_at_95_tpr()};
    for (auto const& part : {precision, recall, f1})
        out.insert(out.end(), part.begin(), part.end());
    out.push_back(ranking.at_count(ranking.positives()).precision);
    ABLATRIX_ASSERT(out.size() == detection_metrics().size());
    return out;
}

/// Undefined curves keep their length: every run has the same place in the result file.
std::vector<double> padded(std::vector<double> curve)
{
    if (curve.empty()) curve.assign(curve_points, undefined);
    return curve;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const is_noisy = context.input("labels").get<std::uint8_t>("is_noisy");
    base::Bundle out;
    for (auto const& [name, array] : context.input("scores").arrays()) {
        if (!name.starts_with("score/")) continue;
        auto const scores = context.input("scores").get<double>(name);
        ABLATRIX_EXPECT(scores.size() == is_noisy.size());
        stats::Ranking const ranking(scores, is_noisy);
        out.put("metrics/" + name, measure(ranking));
        out.put("roc/" + name, padded(ranking.roc_curve(curve_points)));
        out.put("pr/" + name, padded(ranking.pr_curve(curve_points)));
    }
    return out;
}

}  // namespace

plan::StageKind detection_metrics_stage()
{
    return {"ecg.detection_metrics", 1, run};
}

}  // namespace ablatrix::ecg
