#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::nn::detail {

/// Rows of different lengths without padding ("packed"): token t of row b is entry row_begin[b] + t. Linear layers and
/// norms run over the entries; attention alone knows rows.
struct Batch
{
    at::Tensor ids;                          ///< [T] int64, on the model's device, like the tensors below
    at::Tensor types;                        ///< [T] int64
    at::Tensor row;                          ///< [T] int64: b
    at::Tensor position;                     ///< [T] int64: t
    at::Tensor first;                        ///< [rows] int64: row_begin without its end
    at::Tensor length_there;                 ///< [rows] int64: lengths; undefined on the CPU, like the next
    at::Tensor example_there;                ///< [rows] int64: the bits of example
    std::vector<std::int64_t> row_begin{0};  ///< on the host, rows + 1 entries
    std::vector<std::uint64_t> example;      ///< per row: key of its dropout masks
    std::int64_t rows() const noexcept { return static_cast<std::int64_t>(row_begin.size()) - 1; }
    std::int64_t tokens() const noexcept { return row_begin.back(); }
    std::int64_t length(std::int64_t b) const noexcept { return row_begin[b + 1] - row_begin[b]; }
    std::int64_t longest() const;  ///< 0 without rows
    bool has_empty_row() const;
};

/// Fills length_there and example_there: with them every mask of dropout is drawn where the tensors are, without a copy
/// from the host that would wait for the device.
void add_mask_keys(Batch& batch);

/// The rows \p which of \p tokens, in that order; example keys are the row numbers.
Batch make_batch(text::TokenRows const& tokens, std::span<std::size_t const> which, at::Device device);

/// [rows * longest x columns] of zeros with entry (b, t) of \p packed [T x columns] at row b * longest + t; and back.
/// Both differentiable.
at::Tensor pad_rows(at::Tensor const& packed, Batch const& batch);
at::Tensor unpad_rows(at::Tensor const& padded, Batch const& batch);
/// [rows x longest] bool: which places of the padded form hold a token.
at::Tensor kept_places(Batch const& batch);

}  // namespace ablatrix::nn::detail
