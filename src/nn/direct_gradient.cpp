#include "detail/direct_gradient.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <vector>

#include "detail/simd.hpp"

namespace ablatrix::nn::detail {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Whether gradients can be added in place.
bool takes_gradient(at::Tensor const& parameter)
{
    return parameter.is_leaf() && parameter.grad().defined();
}

/// \p sum += g^T x. On the CPU in pieces of rows that BLAS sums in one go: with more, the order of its sums depends on
/// the number of threads.
void add_product(at::Tensor const& sum, at::Tensor const& g, at::Tensor const& x)
{
    constexpr std::int64_t rows_at_once = 256;
    auto const n = x.size(0);
    auto const step = x.is_cpu() ? rows_at_once : std::max<std::int64_t>(n, 1);
    for (std::int64_t begin = 0; begin < n; begin += step) {
        auto const count = std::min(step, n - begin);
        sum.addmm_(g.narrow(0, begin, count).t(), x.narrow(0, begin, count));
    }
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
            bool const in_place = takes_gradient(weight);
            auto const sum = in_place ? weight.mutable_grad() : at::zeros_like(weight);
            add_product(sum, g, x);
            if (!in_place) out[1] = sum;
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

/// Adds the columns' sums of g * (x - mean) * rstd to \p weight and those of g to \p bias, for rows [begin, end).
ABLATRIX_NN_SIMD void add_norm_gradients(float const* g, float const* x, float const* mean, float const* rstd,
                                         std::int64_t begin, std::int64_t end, std::int64_t width, float* weight,
                                         float* bias)
{
    for (auto r = begin; r < end; ++r) {
        for (std::int64_t c = 0; c < width; ++c) {
            auto const upstream = g[r * width + c];
            weight[c] += upstream * ((x[r * width + c] - mean[r]) * rstd[r]);
            bias[c] += upstream;
        }
    }
}

/// Gradients of weight and bias, [2 x width], in an order of sums that does not depend on threads.
at::Tensor norm_gradients(at::Tensor const& g, at::Tensor const& x, at::Tensor const& mean, at::Tensor const& rstd)
{
    constexpr std::int64_t rows_at_once = 64;
    auto const n = x.size(0), width = x.size(1);
    auto const parts = (n + rows_at_once - 1) / rows_at_once;
    auto const partial = at::zeros({std::max<std::int64_t>(parts, 1), 2, width}, x.options());
    auto* const to = partial.data_ptr<float>();
    at::parallel_for(0, parts, 1, [&](auto first, auto last) {
        for (auto i = first; i < last; ++i) {
            add_norm_gradients(g.data_ptr<float>(), x.data_ptr<float>(), mean.data_ptr<float>(), rstd.data_ptr<float>(),
                               i * rows_at_once, std::min((i + 1) * rows_at_once, n), width, to + 2 * i * width,
                               to + (2 * i + 1) * width);
        }
    });
    auto sum = partial[0];
    for (std::int64_t i = 1; i < parts; ++i)
        sum.add_(partial[i]);
    return sum;
}

struct LayerNorm : torch::autograd::Function<LayerNorm>
{
    static at::Tensor forward(AutogradContext* context, at::Tensor const& x, at::Tensor const& weight,
                              at::Tensor const& bias, double epsilon)
    {
        auto [y, mean, rstd] = at::native_layer_norm(x, weight.sizes(), weight, bias, epsilon);
        context->save_for_backward({x, weight, bias, mean, rstd});
        return y;
    }

    static tensor_list backward(AutogradContext* context, tensor_list const& upstream)
    {
        auto const saved = context->get_saved_variables();
        auto const &x = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3], &rstd = saved[4];
        auto const g = upstream[0].contiguous();
        bool const trained = weight.requires_grad();
        auto [dx, dweight, dbias] = at::native_layer_norm_backward(
            g, x, weight.sizes(), mean, rstd, weight, bias, {true, trained && !x.is_cpu(), trained && !x.is_cpu()});
        if (trained && x.is_cpu()) {
            auto const both = norm_gradients(g, x, mean, rstd);
            dweight = both[0];
            dbias = both[1];
        }
        if (trained && takes_gradient(weight) && takes_gradient(bias)) {
            weight.mutable_grad().add_(dweight);
            bias.mutable_grad().add_(dbias);
            return {dx, at::Tensor(), at::Tensor(), at::Tensor()};
        }
        return {dx, dweight, dbias, at::Tensor()};
    }
};

}  // namespace

at::Tensor affine(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias)
{
    if (!at::GradMode::is_enabled()) return at::linear(x, weight, bias);
    return Linear::apply(x, weight, bias.defined() ? c10::make_optional(bias) : c10::nullopt);
}

at::Tensor normalise(at::Tensor const& x, at::Tensor const& weight, at::Tensor const& bias, double epsilon)
{
    if (!at::GradMode::is_enabled()) return at::layer_norm(x, weight.sizes(), weight, bias, epsilon);
    return LayerNorm::apply(x.contiguous(), weight, bias, epsilon);
}

at::Tensor lookup(at::Tensor const& weight, at::Tensor const& ids, std::int64_t padding)
{
    if (!at::GradMode::is_enabled()) return weight.index_select(0, ids);
    return Embedding::apply(weight, ids, padding);
}

}  // namespace ablatrix::nn::detail
