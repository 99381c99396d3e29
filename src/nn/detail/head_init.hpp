#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ablatrix::nn::detail {

/// Fresh values for the parameters \p names of \p head: biases 0, the others N(0, \p spread) from the stream
/// (seed, "head_init/<name>", fold). They depend neither on the order of construction nor on the device.
void initialise_head(torch::nn::Module& head, std::vector<std::string> const& names, double spread, std::int64_t seed,
                     std::uint64_t fold);

}  // namespace ablatrix::nn::detail
