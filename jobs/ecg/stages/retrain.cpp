#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/nn/softmax_regression.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

nn::SoftmaxModel train_on_kept(plan::StageContext const& context)
{
    auto const rows = read_rows(context.input("vectors"), "vectors");
    auto const& cleaned = context.input("cleaned");
    auto const all_labels = cleaned.get<std::int32_t>("label");
    auto const all_weights = cleaned.get<float>("weight");
    ABLATRIX_EXPECT(all_labels.size() == static_cast<std::size_t>(rows.count));

    std::vector<float> inputs, weights;
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < rows.count; ++i) {
        auto const place = static_cast<std::size_t>(i);
        if (all_weights[place] <= 0) continue;
        auto const row = rows.row(i);
        inputs.insert(inputs.end(), row.begin(), row.end());
        weights.push_back(all_weights[place]);
        labels.push_back(all_labels[place]);
    }
    nn::TrainingSeed const seed{context.params().get<std::int64_t>("seed"),
                                0};  // the noisy baseline's own recipe and seed
    return nn::train_softmax_regression(inputs, rows.dim, labels, read_classes(cleaned), weights,
                                        read_training_options(context.params()), seed, false)
        .model;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const model = train_on_kept(context);
    auto const& evaluation = context.input("evaluation");
    std::string const prefix = "vectors/";
    base::Bundle out;
    for (auto const& [name, array] : evaluation.arrays()) {
        if (!name.starts_with(prefix)) continue;
        put_predictions(nn::logits(model, read_rows(evaluation, name).values), model.classes,
                        name.substr(prefix.size()), out);
    }
    out.put_scalar("classes", model.classes);
    return out;
}

}  // namespace

plan::StageKind retrain_stage()
{
    return {"ecg.retrain", 2, run};
}

}  // namespace ablatrix::ecg
