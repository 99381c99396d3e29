#include "jobs/ecg/stages/finetuning.hpp"

#include <numeric>
#include <utility>

#include "jobs/ecg/encoders.hpp"

namespace ablatrix::ecg {
namespace {

nn::FineTuneOptions read_options(plan::Params const& params)
{
    nn::FineTuneOptions options;
    options.epochs = params.get_int("epochs");
    options.batch = params.get_int("batch");
    options.learning_rate = params.get<double>("learning_rate");
    options.weight_decay = params.get<double>("weight_decay");
    options.max_length = params.get_int("max_length");
    return options;
}

nn::FineTuneSeed seed_of(plan::StageContext const& context, std::uint64_t fold)
{
    return {context.params().get<std::int64_t>("seed"), fold};
}

}  // namespace

TextRows training_texts(plan::StageContext const& context)
{
    return read_text_rows(context.input("text"), "text",
                          context.has_input("pairs") ? &context.input("pairs") : nullptr);
}

std::vector<std::size_t> every_row(TextRows const& texts)
{
    std::vector<std::size_t> rows(texts.first.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
}

TextRows pick(TextRows const& texts, std::vector<std::size_t> const& rows)
{
    TextRows out;
    for (auto const row : rows) {
        out.first.push_back(texts.first[row]);
        if (!texts.second.empty()) out.second.push_back(texts.second[row]);
    }
    return out;
}

FineTuned::FineTuned(plan::StageContext const& context, TextRows const& texts, std::span<std::int32_t const> labels,
                     std::span<float const> weights, std::vector<std::size_t> const& rows, std::int32_t classes,
                     std::uint64_t fold, nn::FineTuneDynamics* dynamics)
    : network_(new_classifier(context, classes, seed_of(context, fold))),
      max_length_(context.params().get_int("max_length"))
{
    auto const chosen = pick(texts, rows);
    std::vector<std::int32_t> chosen_labels;
    std::vector<float> chosen_weights;
    for (auto const row : rows) {
        chosen_labels.push_back(labels[row]);
        if (!weights.empty()) chosen_weights.push_back(weights[row]);
    }
    nn::FineTuneRun run{.record_dynamics = dynamics != nullptr};
    if (auto const& unfinished = context.unfinished(); !unfinished.folder.empty()) {
        run.unfinished = unfinished.folder / "training.safetensors";
        run.save_every_s = unfinished.save_every_s;
        run.must_stop = unfinished.must_stop;
    }
    try {
        auto shown = network_.fine_tune(chosen.first, chosen.second, chosen_labels, chosen_weights,
                                        read_options(context.params()), seed_of(context, fold), run);
        if (dynamics != nullptr) *dynamics = std::move(shown);
    }
    catch (nn::TrainingStopped const&) {
        throw plan::StageStopped{};
    }
}

nn::TextClassifier::Output FineTuned::classify(TextRows const& texts, bool features) const
{
    if (texts.first.empty()) return {};
    return network_.classify(texts.first, texts.second, max_length_, features);
}

}  // namespace ablatrix::ecg
