#include "detail/adamw_kernel.hpp"

#include <cmath>

#include "detail/simd.hpp"

namespace ablatrix::nn::detail {

ABLATRIX_NN_SIMD double sum_of_squares(float const* x, std::int64_t count)
{
    constexpr int lanes = 16;
    double sum[lanes] = {};
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int j = 0; j < lanes; ++j) {
            auto const value = static_cast<double>(x[i + j]);
            sum[j] += value * value;
        }
    }
    for (; i < count; ++i)
        sum[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    double total = 0;
    for (double const part : sum)
        total += part;
    return total;
}

ABLATRIX_NN_SIMD void adamw_update(float* __restrict p, float* __restrict g, float* __restrict m, float* __restrict v,
                                   std::int64_t count, AdamWFactors const& f)
{
    float const clip = f.clip, decay = f.decay, rate = f.rate;
    float const beta1 = f.beta1, complement1 = f.complement1, beta2 = f.beta2, complement2 = f.complement2;
    float const root_correction = f.root_correction, epsilon = f.epsilon;
    for (std::int64_t i = 0; i < count; ++i) {
        float const gradient = g[i] * clip;
        float const first = beta1 * m[i] + complement1 * gradient;
        float const second = beta2 * v[i] + complement2 * (gradient * gradient);
        p[i] = p[i] * decay - rate * (first / (std::sqrt(second) / root_correction + epsilon));
        m[i] = first;
        v[i] = second;
        g[i] = 0;
    }
}

}  // namespace ablatrix::nn::detail
