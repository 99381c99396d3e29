#include "detail/dropout.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <bit>
#include <cmath>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "detail/dropout_kernel.hpp"

namespace ablatrix::nn::detail {
namespace {

/// Masks of rows [n x width]: row r has element numbers from position(r) * width and belongs to example(r).
template <typename Position, typename Example>
at::Tensor fill_rows(std::int64_t n, std::int64_t width, Dropout::Key const& key, Position position, Example example)
{
    auto mask = at::empty({n, width}, at::kFloat);
    auto* const out = mask.data_ptr<float>();
    at::parallel_for(0, n, std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, width)),
                     [&](auto begin, auto end) {
                         for (auto r = begin; r < end; ++r)
                             fill_mask(out + r * width, position(r) * width, width, key, example(r));
                     });
    return mask;
}

at::Tensor mask_of_tokens(std::int64_t width, Dropout::Key const& key, Batch const& batch)
{
    if (batch.example_there.defined()) {
        auto const channel = at::arange(width, batch.ids.options());
        auto const element = (batch.position * width).unsqueeze(1) + channel;
        auto const example = batch.example_there.index_select(0, batch.row).unsqueeze(1);
        return mask_by_tensors(element, example, key);
    }
    auto const* const row = batch.row.data_ptr<std::int64_t>();
    auto const* const position = batch.position.data_ptr<std::int64_t>();
    return fill_rows(
        batch.tokens(), width, key, [=](auto r) { return position[r]; },
        [&](auto r) { return batch.example[static_cast<std::size_t>(row[r])]; });
}

at::Tensor mask_of_examples(std::int64_t width, Dropout::Key const& key, Batch const& batch)
{
    if (batch.example_there.defined()) {
        auto const channel = at::arange(width, batch.ids.options()).unsqueeze(0);
        return mask_by_tensors(channel, batch.example_there.unsqueeze(1), key);
    }
    return fill_rows(
        batch.rows(), width, key, [](auto) { return std::int64_t{0}; },
        [&](auto r) { return batch.example[static_cast<std::size_t>(r)]; });
}

std::int64_t round_up4(std::int64_t n)
{
    return (n + 3) / 4 * 4;
}

}  // namespace

Dropout::Dropout(std::uint64_t seed, std::uint64_t fold, std::uint64_t epoch, std::uint64_t step)
    : active_(true), key_(base::Stream(seed, "dropout", fold).next()), epoch_(epoch), step_(step)
{
    ABLATRIX_EXPECT(epoch < (1U << 16));
}

Dropout::Key Dropout::key(double p, std::uint32_t layer, Site site) const
{
    ABLATRIX_EXPECT(p >= 0 && p < 1 && layer < (1U << 8));
    auto const place = static_cast<std::uint32_t>(epoch_ << 16) | (layer << 8) | static_cast<std::uint32_t>(site);
    return {key_, place, static_cast<std::uint32_t>(std::llround(p * 0x1p32)), static_cast<float>(1 / (1 - p))};
}

at::Tensor Dropout::apply(at::Tensor const& x, double p, std::uint32_t layer, Site site, Batch const& batch) const
{
    if (!active_ || p <= 0) return x;
    bool const tokens = x.size(0) == batch.tokens();  // one token in every row: both are the same
    ABLATRIX_EXPECT(x.dim() == 2 && (tokens || x.size(0) == batch.rows()));
    auto const site_key = key(p, layer, site);
    return x * (tokens ? mask_of_tokens(x.size(1), site_key, batch) : mask_of_examples(x.size(1), site_key, batch));
}

at::Tensor Dropout::apply_shared(at::Tensor const& x, double p, std::uint32_t layer, Site site) const
{
    if (!active_ || p <= 0) return x;
    ABLATRIX_EXPECT(x.dim() == 2);
    auto const site_key = key(p, layer, site);
    if (x.is_cpu()) {
        return x * fill_rows(
                       x.size(0), x.size(1), site_key, [](auto r) { return r; }, [&](auto) { return step_; });
    }
    auto const element = at::arange(x.numel(), x.options().dtype(at::kLong)).view({x.size(0), x.size(1)});
    return x * mask_by_tensors(element, at::full_like(element, std::bit_cast<std::int64_t>(step_)), site_key);
}

at::Tensor Dropout::attention_mask(double p, std::uint32_t layer, Site site, Batch const& batch,
                                   std::int64_t heads) const
{
    auto const rows = batch.rows(), longest = batch.longest();
    auto const options = batch.ids.options();
    if (!active_ || p <= 0) return at::ones({rows, heads, longest, longest}, options.dtype(at::kFloat));
    auto const site_key = key(p, layer, site);
    if (batch.example_there.defined()) {
        auto const length = batch.length_there.view({rows, 1, 1, 1});
        auto const stride = length.add(3).bitwise_right_shift(2).mul(4);
        auto const place = at::arange(longest, options);
        auto const head = at::arange(heads, options).view({1, heads, 1, 1});
        auto const element = (head * length + place.view({longest, 1})) * stride + place;
        return mask_by_tensors(element, batch.example_there.view({rows, 1, 1, 1}), site_key);
    }
    auto mask = at::zeros({rows, heads, longest, longest}, at::kFloat);
    auto* const out = mask.data_ptr<float>();
    at::parallel_for(0, rows * heads, 1, [&](auto first, auto last) {
        for (auto i = first; i < last; ++i) {
            auto const b = i / heads, head = i % heads, length = batch.length(b);
            for (std::int64_t q = 0; q < length; ++q) {
                fill_mask(out + (i * longest + q) * longest, (head * length + q) * round_up4(length), length, site_key,
                          batch.example[static_cast<std::size_t>(b)]);
            }
        }
    });
    return mask;
}

}  // namespace ablatrix::nn::detail
