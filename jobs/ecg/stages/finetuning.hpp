#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/nn/text_classifier.hpp>
#include <ablatrix/plan/stage.hpp>

#include "jobs/ecg/pairs.hpp"

/// \file
/// What the stages of classifier.kind finetune share.

namespace ablatrix::ecg {

/// The row's texts of the input "text", as pairs where there is an input "pairs".
TextRows training_texts(plan::StageContext const& context);

/// A network that was trained on what a stage has.
class FineTuned
{
  public:
    /// Trains the encoder that the parameters name, with a new head, on \p rows of \p texts with their \p labels and
    /// \p weights (both of all rows; no weights: all 1). \p fold 0 is the model of all rows.
    /// \p dynamics, when given, is filled with what training showed of each row.
    FineTuned(plan::StageContext const& context, TextRows const& texts, std::span<std::int32_t const> labels,
              std::span<float const> weights, std::vector<std::size_t> const& rows, std::int32_t classes,
              std::uint64_t fold, nn::FineTuneDynamics* dynamics);

    /// Logits row-major [rows x classes] and, when asked for, states of the first token.
    nn::TextClassifier::Output classify(TextRows const& texts, bool features = false) const;

  private:
    nn::TextClassifier network_;
    int max_length_;
};

std::vector<std::size_t> every_row(TextRows const& texts);
/// The \p rows of \p texts.
TextRows pick(TextRows const& texts, std::vector<std::size_t> const& rows);

}  // namespace ablatrix::ecg
