#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/calibration.hpp>
#include <ablatrix/stats/classification.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

/// Of two classes the mean of (p - y)^2; of more the sum over classes (Brier 1950).
double brier_score(ClassProbabilities const& probabilities, std::span<std::int32_t const> truth)
{
    if (probabilities.classes != 2) return stats::brier(probabilities.values, truth, probabilities.classes);
    std::vector<double> of_one;
    std::vector<std::uint8_t> is_one;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        of_one.push_back(probabilities.at(i, 1));
        is_one.push_back(truth[i] == 1 ? 1 : 0);
    }
    return stats::brier(of_one, is_one);
}

/// In the order of test_metrics().
std::vector<double> measure(std::span<std::int32_t const> truth, std::span<std::int32_t const> predicted,
                            std::span<double const> confidence, Rows const& logits)
{
    auto const classes = static_cast<std::int32_t>(logits.dim);
    ABLATRIX_EXPECT(predicted.size() == truth.size() && confidence.size() == truth.size());
    ABLATRIX_EXPECT(logits.count == static_cast<std::int64_t>(truth.size()));
    std::vector<std::uint8_t> right;
    for (std::size_t i = 0; i < truth.size(); ++i)
        right.push_back(predicted[i] == truth[i] ? 1 : 0);
    std::vector<double> const exact_logits(logits.values.begin(), logits.values.end());
    return {stats::accuracy(truth, predicted),
            stats::balanced_accuracy(truth, predicted, classes),
            stats::log_loss_of_logits(exact_logits, truth, classes),
            brier_score(softmax(logits), truth),
            stats::calibration_error(confidence, right).ece,
            stats::ece_null(confidence)};
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& retrained = context.input("retrained");
    auto const truth = context.input("evaluation_texts").get<std::int32_t>("label");
    base::Bundle out;
    for (auto const& [name, array] : retrained.arrays()) {
        if (!name.starts_with("prediction/")) continue;
        auto values = measure(truth, retrained.get<std::int32_t>(name), retrained.get<double>("confidence/" + name),
                              read_rows(retrained, "logits/" + name));
        ABLATRIX_ASSERT(values.size() == test_metrics().size());
        out.put("metrics/" + name, std::move(values));
    }
    return out;
}

}  // namespace

plan::StageKind test_metrics_stage()
{
    return {"ecg.test_metrics", 3, run};
}

}  // namespace ablatrix::ecg
