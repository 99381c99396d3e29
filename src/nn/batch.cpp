#include "detail/batch.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {
namespace {

at::Tensor on_device(std::vector<std::int64_t> const& values, at::Device device)
{
    return at::tensor(values, at::kLong).to(device);
}

at::Tensor padded_index(Batch const& batch)
{
    return batch.row * batch.longest() + batch.position;
}

}  // namespace

std::int64_t Batch::longest() const
{
    std::int64_t out = 0;
    for (std::int64_t b = 0; b < rows(); ++b)
        out = std::max(out, length(b));
    return out;
}

bool Batch::has_empty_row() const
{
    return std::adjacent_find(row_begin.begin(), row_begin.end()) != row_begin.end();
}

void add_mask_keys(Batch& batch)
{
    std::vector<std::int64_t> length;
    for (std::int64_t b = 0; b < batch.rows(); ++b)
        length.push_back(batch.length(b));
    batch.length_there = on_device(length, batch.ids.device());
    batch.example_there = on_device({batch.example.begin(), batch.example.end()}, batch.ids.device());
}

Batch make_batch(text::TokenRows const& tokens, std::span<std::size_t const> which, at::Device device)
{
    Batch out;
    std::vector<std::int64_t> ids, types, row, position;
    for (std::size_t const i : which) {
        ABLATRIX_EXPECT(i < tokens.rows());
        auto const begin = tokens.row_begin[i];
        auto const length = tokens.row_begin[i + 1] - begin;
        ids.insert(ids.end(), tokens.id.begin() + begin, tokens.id.begin() + begin + length);
        types.insert(types.end(), tokens.type.begin() + begin, tokens.type.begin() + begin + length);
        row.insert(row.end(), static_cast<std::size_t>(length), static_cast<std::int64_t>(out.example.size()));
        for (std::int64_t t = 0; t < length; ++t)
            position.push_back(t);
        out.row_begin.push_back(out.row_begin.back() + length);
        out.example.push_back(i);
    }
    out.ids = on_device(ids, device);
    out.types = on_device(types, device);
    out.row = on_device(row, device);
    out.position = on_device(position, device);
    out.first = on_device({out.row_begin.begin(), out.row_begin.end() - 1}, device);
    if (!device.is_cpu()) add_mask_keys(out);
    return out;
}

at::Tensor pad_rows(at::Tensor const& packed, Batch const& batch)
{
    auto const zeros = at::zeros({batch.rows() * batch.longest(), packed.size(1)}, packed.options());
    return zeros.index_copy(0, padded_index(batch), packed);
}

at::Tensor unpad_rows(at::Tensor const& padded, Batch const& batch)
{
    return padded.index_select(0, padded_index(batch));
}

at::Tensor kept_places(Batch const& batch)
{
    auto const places = at::zeros({batch.rows() * batch.longest()}, batch.ids.options().dtype(at::kBool));
    return places.index_fill(0, padded_index(batch), true).view({batch.rows(), batch.longest()});
}

}  // namespace ablatrix::nn::detail
