#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "detail/batch.hpp"

namespace ablatrix::nn::detail {

/// Dropout whose masks are a function of (seed, fold, epoch, example, layer, site, position, channel) alone: they do
/// not depend on how rows are batched, nor on the device (models.md 4.3). Inactive = evaluation.
///
/// Element i of an example's mask at one site is word i mod 4 of Philox4x32-10 with counter
/// (i / 4, epoch * 2^16 + layer * 2^8 + site, example low, example high); it is kept when the word is at least
/// round(p * 2^32). A CPU tensor's mask comes from a vectorised kernel, any other device computes the same words with
/// ATen's integer operations there.
class Dropout
{
  public:
    enum class Site : std::uint32_t
    {
        embedding,
        attention,
        attention_output,
        ffn_output,
        activation,
        relative,
        pooler,
        classifier,
        classifier_dense,
        cross_attention,
        cross_output,
        convolution
    };

    Dropout() = default;  ///< inactive
    /// Key: the first word pair of stream (seed, "dropout", fold). \p step (the optimiser's) keys what the examples of
    /// a batch share: DeBERTa's relative embeddings. \p epoch must be below 2^16.
    Dropout(std::uint64_t seed, std::uint64_t fold, std::uint64_t epoch, std::uint64_t step = 0);

    bool active() const noexcept { return active_; }
    /// \p x [T x width] (one row a token) or [rows x width] (one row an example, position 0): keeps with probability
    /// 1 - p, scales by 1 / (1 - p). i = position * width + channel. Differentiable.
    at::Tensor apply(at::Tensor const& x, double p, std::uint32_t layer, Site site, Batch const& batch) const;
    /// \p x [n x width] that all examples share: keyed by the step in place of an example.
    at::Tensor apply_shared(at::Tensor const& x, double p, std::uint32_t layer, Site site) const;
    /// Mask of attention probabilities, padded to [rows x heads x longest x longest], values 0 or 1 / (1 - p). For
    /// query q and key k of a row of S tokens: i = (head * S + q) * S' + k, S' = S rounded up to a multiple of 4.
    at::Tensor attention_mask(double p, std::uint32_t layer, Site site, Batch const& batch, std::int64_t heads) const;

    /// What the masks of one site are made of, for kernels that draw them on the way.
    struct Key
    {
        std::uint64_t key = 0;        ///< Philox's
        std::uint32_t place = 0;      ///< second counter word
        std::uint32_t threshold = 0;  ///< a word below it drops
        float scale = 1;              ///< of what is kept
    };
    Key key(double p, std::uint32_t layer, Site site) const;

  private:
    bool active_ = false;
    std::uint64_t key_ = 0, epoch_ = 0, step_ = 0;
};

}  // namespace ablatrix::nn::detail
