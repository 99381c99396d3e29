#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

#include <ablatrix/nn/softmax_regression.hpp>

namespace ablatrix::nn {
namespace {

std::string library_of(char const* symbol)
{
    void* const address = dlsym(RTLD_DEFAULT, symbol);
    Dl_info info{};
    if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code error;
    auto const path = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : path.string();
}

std::string find_blas()
{
    if (at::hasMKL()) return "MKL inside libtorch";  // its symbols are hidden
    auto const fortran = library_of("sgemm_");
    return fortran.empty() ? library_of("cblas_sgemm") : fortran;
}

/// Best of a few products [1024 x 384] x [384 x 1536], after one that warms up.
double measure_gemm()
{
    c10::InferenceMode const inference;
    auto const a = at::full({1024, 384}, 0.5F);
    auto const b = at::full({384, 1536}, 0.25F);
    double const operations = 2.0 * 1024 * 384 * 1536;
    at::mm(a, b);
    double best = 0;
    for (int i = 0; i < 8; ++i) {
        auto const start = std::chrono::steady_clock::now();
        auto const product = at::mm(a, b);
        std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - start;
        best = std::max(best, operations / seconds.count() / 1e9);
    }
    return best;
}

}  // namespace

TorchReport torch_report(bool measure)
{
    TorchReport out;
    out.version = TORCH_VERSION;
    out.cuda = at::hasCUDA();
    out.threads = at::get_num_threads();
    out.blas_library = find_blas();
    if (measure) out.gemm_gflops = measure_gemm();
    return out;
}

}  // namespace ablatrix::nn
