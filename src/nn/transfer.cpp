#include "detail/transfer.hpp"

#include <ATen/ATen.h>

#include <cstdint>

namespace ablatrix::nn::detail {

std::vector<float> on_host(at::Tensor const& tensor)
{
    auto const packed = tensor.to(at::kCPU).contiguous();
    auto const* data = packed.data_ptr<float>();
    return {data, data + packed.numel()};
}

at::Tensor index_of(std::vector<std::size_t> const& rows, at::Device device)
{
    return at::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), at::kLong).to(device);
}

}  // namespace ablatrix::nn::detail
