#include "detail/norm_kernel.hpp"

#include <cmath>

#include "detail/simd.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr int lanes = 16;

float total(float const (&sum)[lanes])
{
    float out = 0;
    for (float const part : sum)
        out += part;
    return out;
}

ABLATRIX_NN_SIMD void add_norm_line(std::int64_t width, float const* __restrict x, float const* __restrict y,
                                    float const* __restrict weight, float const* __restrict bias, float epsilon,
                                    float* __restrict out)
{
    float sum[lanes] = {}, squares[lanes] = {};
    std::int64_t const whole = width / lanes * lanes;
    for (std::int64_t c = 0; c < whole; c += lanes) {
        for (int l = 0; l < lanes; ++l) {
            out[c + l] = x[c + l] + y[c + l];
            sum[l] += out[c + l];
        }
    }
    for (auto c = whole; c < width; ++c) {
        out[c] = x[c] + y[c];
        sum[c - whole] += out[c];
    }
    float const mean = total(sum) / static_cast<float>(width);
    for (std::int64_t c = 0; c < whole; c += lanes) {
        for (int l = 0; l < lanes; ++l)
            squares[l] += (out[c + l] - mean) * (out[c + l] - mean);
    }
    for (auto c = whole; c < width; ++c)
        squares[c - whole] += (out[c] - mean) * (out[c] - mean);
    float const scale = 1 / std::sqrt(total(squares) / static_cast<float>(width) + epsilon);
    for (std::int64_t c = 0; c < width; ++c)
        out[c] = (out[c] - mean) * scale * weight[c] + bias[c];
}

}  // namespace

void add_norm_lines(std::int64_t lines, std::int64_t width, float const* x, float const* y, float const* weight,
                    float const* bias, float epsilon, float* out)
{
    for (std::int64_t i = 0; i < lines; ++i)
        add_norm_line(width, x + i * width, y + i * width, weight, bias, epsilon, out + i * width);
}

}  // namespace ablatrix::nn::detail
