#include "detail/arena.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {
namespace {

constexpr std::int64_t alignment = 16;  ///< floats: 64 bytes

std::int64_t padded(at::Tensor const& tensor)
{
    return (tensor.numel() + alignment - 1) / alignment * alignment;
}

bool is_norm(std::string_view part)
{
    return part == "norm" || part.ends_with("_norm");
}

}  // namespace

bool decays(std::string_view name)
{
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (auto const* word : {"bias", "layernorm", "rmsnorm"}) {
        if (lower.find(word) != std::string::npos) return false;
    }
    std::string_view rest = lower;
    while (!rest.empty()) {
        auto const dot = std::min(rest.find('.'), rest.size());
        if (is_norm(rest.substr(0, dot))) return false;
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    return true;
}

ParameterArena::ParameterArena(std::vector<NamedParameter> parameters)
{
    ABLATRIX_EXPECT(!parameters.empty());
    std::set<at::TensorImpl const*> seen;
    std::erase_if(parameters, [&seen](auto const& p) { return !seen.insert(p.tensor.unsafeGetTensorImpl()).second; });
    std::ranges::stable_partition(parameters, [](auto const& p) { return decays(p.name); });
    std::int64_t size = 0;
    for (auto const& [name, tensor] : parameters) {
        ABLATRIX_EXPECT(tensor.scalar_type() == at::kFloat);
        size += padded(tensor);
        if (decays(name)) decayed = size;
    }
    values = at::zeros({size}, parameters.front().tensor.options().requires_grad(false));
    gradients = at::zeros_like(values);
    std::int64_t begin = 0;
    for (auto& [name, tensor] : parameters) {
        auto const place = values.narrow(0, begin, tensor.numel()).view(tensor.sizes());
        place.copy_(tensor.detach());
        tensor.set_data(place);
        tensor.mutable_grad() = gradients.narrow(0, begin, tensor.numel()).view(tensor.sizes());
        begin += padded(tensor);
        parameters_.push_back(tensor);
    }
}

ParameterArena::~ParameterArena()
{
    for (auto const& parameter : parameters_)
        parameter.mutable_grad() = at::Tensor();
}

}  // namespace ablatrix::nn::detail
