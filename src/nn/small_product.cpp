#include "detail/small_product.hpp"

namespace ablatrix::nn::detail {
namespace {

namespace plain {
#define ABLATRIX_LANES 4
#include "detail/small_product_tiles.inc"
#undef ABLATRIX_LANES
}  // namespace plain

// Clones by attribute (simd.hpp) do not serve here: vectors wider than the default target's are split before cloning.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ABLATRIX_WIDE_PRODUCTS 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace v3 {
#define ABLATRIX_LANES 8
#include "detail/small_product_tiles.inc"
#undef ABLATRIX_LANES
}  // namespace v3
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace v4 {
#define ABLATRIX_LANES 16
#include "detail/small_product_tiles.inc"
#undef ABLATRIX_LANES
}  // namespace v4
#pragma GCC pop_options
#endif

using Product = void (*)(std::int64_t, std::int64_t, std::int64_t, LeftFactor, float const*, float*);

Product best_product()
{
#ifdef ABLATRIX_WIDE_PRODUCTS
    if (__builtin_cpu_supports("x86-64-v4")) return v4::product;
    if (__builtin_cpu_supports("x86-64-v3")) return v3::product;
#endif
    return plain::product;
}

}  // namespace

void small_product(std::int64_t m, std::int64_t n, std::int64_t k, LeftFactor a, float const* b, float* c)
{
    static Product const chosen = best_product();
    chosen(m, n, k, a, b, c);
}

}  // namespace ablatrix::nn::detail
