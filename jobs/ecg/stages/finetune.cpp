#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/finetuning.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

void make_unit_rows(std::span<float> values, std::size_t dim)
{
    for (std::size_t begin = 0; begin < values.size(); begin += dim) {
        auto const row = values.subspan(begin, dim);
        double square = 0;
        for (float const value : row)
            square += double{value} * double{value};
        double const unit = square > 0 ? 1 / std::sqrt(square) : 0;
        for (float& value : row)
            value = static_cast<float>(double{value} * unit);
    }
}

base::Bundle run(plan::StageContext const& context)
{
    auto const texts = training_texts(context);
    auto const& labels = context.input("labels");
    auto const classes = read_classes(labels);
    nn::FineTuneDynamics dynamics;
    FineTuned const network(context, texts, labels.get<std::int32_t>("observed"), {}, every_row(texts), classes, 0,
                            &dynamics);
    auto output = network.classify(texts, true);

    auto const n = static_cast<std::int64_t>(texts.first.size());
    auto const dim = static_cast<std::int64_t>(output.features.size()) / n;
    make_unit_rows(output.features, static_cast<std::size_t>(dim));
    base::Bundle::Shape const curves{context.params().get<std::int64_t>("epochs"), n};
    base::Bundle out;
    out.put("probs", as_floats(softmax({output.logits, n, classes})), {n, classes});
    out.put("features", std::move(output.features), {n, dim});
    out.put("loss", std::move(dynamics.loss), curves);
    out.put("train_margin", std::move(dynamics.train_margin), curves);
    out.put("eval_margin", std::move(dynamics.eval_margin), curves);
    out.put_scalar("train_loss", dynamics.final_loss);
    return out;
}

}  // namespace

plan::StageKind finetune_stage()
{
    return {.name = "ecg.finetune", .version = 2, .run = run, .can_be_continued = true};
}

}  // namespace ablatrix::ecg
