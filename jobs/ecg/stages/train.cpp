#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <ablatrix/nn/softmax_regression.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

/// Norm over classes of the class-centred weights, [d]: how much each input dimension moves the decision.
std::vector<double> decision_scale(nn::SoftmaxModel const& model)
{
    auto const dim = static_cast<std::size_t>(model.dim);
    auto const classes = static_cast<std::size_t>(model.classes);
    std::vector<double> scale(dim);
    for (std::size_t d = 0; d < dim; ++d) {
        double mean = 0;
        for (std::size_t c = 0; c < classes; ++c)
            mean += double{model.weight[c * dim + d]} / static_cast<double>(classes);
        double square = 0;
        for (std::size_t c = 0; c < classes; ++c)
            square += std::pow(double{model.weight[c * dim + d]} - mean, 2);
        scale[d] = std::sqrt(square);
    }
    return scale;
}

/// The inputs as this classifier sees them: the linear model's stand-in for a network's last hidden state. Unit rows.
std::vector<float> classifier_features(Rows const& rows, nn::SoftmaxModel const& model)
{
    auto const scale = decision_scale(model);
    std::vector<float> out;
    out.reserve(rows.values.size());
    std::vector<double> feature(scale.size());
    for (std::int64_t i = 0; i < rows.count; ++i) {
        auto const row = rows.row(i);
        double square = 0;
        for (std::size_t d = 0; d < feature.size(); ++d) {
            feature[d] = double{row[d]} * scale[d];
            square += feature[d] * feature[d];
        }
        double const unit = square > 0 ? 1 / std::sqrt(square) : 0;
        for (double const value : feature)
            out.push_back(static_cast<float>(value * unit));
    }
    return out;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const rows = read_rows(context.input("vectors"), "vectors");
    auto const& labels = context.input("labels");
    auto const options = read_training_options(context.params());
    nn::TrainingSeed const seed{context.params().get<std::int64_t>("seed"), 0};
    auto trained = nn::train_softmax_regression(rows.values, rows.dim, labels.get<std::int32_t>("observed"),
                                                read_classes(labels), {}, options, seed, true);

    base::Bundle out;
    base::Bundle::Shape const curves{options.epochs, rows.count};
    out.put("probs", nn::probabilities(trained.model, rows.values), {rows.count, trained.model.classes});
    out.put("features", classifier_features(rows, trained.model), {rows.count, rows.dim});
    out.put("loss", std::move(trained.loss), curves);
    out.put("train_margin", std::move(trained.train_margin), curves);
    out.put("eval_margin", std::move(trained.eval_margin), curves);
    out.put("weight", std::move(trained.model.weight), {trained.model.classes, rows.dim});
    out.put("bias", std::move(trained.model.bias));
    out.put_scalar("train_loss", trained.final_loss);
    return out;
}

}  // namespace

plan::StageKind train_stage()
{
    return {"ecg.train", 1, run};
}

}  // namespace ablatrix::ecg
