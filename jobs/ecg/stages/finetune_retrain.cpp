#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/finetuning.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

FineTuned train_on_kept(plan::StageContext const& context)
{
    auto const& cleaned = context.input("cleaned");
    auto const labels = cleaned.get<std::int32_t>("label");
    auto const weight = cleaned.get<float>("weight");
    std::vector<std::size_t> kept;
    bool weighs = false;
    for (std::size_t i = 0; i < weight.size(); ++i) {
        if (weight[i] <= 0) continue;
        kept.push_back(i);
        weighs = weighs || weight[i] != 1;
    }
    // Without weights of its own this is the noisy baseline's recipe and seed.
    return {context, training_texts(context), labels, weighs ? weight : std::span<float const>{},
            kept,    read_classes(cleaned),   0,      nullptr};
}

base::Bundle run(plan::StageContext const& context)
{
    auto const classes = read_classes(context.input("cleaned"));
    auto const network = train_on_kept(context);
    auto const ask = [&](base::Bundle const& texts, std::string const& name, base::Bundle const* pairs) {
        return network.classify(read_text_rows(texts, name, pairs)).logits;
    };
    base::Bundle out;
    if (context.has_input("evaluation")) {
        auto const& evaluation = context.input("evaluation");
        auto const* const pairs = context.has_input("evaluation_pairs") ? &context.input("evaluation_pairs") : nullptr;
        for (auto const& name : text_arrays(evaluation))
            put_predictions(ask(evaluation, name, pairs), classes, name.substr(std::string{"text/"}.size()), out);
    }
    if (context.has_input("questions")) {
        auto const& questions = context.input("questions");
        for (auto const& name : text_arrays(questions)) {
            auto logits = ask(questions, name, context.has_input("pairs") ? &questions : nullptr);
            auto const rows = static_cast<std::int64_t>(logits.size()) / classes;
            out.put("logits/" + name, std::move(logits), {rows, classes});
        }
    }
    out.put_scalar("classes", classes);
    return out;
}

}  // namespace

plan::StageKind finetune_retrain_stage()
{
    return {.name = "ecg.finetune_retrain", .version = 2, .run = run, .can_be_continued = true};
}

}  // namespace ablatrix::ecg
