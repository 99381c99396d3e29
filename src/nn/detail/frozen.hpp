#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

namespace ablatrix::nn::detail {

class DisentangledAttention;
struct Linear;

/// While it lives, parameters below a module must not change, and passes without gradients make use of that: linear
/// layers that compute in float32 on the CPU take packed copies of their weights, DeBERTa's attention projects its
/// relative positions once.
class Frozen
{
  public:
    explicit Frozen(torch::nn::Module& root);
    ~Frozen();
    Frozen(Frozen const&) = delete;
    Frozen& operator=(Frozen const&) = delete;

  private:
    std::vector<std::shared_ptr<Linear>> layers_;
    std::vector<std::shared_ptr<DisentangledAttention>> attentions_;
};

}  // namespace ablatrix::nn::detail
