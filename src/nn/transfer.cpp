#include "detail/transfer.hpp"

#include <ATen/ATen.h>

#include "detail/threads.hpp"

#include <cstdint>

namespace ablatrix::nn::detail {

std::vector<float> on_host(at::Tensor const& tensor)
{
    auto const packed = tensor.to(at::kCPU).contiguous();
    auto const* data = packed.data_ptr<float>();
    return {data, data + packed.numel()};
}

double ordered_sum(at::Tensor const& tensor)
{
    Threads const one(1);
    return tensor.cpu().sum(at::kDouble).item<double>();
}

at::Tensor index_of(std::vector<std::size_t> const& rows, at::Device device)
{
    return at::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), at::kLong).to(device);
}

}  // namespace ablatrix::nn::detail
