#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <mutex>

#include <ablatrix/nn/encoder.hpp>

#include "detail/blocks.hpp"
#include "detail/dropout.hpp"

namespace ablatrix::nn::detail {

/// Bucket of a distance between two tokens: the distance itself up to buckets / 2, logarithmic beyond, up to \p
/// max_relative; without buckets (<= 0) the distance. In float32, as DeBERTa's code has it. Odd.
std::int64_t relative_bucket(std::int64_t distance, std::int64_t buckets, std::int64_t max_relative);
/// Largest distance that has its own entry in the table of relative embeddings, which has 2 * span rows.
std::int64_t relative_span(EncoderConfig const& config);

/// Self-attention of DeBERTa-v2 and v3 (He et al. 2021, models.md 2.3): the score of a query and a key is the product
/// of their contents, plus that of either's content with the other's relative position, over one root.
///
/// Registers query_proj, key_proj, value_proj and, unless keys are shared, pos_key_proj and pos_query_proj.
class DisentangledAttention : public torch::nn::Module
{
  public:
    DisentangledAttention(EncoderConfig const& config, std::uint32_t layer, Precision precision);

    /// Whether weights stay as they are, so that the table's rows are projected once for all evaluations.
    void freeze(bool frozen);

    /// \p x [T x hidden] -> contexts [T x hidden]. \p table [2 span x hidden]: relative embeddings, undefined without
    /// relative attention.
    at::Tensor forward(at::Tensor const& x, at::Tensor const& table, Batch const& batch, Dropout const& dropout);
    /// \p x [T x hidden] -> the context of each row's first token, [rows x hidden].
    at::Tensor first_tokens(at::Tensor const& x, at::Tensor const& table, Batch const& batch, Dropout const& dropout);

  private:
    /// Projections of rows of the table [n x hidden]; undefined where the model has none.
    struct Positions
    {
        at::Tensor key, query;
    };
    Positions project(at::Tensor const& rows) const;
    /// Of the table's rows for distances \p begin, \p begin + 1, ... below \p end.
    Positions positions(at::Tensor const& table, std::int64_t begin, std::int64_t end, Dropout const& dropout);
    Positions evaluated(at::Tensor const& table);

    /// Evaluation on the CPU, row by row without padding; \p x [T x hidden] -> contexts [T x hidden].
    at::Tensor evaluate(at::Tensor const& x, Positions const& positions, Batch const& batch) const;
    /// [n x hidden] -> [heads x rows x n / rows x head width], in the type of products
    at::Tensor by_row(at::Tensor const& x, Batch const& batch) const;
    at::Tensor weighted(at::Tensor scores, at::Tensor const& v, Batch const& batch, Dropout const& dropout) const;
    at::Tensor scores(at::Tensor const& q, at::Tensor const& k, Positions const& positions) const;
    at::Tensor first_scores(at::Tensor const& q, at::Tensor const& k, Positions const& positions) const;

    std::int64_t heads_, buckets_, farthest_, span_;
    bool c2p_, p2c_;
    double root_, table_dropout_, dropout_;
    std::uint32_t layer_;
    Precision precision_;
    std::shared_ptr<Linear> query_, key_, value_, position_key_, position_query_;

    std::mutex mutex_;
    bool frozen_ = false;
    Positions evaluated_;  ///< of the whole table, while frozen
};

}  // namespace ablatrix::nn::detail
