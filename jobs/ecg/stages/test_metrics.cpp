#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const& retrained = context.input("retrained");
    auto const truth = context.input("evaluation_texts").get<std::int32_t>("label");
    auto const classes = read_classes(retrained);
    base::Bundle out;
    for (auto const& [name, array] : retrained.arrays()) {
        if (!name.starts_with("prediction/")) continue;
        auto const predicted = retrained.get<std::int32_t>(name);
        ABLATRIX_EXPECT(predicted.size() == truth.size());
        std::vector<double> values{stats::accuracy(truth, predicted),
                                   stats::balanced_accuracy(truth, predicted, classes)};
        ABLATRIX_ASSERT(values.size() == test_metrics().size());
        out.put("metrics/" + name, std::move(values));
    }
    return out;
}

}  // namespace

plan::StageKind test_metrics_stage()
{
    return {"ecg.test_metrics", 1, run};
}

}  // namespace ablatrix::ecg
