#include "detail/packed_weight.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "detail/blocks.hpp"
#include "detail/frozen.hpp"
#include "packed_rows.hpp"

namespace ablatrix::nn::detail {
namespace {

TEST(PackedWeight, equals_double_products_for_every_remainder)
{
    at::manual_seed(6);
    for (std::int64_t const lines : {1, 5, 6, 7, 13, 200}) {
        for (std::int64_t const out : {1, 16, 64, 70, 131}) {
            auto const weight = at::randn({out, 37}), bias = at::randn({out}), x = at::randn({lines, 37});
            PackedWeight const packed(weight, bias);
            auto const exact = at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
            EXPECT_LT(largest_difference(packed.product(x, Epilogue::bias), exact), 2e-5) << lines << ' ' << out;
            EXPECT_LT(largest_difference(packed.product(x, Epilogue::bias_gelu), at::gelu(exact)), 2e-5);
        }
    }
}

TEST(PackedWeight, gelu_is_the_one_with_erf_to_rounding)
{
    auto const x = at::linspace(-9, 9, 40001).unsqueeze(1);
    auto const z = x.to(at::kDouble);
    PackedWeight const packed(at::ones({1, 1}), {});
    auto const exact = z * 0.5 * (1 + at::erf(z * std::sqrt(0.5)));
    auto const error = (packed.product(x, Epilogue::bias_gelu).to(at::kDouble) - exact).abs();
    EXPECT_LT((error / z.abs().clamp_min(1e-3)).max().item<double>(), 3e-7);
}

TEST(PackedWeight, line_has_the_same_bits_whatever_lines_are_beside_it)
{
    at::manual_seed(7);
    auto const x = at::randn({101, 48});
    PackedWeight const packed(at::randn({80, 48}), at::randn({80}));
    for (auto const epilogue : {Epilogue::bias, Epilogue::bias_gelu}) {
        auto const all = packed.product(x, epilogue);
        for (std::int64_t const first : {0, 3, 95, 100}) {
            for (std::int64_t count = 1; count <= 8 && first + count <= 101; ++count) {
                EXPECT_TRUE(packed.product(x.slice(0, first, first + count), epilogue)
                                .equal(all.slice(0, first, first + count)));
            }
        }
    }
}

TEST(Frozen, linear_layers_use_the_copy_without_gradients_and_the_weight_with_them)
{
    torch::nn::Module root;
    auto const layer = add<Linear>(root, "a.b", std::int64_t{8}, std::int64_t{4}, Precision::fp32);
    auto const x = at::randn({3, 8});
    c10::NoGradGuard const no_gradients;
    layer->weight.fill_(1);
    layer->bias.fill_(2);
    {
        Frozen const frozen(root);
        layer->bias.fill_(9);
        EXPECT_LT(largest_difference(layer->forward(x), x.sum(1, true).expand({3, 4}) + 2), 1e-5);
        c10::AutoGradMode const gradients(true);
        EXPECT_LT(largest_difference(layer->forward(x).detach(), x.sum(1, true).expand({3, 4}) + 9), 1e-5);
    }
    EXPECT_LT(largest_difference(layer->forward(x), x.sum(1, true).expand({3, 4}) + 9), 1e-5);
}

TEST(AddNorm, is_the_layer_norm_of_the_sum)
{
    at::manual_seed(8);
    for (std::int64_t const width : {5, 16, 100, 384}) {
        LayerNorm norm(width, 1e-5);
        c10::NoGradGuard const no_gradients;
        norm.weight.normal_(1, 0.1);
        norm.bias.normal_();
        auto const x = at::randn({70, width}), y = at::randn({70, width}) + 3;
        auto const exact = at::layer_norm(x.to(at::kDouble) + y.to(at::kDouble), {width}, norm.weight.to(at::kDouble),
                                          norm.bias.to(at::kDouble), 1e-5);
        EXPECT_LT(largest_difference(add_norm(norm, x, y), exact), 3e-6) << width;
    }
}

}  // namespace
}  // namespace ablatrix::nn::detail
