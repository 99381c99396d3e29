#pragma once

#include <cstdint>
#include <vector>

#include "arrays.hpp"

namespace ablatrix::nn::oracle {

/// One row of tokens without padding. \p types may be empty: all 0.
struct Row
{
    std::vector<std::int64_t> ids, types;
};

/// The states after the embeddings and after each layer, [S x hidden] each (BART: of the decoder).
std::vector<Matrix> hidden_states(EncoderConfig const& config, Weights const& weights, Row const& row);
/// The state that a classifier reads: of the first token, BART: of the last end-of-sequence token.
Matrix sentence(EncoderConfig const& config, Weights const& weights, Row const& row);
/// Of the classification head.
std::vector<double> logits(EncoderConfig const& config, Weights const& weights, Row const& row);
/// Of the span head (`qa_outputs`), [S x 2].
Matrix span_logits(EncoderConfig const& config, Weights const& weights, Row const& row);

/// -log softmax(scores)[target]
double cross_entropy(std::vector<double> const& scores, std::size_t target);
/// Mean of the cross-entropies of start and end.
double span_loss(Matrix const& span_logits, std::size_t start, std::size_t end);

/// DeBERTa's bucket of a distance: the distance itself near 0, then logarithmic.
std::int64_t bucket(std::int64_t distance, std::int64_t buckets, std::int64_t max_relative);

// The families.
std::vector<Matrix> bert_states(EncoderConfig const& config, Weights const& weights, Row const& row);
std::vector<Matrix> deberta_states(EncoderConfig const& config, Weights const& weights, Row const& row);
std::vector<Matrix> bart_states(EncoderConfig const& config, Weights const& weights, Row const& row);

}  // namespace ablatrix::nn::oracle
