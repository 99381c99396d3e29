#include "detail/attention.hpp"

#include <ATen/ATen.h>

namespace ablatrix::nn::detail {

at::Tensor attention(at::Tensor const& q, at::Tensor const& k, at::Tensor const& v, Batch const& batch,
                     Dropout const& dropout, AttentionOptions const& options, std::span<std::int64_t const> query)
{
    return padded_attention(q, k, v, batch, dropout, options, query);
}

}  // namespace ablatrix::nn::detail
