#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "detail/dropout.hpp"

/// \file
/// Attention of one head within one row of tokens, on the calling thread.

namespace ablatrix::nn::detail {

/// A slice of columns: line i starts at data + i * stride.
struct ConstLines
{
    float const* data;
    std::ptrdiff_t stride;
};
struct Lines
{
    float* data;
    std::ptrdiff_t stride;
};

struct HeadTask
{
    std::int64_t queries = 0, keys = 0, width = 0;
    std::int64_t first_query = 0;  ///< position of the first query in its row
    bool causal = false;
    Dropout::Key const* dropout = nullptr;  ///< null: none
    std::uint64_t example = 0;
    std::int64_t head = 0;
};

/// Floats of one line of probabilities: \p keys rounded up to whole vectors; what is beyond keys is 0.
std::int64_t probability_line(std::int64_t keys);

/// Memory that a thread uses again for every head.
class AttentionScratch
{
  public:
    /// Part \p slot, not initialised; valid until the same slot is asked for again.
    float* part(std::size_t slot, std::int64_t floats);

  private:
    std::vector<float> parts_[8];
};

/// \p probability [queries x probability_line(keys)], before dropout; \p out [queries x width].
void attend_forward(HeadTask const& task, ConstLines q, ConstLines k, ConstLines v, float* probability, Lines out,
                    AttentionScratch& scratch);

/// \p upstream: gradient of out. Writes the gradients of q, k and v.
void attend_backward(HeadTask const& task, ConstLines q, ConstLines k, ConstLines v, float const* probability,
                     ConstLines upstream, Lines dq, Lines dk, Lines dv, AttentionScratch& scratch);

// Parts, for attention with other scores.

/// \p n in whole vectors.
std::int64_t round_up(std::int64_t n);
/// to [lines x padded] = from, zeros behind \p width.
void pack(ConstLines from, std::int64_t lines, std::int64_t width, std::int64_t padded, float* to);
/// to [width x padded] = transposed from, zeros behind \p lines.
void pack_transposed(ConstLines from, std::int64_t lines, std::int64_t width, std::int64_t padded, float* to);
void unpack(float const* from, std::int64_t lines, std::int64_t width, std::int64_t padded, Lines to);
/// Softmax of score[0, seen) in each of \p lines lines, in place; zeros up to \p line, a multiple of the lanes.
void softmax_lines(float* score, std::int64_t lines, std::int64_t seen, std::int64_t line);

}  // namespace ablatrix::nn::detail
