#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "src/nn/detail/arena.hpp"
#include "src/nn/detail/direct_gradient.hpp"

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
        if (with_bias) EXPECT_TRUE(at::allclose(bias.grad(), expected.bias));
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
    at::NoGradGuard const guard;
    auto const weight = filled({3, 4}, 2).requires_grad_(true);
    EXPECT_FALSE(affine(filled({5, 4}, 1), weight).requires_grad());
    EXPECT_FALSE(lookup(weight, at::zeros({2}, at::kLong)).requires_grad());
}

}  // namespace
}  // namespace ablatrix::nn::detail
