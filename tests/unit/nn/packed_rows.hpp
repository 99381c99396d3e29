#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include <ablatrix/base/random.hpp>

#include "detail/batch.hpp"

namespace ablatrix::nn::detail {

/// Rows of the given lengths with ids drawn from [first_id, vocabulary).
inline text::TokenRows random_rows(std::vector<std::int64_t> const& lengths, std::int64_t vocabulary,
                                   std::int64_t first_id = 0)
{
    base::Stream stream(5, "random_rows");
    text::TokenRows out;
    for (auto const length : lengths) {
        for (std::int64_t t = 0; t < length; ++t) {
            auto const draw = stream.below(static_cast<std::uint64_t>(vocabulary - first_id));
            out.id.push_back(static_cast<std::int32_t>(draw) + static_cast<std::int32_t>(first_id));
            out.type.push_back(t > length / 2);
        }
        out.row_begin.push_back(out.row_begin.back() + length);
        out.truncated.push_back(0);
    }
    return out;
}

inline Batch batch_of(text::TokenRows const& rows, std::vector<std::size_t> const& which)
{
    return make_batch(rows, which, at::kCPU);
}

inline Batch whole_batch(text::TokenRows const& rows)
{
    std::vector<std::size_t> all(rows.rows());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return batch_of(rows, all);
}

/// The entries of row \p b of a packed tensor.
inline at::Tensor row_of(at::Tensor const& packed, Batch const& batch, std::int64_t b)
{
    return packed.slice(0, batch.row_begin[static_cast<std::size_t>(b)],
                        batch.row_begin[static_cast<std::size_t>(b) + 1]);
}

inline double largest_difference(at::Tensor const& a, at::Tensor const& b)
{
    if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
    return a.numel() == 0 ? 0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace ablatrix::nn::detail
