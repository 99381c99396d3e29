#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <ablatrix/nn/encoder.hpp>

#include "detail/dropout.hpp"
#include "detail/packed_weight.hpp"

/// \file
/// Blocks that the families share. Each registers its parameters (float32 on the CPU, not initialised) as `weight` and
/// `bias`, so that a path given to add() makes Hugging Face's name.

namespace ablatrix::nn::detail {

struct Linear : torch::nn::Module
{
    Linear(std::int64_t in, std::int64_t out, Precision precision, bool with_bias = true);
    /// [n x in] -> [n x out]
    at::Tensor forward(at::Tensor const& x) const;

    at::Tensor weight;  ///< [out x in]
    at::Tensor bias;    ///< [out], or undefined
    Precision precision;
    std::shared_ptr<PackedWeight const> packed;  ///< while frozen
};

/// Normalises rows with the biased variance.
struct LayerNorm : torch::nn::Module
{
    LayerNorm(std::int64_t width, double epsilon);
    at::Tensor forward(at::Tensor const& x) const;

    at::Tensor weight, bias;  ///< [width]
    double epsilon;
};

struct Embedding : torch::nn::Module
{
    /// The row \p padding gets no gradient.
    Embedding(std::int64_t rows, std::int64_t width, std::int64_t padding = -1);
    /// [n] -> [n x width]. \throws an ATen index error for an id that is not in the table
    at::Tensor forward(at::Tensor const& ids) const;

    at::Tensor weight;  ///< [rows x width]
    std::int64_t padding;
};

at::Tensor activate(at::Tensor const& x, Activation activation);
/// activation(linear(x))
at::Tensor linear_activation(Linear const& linear, at::Tensor const& x, Activation activation);
/// norm(x + y), the end of a post-norm branch
at::Tensor add_norm(LayerNorm const& norm, at::Tensor const& x, at::Tensor const& y);

/// The submodule of \p parent called \p name, made if absent.
std::shared_ptr<torch::nn::Module> container(torch::nn::Module& parent, std::string const& name);

/// Registers a new \p M at a dotted path below \p root ("attention.self.query"), with the containers on the way.
template <typename M, typename... Args>
std::shared_ptr<M> add(torch::nn::Module& root, std::string_view path, Args&&... args)
{
    if (auto const dot = path.find('.'); dot != std::string_view::npos) {
        auto const branch = container(root, std::string(path.substr(0, dot)));
        return add<M>(*branch, path.substr(dot + 1), std::forward<Args>(args)...);
    }
    return root.register_module(std::string(path), std::make_shared<M>(std::forward<Args>(args)...));
}

}  // namespace ablatrix::nn::detail
