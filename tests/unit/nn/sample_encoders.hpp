#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "detail/backbone.hpp"
#include "detail/batch.hpp"
#include "unit/nn/oracle/encoders.hpp"

/// \file
/// Small encoders with random weights, and their rows, for libtorch's and for the oracle's implementation.
namespace ablatrix::nn {

/// N(0, 0.2), weights of norms 1 + N(0, 0.1): large enough that a wrong position, bias or epsilon shows. Keyed by name.
void randomize(torch::nn::Module& module, std::uint64_t seed);
/// Adds the parameters of \p module to \p weights.
void copy_weights(torch::nn::Module const& module, oracle::Weights& weights);

/// \p length tokens from [first_id, vocabulary).
oracle::Row random_row(std::int64_t length, std::int64_t first_id, std::int64_t vocabulary, std::uint64_t seed);
detail::Batch batch_of(std::vector<oracle::Row> const& rows);

/// A backbone and a head of three labels with the same weights on both sides.
struct SampleEncoder
{
    explicit SampleEncoder(EncoderConfig const& config, std::uint64_t seed = 1, Precision precision = Precision::fp32);
    EncoderConfig config;
    std::shared_ptr<detail::Backbone> backbone;
    std::shared_ptr<detail::Head> head;
    oracle::Weights weights;

    at::Tensor hidden(std::vector<oracle::Row> const& rows) const;    ///< evaluation, [T x hidden]
    at::Tensor sentence(std::vector<oracle::Row> const& rows) const;  ///< evaluation, [rows x hidden]
    at::Tensor logits(std::vector<oracle::Row> const& rows) const;    ///< evaluation, [rows x 3]
    /// Mean cross-entropy of labels 0, 1, 2, 0, ... with its graph, dropout off.
    at::Tensor loss(std::vector<oracle::Row> const& rows) const;
    double oracle_loss(std::vector<oracle::Row> const& rows) const;
};

/// Largest distance of last hidden states, sentences and logits from the oracle's.
double farthest_from_oracle(SampleEncoder const& sample, std::vector<oracle::Row> const& rows);
/// Compares gradients of the loss with the oracle's central differences, for \p count entries drawn from all parameters
/// that \p rows reach. Returns the largest difference over 1 + |difference quotient|.
double farthest_gradient(SampleEncoder& sample, std::vector<oracle::Row> const& rows, std::size_t count);

}  // namespace ablatrix::nn
