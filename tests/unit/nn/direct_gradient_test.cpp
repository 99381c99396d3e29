#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "src/nn/detail/arena.hpp"
#include "src/nn/detail/direct_gradient.hpp"
#include "src/nn/detail/threads.hpp"

// The reference is libtorch's own differentiation of linear and index_select.

namespace ablatrix::nn::detail {
namespace {

at::Tensor filled(std::vector<std::int64_t> const& shape, double phase)
{
    std::int64_t count = 1;
    for (auto const size : shape)
        count *= size;
    return (at::arange(count, at::kFloat) * 0.7 + phase).sin().view(shape);
}

struct Gradients
{
    at::Tensor x, weight, bias;
};

Gradients reference(bool with_bias)
{
    auto const x = filled({5, 4}, 1).requires_grad_(true);
    auto const weight = filled({3, 4}, 2).requires_grad_(true);
    auto const bias = with_bias ? filled({3}, 3).requires_grad_(true) : at::Tensor();
    at::linear(x.sin(), weight, bias).pow(2).sum().backward();
    return {x.grad(), weight.grad(), with_bias ? bias.grad() : at::Tensor()};
}

TEST(DirectGradient, LinearAgreesWithAutogradWhereParametersHaveNoGradientYet)
{
    for (bool const with_bias : {true, false}) {
        auto const x = filled({5, 4}, 1).requires_grad_(true);
        auto const weight = filled({3, 4}, 2).requires_grad_(true);
        auto const bias = with_bias ? filled({3}, 3).requires_grad_(true) : at::Tensor();
        affine(x.sin(), weight, bias).pow(2).sum().backward();
        auto const expected = reference(with_bias);
        EXPECT_TRUE(at::allclose(x.grad(), expected.x));
        EXPECT_TRUE(at::allclose(weight.grad(), expected.weight));
        if (with_bias) {
            EXPECT_TRUE(at::allclose(bias.grad(), expected.bias));
        }
    }
}

TEST(DirectGradient, LinearAddsToTheGradientsOfAnArena)
{
    auto const x = filled({5, 4}, 1).requires_grad_(true);
    auto const weight = filled({3, 4}, 2).requires_grad_(true);
    auto const bias = filled({3}, 3).requires_grad_(true);
    ParameterArena const arena({{"weight", weight}, {"bias", bias}});
    for (int pass = 0; pass < 2; ++pass)
        affine(x.sin(), weight, bias).pow(2).sum().backward();
    auto const expected = reference(true);
    EXPECT_TRUE(at::allclose(x.grad(), 2 * expected.x));
    EXPECT_TRUE(at::allclose(arena.gradients.narrow(0, 0, 12).view({3, 4}), 2 * expected.weight));
    EXPECT_TRUE(at::allclose(arena.gradients.narrow(0, 16, 3), 2 * expected.bias));
}

TEST(DirectGradient, LinearPassesTheGradientOfADerivedWeightOn)
{
    auto const x = filled({5, 4}, 1);
    auto const weight = filled({3, 4}, 2).requires_grad_(true);
    ParameterArena const arena({{"weight", weight}});
    affine(x, weight * 3).pow(2).sum().backward();
    auto const other = filled({3, 4}, 2).requires_grad_(true);
    at::linear(x, other * 3).pow(2).sum().backward();
    EXPECT_TRUE(at::allclose(weight.grad(), other.grad()));
}

TEST(DirectGradient, LayerNormAgreesWithAutograd)
{
    auto const shape = std::vector<std::int64_t>{150, 5};  // more rows than are summed at once
    auto const x = filled(shape, 1).requires_grad_(true);
    auto const weight = filled({5}, 2).requires_grad_(true), bias = filled({5}, 3).requires_grad_(true);
    at::layer_norm(x.sin(), {5}, weight, bias, 1e-5).pow(2).sum().backward();

    auto const own_x = filled(shape, 1).requires_grad_(true);
    auto const own_weight = filled({5}, 2).requires_grad_(true), own_bias = filled({5}, 3).requires_grad_(true);
    auto const y = normalise(own_x.sin(), own_weight, own_bias, 1e-5);
    EXPECT_TRUE(at::equal(y, at::layer_norm(x.sin(), {5}, weight, bias, 1e-5)));
    y.pow(2).sum().backward();
    EXPECT_TRUE(at::allclose(own_x.grad(), x.grad(), 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(own_weight.grad(), weight.grad(), 1e-5, 1e-4));
    EXPECT_TRUE(at::allclose(own_bias.grad(), bias.grad(), 1e-5, 1e-4));

    ParameterArena const arena({{"norm.weight", own_weight}, {"bias", own_bias}});
    normalise(own_x.sin(), own_weight, own_bias, 1e-5).pow(2).sum().backward();
    EXPECT_TRUE(at::allclose(arena.gradients.narrow(0, 0, 5), weight.grad(), 1e-5, 1e-4));
    EXPECT_TRUE(at::allclose(arena.gradients.narrow(0, 16, 5), bias.grad(), 1e-5, 1e-4));
}

struct Sums
{
    at::Tensor weight, bias, norm_weight, norm_bias;
};

Sums gradients_with(int threads)
{
    Threads const guard(threads);
    auto const x = filled({901, 384}, 1), weight = filled({300, 384}, 2).requires_grad_(true);
    auto const bias = filled({300}, 5).requires_grad_(true);
    auto const norm_weight = filled({300}, 3).requires_grad_(true), norm_bias = filled({300}, 4).requires_grad_(true);
    normalise(affine(x, weight, bias), norm_weight, norm_bias, 1e-5).pow(2).sum().backward();
    return {weight.grad(), bias.grad(), norm_weight.grad(), norm_bias.grad()};
}

TEST(DirectGradient, DoesNotDependOnTheNumberOfThreads)
{
    auto const one = gradients_with(1), two = gradients_with(2);
    EXPECT_TRUE(at::equal(one.weight, two.weight));
    EXPECT_TRUE(at::equal(one.bias, two.bias));
    EXPECT_TRUE(at::equal(one.norm_weight, two.norm_weight));
    EXPECT_TRUE(at::equal(one.norm_bias, two.norm_bias));
}

TEST(DirectGradient, EmbeddingSumsTheRowsOfAnIdAndSkipsPadding)
{
    auto const ids = at::tensor(std::vector<std::int64_t>{2, 0, 2, 4, 1, 2});
    auto const other = filled({6, 3}, 1).requires_grad_(true);
    other.index_select(0, ids).pow(3).sum().backward();
    auto const expected = other.grad().clone();
    expected[1].zero_();

    auto const weight = filled({6, 3}, 1).requires_grad_(true);
    lookup(weight, ids, 1).pow(3).sum().backward();
    EXPECT_TRUE(at::allclose(weight.grad(), expected));

    auto const held = filled({6, 3}, 1).requires_grad_(true);
    ParameterArena const arena({{"weight", held}});
    for (int pass = 0; pass < 2; ++pass)
        lookup(held, ids, 1).pow(3).sum().backward();
    EXPECT_TRUE(at::allclose(arena.gradients.narrow(0, 0, 18).view({6, 3}), 2 * expected));
}

TEST(DirectGradient, NothingIsRecordedWithoutGradients)
{
    c10::NoGradGuard const guard;
    auto const weight = filled({3, 4}, 2).requires_grad_(true);
    EXPECT_FALSE(affine(filled({5, 4}, 1), weight).requires_grad());
    EXPECT_FALSE(lookup(weight, at::zeros({2}, at::kLong)).requires_grad());
}

}  // namespace
}  // namespace ablatrix::nn::detail
