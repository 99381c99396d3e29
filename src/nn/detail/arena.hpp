#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::nn::detail {

struct NamedParameter
{
    std::string name;  ///< Hugging Face's, the family's prefix may be missing
    at::Tensor tensor;
};

/// Whether weight decay applies (models.md 4.2): not to biases nor to norms; embeddings decay.
bool decays(std::string_view name);

/// Trained parameters and their gradients in two flat fp32 arrays that the parameters are views of: an optimiser's
/// step, a norm or a reset is one pass over memory. Parameters that decay come first, the rest behind them; every
/// parameter starts at a multiple of 64 bytes, the gaps are 0 and stay 0.
class ParameterArena
{
  public:
    /// Moves the values of \p parameters (fp32, one device; a tensor that occurs twice is taken once).
    explicit ParameterArena(std::vector<NamedParameter> parameters);
    /// The parameters keep their values in the arena's storage and lose their gradients.
    ~ParameterArena();
    ParameterArena(ParameterArena const&) = delete;
    ParameterArena& operator=(ParameterArena const&) = delete;

    at::Tensor values;         ///< [size]
    at::Tensor gradients;      ///< [size]
    std::int64_t decayed = 0;  ///< entries [0, decayed) decay

  private:
    std::vector<at::Tensor> parameters_;
};

}  // namespace ablatrix::nn::detail
