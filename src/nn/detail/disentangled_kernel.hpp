#pragma once

#include <cstdint>

#include "detail/attention_kernel.hpp"

namespace ablatrix::nn::detail {

/// One head's projections of the relative positions -reach to reach; a null \p data where the model has none.
struct RelativeLines
{
    ConstLines key;    ///< [width x 2 reach + 1], transposed: from distance reach down to -reach
    ConstLines query;  ///< [2 reach + 1 x width], from distance -reach up to reach, over the root of the scores
    std::int64_t reach;
};

/// Disentangled attention (models.md 2.3) of one head within one row of \p tokens <= reach + 1 tokens, on the calling
/// thread, without dropout. \p q is divided by the root of the scores already. \p out [tokens x width].
void attend_disentangled(std::int64_t tokens, std::int64_t width, ConstLines q, ConstLines k, ConstLines v,
                         RelativeLines const& positions, Lines out, AttentionScratch& scratch);

}  // namespace ablatrix::nn::detail
