#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string_view>

#include <ablatrix/nn/encoder.hpp>

#include "detail/batch.hpp"
#include "detail/dropout.hpp"

namespace ablatrix::nn::detail {

/// An encoder of any family, without a head.
struct Backbone : torch::nn::Module
{
    /// Last hidden states [T x hidden]. \p dropout active = training.
    virtual at::Tensor hidden(Batch const& batch, Dropout const& dropout) = 0;
    /// The one state of each row that a classifier reads, [rows x hidden]: BERT's kin read the first token, BART the
    /// last end-of-sequence token. The last layer computes only it. No row may be empty.
    virtual at::Tensor sentence(Batch const& batch, Dropout const& dropout) = 0;
    /// Whether passes on \p device fill all rows up to the longest: memory then goes by that.
    virtual bool pads(at::Device device) const { return !device.is_cpu(); }
};

/// Parameters are registered under Hugging Face's names without the family's prefix: named_parameters() is the
/// checkpoint map. Values are not initialised.
std::shared_ptr<Backbone> make_backbone(EncoderConfig const& config, Precision precision);

/// BERT, RoBERTa and ELECTRA.
std::shared_ptr<Backbone> make_bert(EncoderConfig const& config, Precision precision);
std::shared_ptr<Backbone> make_deberta(EncoderConfig const& config, Precision precision);
std::shared_ptr<Backbone> make_bart(EncoderConfig const& config, Precision precision);

/// A head on top: registered under the names of models.md 1.4.
struct Head : torch::nn::Module
{
    /// \p sentence [rows x hidden] -> logits [rows x labels].
    virtual at::Tensor logits(at::Tensor const& sentence, Batch const& batch, Dropout const& dropout) = 0;
};
std::shared_ptr<Head> make_classifier_head(EncoderConfig const& config, std::int64_t labels);

}  // namespace ablatrix::nn::detail
