#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "detail/arena.hpp"

namespace ablatrix::nn::detail {

struct AdamWOptions
{
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;
    double clip = 0;  ///< largest global gradient norm; 0: none
};

/// AdamW (Loshchilov and Hutter 2019) over an arena, with the gradient scaled by min(1, clip / (norm + 1e-6)) first:
///   p <- p (1 - rate * decay);  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
///   p <- p - rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
/// On the CPU one pass over memory after one for the norm, in chunks that do not depend on the number of threads.
class AdamW
{
  public:
    AdamW(ParameterArena& arena, AdamWOptions const& options);

    /// One update with the arena's gradients, which are zero afterwards.
    void step(double rate);

    /// What the next update depends on beside the arena. Whoever wants to go on elsewhere copies it, there and back.
    struct State
    {
        at::Tensor first;   ///< m
        at::Tensor second;  ///< v
        std::int64_t updates = 0;
    };
    State& state() noexcept { return state_; }

  private:
    void step_on_cpu(double rate, double correction1, double correction2);

    ParameterArena& arena_;
    AdamWOptions options_;
    State state_;
};

/// The same update by operations on whole tensors, on any device: what devices use. \p correction1, \p correction2:
/// 1 - beta^t.
void adamw_by_tensors(ParameterArena& arena, at::Tensor& first, at::Tensor& second, AdamWOptions const& options,
                      double rate, double correction1, double correction2);

/// Euclidean norm of a contiguous fp32 tensor on the CPU, summed in fp64 in an order that does not depend on threads.
double global_norm(at::Tensor const& gradients);

}  // namespace ablatrix::nn::detail
