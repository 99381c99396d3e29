#include <cstdint>
#include <utility>
#include <vector>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/finetuning.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const texts = training_texts(context);
    auto const& labels = context.input("labels");
    auto const observed = labels.get<std::int32_t>("observed");
    auto const classes = read_classes(labels);
    auto const held_out = context.params().get_int("fold");
    auto const fold = stratified_folds(observed, classes, context.params().get_int("folds"),
                                       context.params().get<std::int64_t>("seed"), "folds");
    std::vector<std::size_t> known, asked;
    for (std::size_t i = 0; i < fold.size(); ++i)
        (fold[i] == held_out ? asked : known).push_back(i);

    // Fold 0 of the named streams belongs to the model that trains on all rows.
    FineTuned const network(context, texts, observed, {}, known, classes, static_cast<std::uint64_t>(held_out) + 1,
                            nullptr);
    auto const output = network.classify(pick(texts, asked));
    auto const rows = static_cast<std::int64_t>(asked.size());
    base::Bundle out;
    out.put("row", std::vector<std::int64_t>(asked.begin(), asked.end()));
    out.put("probs", as_floats(softmax({output.logits, rows, classes})), {rows, classes});
    return out;
}

}  // namespace

plan::StageKind finetune_fold_stage()
{
    return {.name = "ecg.finetune_fold", .version = 2, .run = run, .can_be_continued = true};
}

}  // namespace ablatrix::ecg
