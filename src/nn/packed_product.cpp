#include "detail/packed_product.hpp"

namespace ablatrix::nn::detail {
namespace {

namespace plain {
#define ABLATRIX_LANES 4
#define ABLATRIX_VECTORS 2
#include "detail/packed_product_tiles.inc"
#undef ABLATRIX_LANES
#undef ABLATRIX_VECTORS
}  // namespace plain

// Not clones by attribute (simd.hpp): vectors wider than the default target's are split before cloning.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ABLATRIX_WIDE_PRODUCTS 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace v3 {
#define ABLATRIX_LANES 8
#define ABLATRIX_VECTORS 2
#include "detail/packed_product_tiles.inc"
#undef ABLATRIX_LANES
#undef ABLATRIX_VECTORS
}  // namespace v3
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace v4 {
#define ABLATRIX_LANES 16
#define ABLATRIX_VECTORS 4
#include "detail/packed_product_tiles.inc"
#undef ABLATRIX_LANES
#undef ABLATRIX_VECTORS
}  // namespace v4
#pragma GCC pop_options
#endif

struct Implementation
{
    std::int64_t panel;
    void (*product)(PackedShape, std::int64_t, float const*, float const*, float const*, Epilogue, float*);
};

Implementation best_implementation()
{
#ifdef ABLATRIX_WIDE_PRODUCTS
    if (__builtin_cpu_supports("x86-64-v4")) return {v4::panel, v4::product};
    if (__builtin_cpu_supports("x86-64-v3")) return {v3::panel, v3::product};
#endif
    return {plain::panel, plain::product};
}

Implementation const& chosen()
{
    static Implementation const out = best_implementation();
    return out;
}

}  // namespace

std::int64_t packed_size(PackedShape shape)
{
    auto const panel = chosen().panel;
    return (shape.out + panel - 1) / panel * panel * shape.in;
}

void pack_weight(PackedShape shape, float const* weight, float* packed)
{
    auto const panel = chosen().panel;
    for (std::int64_t first = 0; first < shape.out; first += panel) {
        for (std::int64_t k = 0; k < shape.in; ++k) {
            for (std::int64_t c = 0; c < panel; ++c)
                *packed++ = first + c < shape.out ? weight[(first + c) * shape.in + k] : 0.0F;
        }
    }
}

void packed_product(PackedShape shape, std::int64_t lines, float const* x, float const* packed, float const* bias,
                    Epilogue epilogue, float* y)
{
    chosen().product(shape, lines, x, packed, bias, epilogue, y);
}

}  // namespace ablatrix::nn::detail
