#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

namespace ablatrix::nn::detail {

struct Linear;

/// While it lives, the linear layers below a module that compute in float32 on the CPU use packed copies of their
/// weights where no gradients are recorded. Their parameters must not change meanwhile; elsewhere it does nothing.
class Frozen
{
  public:
    explicit Frozen(torch::nn::Module& root);
    ~Frozen();
    Frozen(Frozen const&) = delete;
    Frozen& operator=(Frozen const&) = delete;

  private:
    std::vector<std::shared_ptr<Linear>> layers_;
};

}  // namespace ablatrix::nn::detail
