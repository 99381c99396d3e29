#include "detail/head_init.hpp"

#include <ATen/ATen.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace ablatrix::nn::detail {

void initialise_head(torch::nn::Module& head, std::vector<std::string> const& names, double spread, std::int64_t seed,
                     std::uint64_t fold)
{
    auto const parameters = head.named_parameters();
    for (auto const& name : names) {
        auto const* parameter = parameters.find(name);
        ABLATRIX_EXPECT(parameter != nullptr);
        auto values = at::zeros(parameter->sizes(), at::kFloat);
        if (!name.ends_with("bias")) {
            base::Stream stream(static_cast<std::uint64_t>(seed), "head_init/" + name, fold);
            auto* data = values.data_ptr<float>();
            for (std::int64_t i = 0; i < values.numel(); ++i)
                data[i] = static_cast<float>(spread * stream.normal());
        }
        parameter->detach().copy_(values);
    }
}

}  // namespace ablatrix::nn::detail
