#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <ablatrix/nn/text_classifier.hpp>

#include "detail/backbone.hpp"

namespace ablatrix::nn::detail {

/// Modules on one device.
struct ClassifierModules
{
    Backbone& backbone;
    Head& head;
    at::Device device;
    std::int64_t classes;
    Precision precision = Precision::fp32;  ///< of products
    std::string_view config = {};           ///< config.json: what the network is besides its parameters
};

struct LabelledRows
{
    text::TokenRows const& tokens;
    std::span<std::int32_t const> labels;
    std::span<float const> weights;  ///< empty: 1 each
};

/// Without dropout and gradients, in groups of rows of similar length; both on the modules' device.
struct Evaluation
{
    at::Tensor sentences;  ///< [n x hidden], if asked for
    at::Tensor logits;     ///< [n x classes]
};
Evaluation evaluate(ClassifierModules const& modules, text::TokenRows const& tokens, bool with_sentences = false);

/// What TextClassifier::fine_tune does once texts are tokens.
FineTuneDynamics fine_tune(ClassifierModules const& modules, LabelledRows const& rows, FineTuneOptions const& options,
                           FineTuneSeed seed, FineTuneRun const& run);

/// The order in which an epoch visits \p n rows, from stream (seed, "batch_order", fold * 2^32 + epoch).
std::vector<std::size_t> batch_order(std::size_t n, FineTuneSeed seed, int epoch);

}  // namespace ablatrix::nn::detail
