#include "detail/precision.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ablatrix::nn::detail {
namespace {

TEST(PrecisionScope, LetsConvolutionsRoundOnlyWhereItIsAskedTo)
{
    auto const& context = at::globalContext();
    for (bool const before : {true, false}) {
        at::globalContext().setAllowTF32CuDNN(before);
        at::globalContext().setDeterministicCuDNN(before);
        for (auto const precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
            PrecisionScope const scope(precision);
            EXPECT_EQ(context.allowTF32CuDNN(), precision == Precision::tf32);
            EXPECT_EQ(context.allowTF32CuBLAS(), precision == Precision::tf32);
            EXPECT_TRUE(context.deterministicCuDNN());
        }
        EXPECT_EQ(context.allowTF32CuDNN(), before);
        EXPECT_EQ(context.deterministicCuDNN(), before);
    }
    EXPECT_FALSE(context.allowTF32CuBLAS());
}

}  // namespace
}  // namespace ablatrix::nn::detail
