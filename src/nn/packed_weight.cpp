#include "detail/packed_weight.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {

PackedWeight::PackedWeight(at::Tensor const& weight, at::Tensor const& bias)
    : shape_{weight.size(1), weight.size(0)},
      packed_(at::empty({packed_size(shape_)}, at::kFloat)),
      bias_(bias.defined() ? bias.detach().clone() : at::zeros({shape_.out}, at::kFloat))
{
    ABLATRIX_EXPECT(weight.is_cpu() && weight.scalar_type() == at::kFloat);
    pack_weight(shape_, weight.contiguous().data_ptr<float>(), packed_.data_ptr<float>());
}

at::Tensor PackedWeight::product(at::Tensor const& x, Epilogue epilogue) const
{
    ABLATRIX_EXPECT(x.dim() == 2 && x.size(1) == shape_.in && x.is_cpu() && x.scalar_type() == at::kFloat);
    constexpr std::int64_t block = 96;  // lines whose inputs stay in a core's second-level cache
    auto const input = x.contiguous();
    auto const lines = input.size(0);
    auto const out = at::empty({lines, shape_.out}, input.options());
    auto const* const from = input.data_ptr<float>();
    auto* const to = out.data_ptr<float>();
    at::parallel_for(0, (lines + block - 1) / block, 1, [&](std::int64_t begin, std::int64_t end) {
        auto const first = begin * block, count = std::min(lines, end * block) - first;
        packed_product(shape_, count, from + first * shape_.in, packed_.data_ptr<float>(), bias_.data_ptr<float>(),
                       epilogue, to + first * shape_.out);
    });
    return out;
}

}  // namespace ablatrix::nn::detail
