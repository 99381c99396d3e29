#pragma once

#include <memory>
#include <string>

#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/text_classifier.hpp>
#include <ablatrix/plan/params.hpp>
#include <ablatrix/plan/stage.hpp>

#include "jobs/ecg/checkpoints.hpp"

/// \file
/// Checkpoints inside stages. A stage names one by its content hash, parameter "model", and finds it at the place
/// "model".

namespace ablatrix::ecg {

/// Names \p checkpoint among the parameters of a stage.
plan::Params& set_model(plan::Params& params, Checkpoint const& checkpoint);
/// Names it with the way in which it makes sentence vectors: "pooling", "normalize", "max_length".
plan::Params& set_embedder(plan::Params& params, Checkpoint const& checkpoint);

/// The folder of the checkpoint that the stage's parameters name. \throws Error when it is not what was planned with
std::string checked_folder(plan::StageContext const& context);

/// The embedder that the stage's parameters name, on the stage's device. This process keeps the last one for the next
/// stage. \throws Error as checked_folder() does
std::shared_ptr<nn::Embedder const> shared_embedder(plan::StageContext const& context);

/// The encoder that the stage's parameters name with a new head for \p classes, drawn by the parameter "seed" and
/// \p fold. Lets the shared embedder go: a GPU is to hold one network at a time.
nn::TextClassifier new_classifier(plan::StageContext const& context, std::int32_t classes, nn::FineTuneSeed seed);

}  // namespace ablatrix::ecg
