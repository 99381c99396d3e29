#include "detail/adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "detail/adamw_kernel.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr std::int64_t chunk = 1 << 14;  ///< floats: four arrays of it fit a core's second-level cache

std::int64_t chunks_of(std::int64_t size)
{
    return (size + chunk - 1) / chunk;
}

/// Calls \p body(chunk, begin, count) for the chunks of [0, size), on libtorch's threads.
template <typename Body>
void for_chunks(std::int64_t size, Body const& body)
{
    at::parallel_for(0, chunks_of(size), 1, [&](std::int64_t first, std::int64_t last) {
        for (auto c = first; c < last; ++c)
            body(c, c * chunk, std::min(chunk, size - c * chunk));
    });
}

}  // namespace

double global_norm(at::Tensor const& gradients)
{
    auto const* data = gradients.data_ptr<float>();
    std::vector<double> parts(static_cast<std::size_t>(chunks_of(gradients.numel())));
    for_chunks(gradients.numel(), [&](std::int64_t c, std::int64_t begin, std::int64_t count) {
        parts[static_cast<std::size_t>(c)] = sum_of_squares(data + begin, count);
    });
    double total = 0;
    for (double const part : parts)
        total += part;
    return std::sqrt(total);
}

AdamW::AdamW(ParameterArena& arena, AdamWOptions const& options)
    : arena_(arena), options_(options), state_{at::zeros_like(arena.values), at::zeros_like(arena.values)}
{}

void AdamW::step(double rate)
{
    ++state_.updates;
    double const correction1 = 1 - std::pow(options_.beta1, static_cast<double>(state_.updates));
    double const correction2 = 1 - std::pow(options_.beta2, static_cast<double>(state_.updates));
    if (arena_.values.is_cpu())
        step_on_cpu(rate, correction1, correction2);
    else
        adamw_by_tensors(arena_, state_.first, state_.second, options_, rate, correction1, correction2);
}

void AdamW::step_on_cpu(double rate, double correction1, double correction2)
{
    double clip = 1;
    if (options_.clip > 0) clip = std::min(1.0, options_.clip / (global_norm(arena_.gradients) + 1e-6));
    AdamWFactors factors{.clip = static_cast<float>(clip),
                         .decay = static_cast<float>(1 - rate * options_.weight_decay),
                         .beta1 = static_cast<float>(options_.beta1),
                         .complement1 = static_cast<float>(1 - options_.beta1),
                         .beta2 = static_cast<float>(options_.beta2),
                         .complement2 = static_cast<float>(1 - options_.beta2),
                         .rate = static_cast<float>(rate / correction1),
                         .root_correction = static_cast<float>(std::sqrt(correction2)),
                         .epsilon = static_cast<float>(options_.epsilon)};
    auto* p = arena_.values.data_ptr<float>();
    auto* g = arena_.gradients.data_ptr<float>();
    auto* m = state_.first.data_ptr<float>();
    auto* v = state_.second.data_ptr<float>();
    auto const pass = [&](std::int64_t from, std::int64_t size) {
        for_chunks(size, [&, from](std::int64_t, std::int64_t begin, std::int64_t count) {
            auto const at = from + begin;
            adamw_update(p + at, g + at, m + at, v + at, count, factors);
        });
    };
    pass(0, arena_.decayed);
    factors.decay = 1;
    pass(arena_.decayed, arena_.values.numel() - arena_.decayed);
}

void adamw_by_tensors(ParameterArena& arena, at::Tensor& first, at::Tensor& second, AdamWOptions const& options,
                      double rate, double correction1, double correction2)
{
    auto& g = arena.gradients;
    // The norm stays on the device: waiting for it would let the device run dry.
    if (options.clip > 0) g.mul_((options.clip / (g.norm() + 1e-6)).clamp_max_(1));
    if (arena.decayed > 0) arena.values.narrow(0, 0, arena.decayed).mul_(1 - rate * options.weight_decay);
    first.lerp_(g, 1 - options.beta1);
    second.mul_(options.beta2).addcmul_(g, g, 1 - options.beta2);
    // Numerator and denominator times sqrt(correction2): one pass less.
    double const root = std::sqrt(correction2);
    arena.values.addcdiv_(first, second.sqrt().add_(options.epsilon * root), -rate * root / correction1);
    g.zero_();
}

}  // namespace ablatrix::nn::detail
