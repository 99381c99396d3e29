#include <ablatrix/nn/softmax_regression.hpp>

#include <gtest/gtest.h>

#include <filesystem>

namespace ablatrix::nn {
namespace {

TEST(TorchReport, names_the_version_and_the_library_that_multiplies)
{
    auto const report = torch_report(true);

    EXPECT_FALSE(report.version.empty());
    EXPECT_GE(report.threads, 1);
    EXPECT_GT(report.gemm_gflops, 0);
    EXPECT_TRUE(std::filesystem::exists(report.blas_library) || report.blas_library == "MKL inside libtorch")
        << report.blas_library;
}

TEST(TorchReport, does_not_measure_unless_asked)
{
    EXPECT_EQ(torch_report(false).gemm_gflops, 0);
}

}  // namespace
}  // namespace ablatrix::nn
