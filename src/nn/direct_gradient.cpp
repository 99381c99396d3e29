#include "detail/direct_gradient.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace ablatrix::nn::detail {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Whether gradients can be added in place.
bool takes_gradient(at::Tensor const& parameter)
{
    return parameter.is_leaf() && parameter.grad().defined();
}

struct Linear : torch::autograd::Function<Linear>
{
    static at::Tensor forward(AutogradContext* context, at::Tensor const& x, at::Tensor const& weight,
                              c10::optional<at::Tensor> const& bias)
    {
        context->save_for_backward({x, weight, bias.value_or(at::Tensor())});
        return at::linear(x, weight, bias);
    }

    static tensor_list backward(AutogradContext* context, tensor_list const& upstream)
    {
        auto const saved = context->get_saved_variables();
        auto const &x = saved[0], &weight = saved[1], &bias = saved[2];
        auto const& g = upstream[0];
        tensor_list out(3);
        if (x.requires_grad()) out[0] = at::mm(g, weight);
        if (weight.requires_grad()) {
            if (takes_gradient(weight))
                weight.mutable_grad().addmm_(g.t(), x);
            else
                out[1] = at::mm(g.t(), x);
        }
        if (bias.defined() && bias.requires_grad()) {
            if (takes_gradient(bias))
                bias.mutable_grad().add_(g.sum(0));
            else
                out[2] = g.sum(0);
        }
        return out;
    }
};

void add_rows(at::Tensor const& sum, at::Tensor const& ids, at::Tensor const& rows, std::int64_t padding)
{
    auto const width = sum.size(1);
    auto const packed = rows.contiguous();
    auto const* id = ids.data_ptr<std::int64_t>();
    auto const* from = packed.data_ptr<float>();
    auto* const to = sum.data_ptr<float>();
    for (std::int64_t i = 0; i < ids.numel(); ++i) {
        if (id[i] == padding) continue;
        for (std::int64_t c = 0; c < width; ++c)
            to[id[i] * width + c] += from[i * width + c];
    }
}

struct Embedding : torch::autograd::Function<Embedding>
{
    static at::Tensor forward(AutogradContext* context, at::Tensor const& weight, at::Tensor const& ids,
                              std::int64_t padding)
    {
        context->save_for_backward({weight, ids});
        context->saved_data["padding"] = padding;
        return weight.index_select(0, ids);
    }

    static tensor_list backward(AutogradContext* context, tensor_list const& upstream)
    {
        auto const saved = context->get_saved_variables();
        auto const &weight = saved[0], &ids = saved[1];
        auto const padding = context->saved_data["padding"].toInt();
        auto const in_place = takes_gradient(weight);
        auto const sum = in_place ? weight.mutable_grad() : at::zeros_like(weight);
        if (sum.is_cpu()) {
            add_rows(sum, ids, upstream[0], padding);
        }
        else {  // sorts the ids: the order of the sums is fixed
            auto const kept = upstream[0] * (ids != padding).unsqueeze(1);
            sum.index_put_({ids}, kept.to(sum.scalar_type()), /*accumulate=*/true);
        }
        return {in_place ? at::Tensor() : sum, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor affine(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias)
{
    if (!at::GradMode::is_enabled()) return at::linear(x, weight, bias);
    return Linear::apply(x, weight, bias.defined() ? c10::make_optional(bias) : c10::nullopt);
}

at::Tensor lookup(at::Tensor const& weight, at::Tensor const& ids, std::int64_t padding)
{
    if (!at::GradMode::is_enabled()) return weight.index_select(0, ids);
    return Embedding::apply(weight, ids, padding);
}

}  // namespace ablatrix::nn::detail
