#include "detail/frozen.hpp"

#include "detail/blocks.hpp"
#include "detail/disentangled_attention.hpp"

namespace ablatrix::nn::detail {

Frozen::Frozen(torch::nn::Module& root)
{
    for (auto const& module : root.modules(/*include_self=*/false)) {
        if (auto attention = std::dynamic_pointer_cast<DisentangledAttention>(module)) {
            attention->freeze(true);
            attentions_.push_back(std::move(attention));
        }
        auto layer = std::dynamic_pointer_cast<Linear>(module);
        if (!layer || layer->precision != Precision::fp32 || !layer->weight.is_cpu()) continue;
        layer->packed = std::make_shared<PackedWeight const>(layer->weight, layer->bias);
        layers_.push_back(std::move(layer));
    }
}

Frozen::~Frozen()
{
    for (auto const& layer : layers_)
        layer->packed.reset();
    for (auto const& attention : attentions_)
        attention->freeze(false);
}

}  // namespace ablatrix::nn::detail
