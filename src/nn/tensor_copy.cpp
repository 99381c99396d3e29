#include "detail/tensor_copy.hpp"

#include <cstring>
#include <optional>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {

namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
constexpr bool has_float8 = true;
constexpr auto float8_e4m3 = at::kFloat8_e4m3fn;
constexpr auto float8_e5m2 = at::kFloat8_e5m2;
#else
constexpr bool has_float8 = false;
constexpr auto float8_e4m3 = at::kByte;  // never used
constexpr auto float8_e5m2 = at::kByte;
#endif

/// A floating type of libtorch, or nothing for integers.
std::optional<at::ScalarType> scalar_type(DType type)
{
    switch (type) {
        case DType::f64:
            return at::kDouble;
        case DType::f32:
            return at::kFloat;
        case DType::f16:
            return at::kHalf;
        case DType::bf16:
            return at::kBFloat16;
        case DType::f8_e4m3:
            return float8_e4m3;
        case DType::f8_e5m2:
            return float8_e5m2;
        default:
            return std::nullopt;
    }
}

/// Whether an item has all bits of \p exponent set, which is what NaN and infinity look like. Reads unaligned memory.
template <typename Bits>
bool has_exponent(std::span<std::byte const> bytes, Bits exponent)
{
    unsigned found = 0;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Bits)) {
        Bits bits;
        std::memcpy(&bits, bytes.data() + at, sizeof bits);
        found |= static_cast<unsigned>((bits & exponent) == exponent);
    }
    return found != 0;
}

bool has_non_finite(TensorView const& view)
{
    switch (view.type) {
        case DType::f64:
            return has_exponent<std::uint64_t>(view.bytes, 0x7ff0'0000'0000'0000);
        case DType::f32:
            return has_exponent<std::uint32_t>(view.bytes, 0x7f80'0000);
        case DType::f16:
            return has_exponent<std::uint16_t>(view.bytes, 0x7c00);
        case DType::bf16:
            return has_exponent<std::uint16_t>(view.bytes, 0x7f80);
        case DType::f8_e4m3:
            return has_exponent<std::uint8_t>(view.bytes, 0x7f);  // no infinity, one NaN of either sign
        default:
            return has_exponent<std::uint8_t>(view.bytes, 0x7c);
    }
}

/// A tensor over memory that begins where its items may begin.
at::Tensor tensor_over(std::byte const* bytes, std::vector<std::int64_t> const& shape, at::ScalarType type)
{
    // The mapping is copy-on-write, and nobody writes here.
    return at::from_blob(const_cast<std::byte*>(bytes), shape, at::TensorOptions().dtype(type));
}

}  // namespace

void copy_tensor(TensorView const& view, std::string const& name, std::string const& file, at::Tensor const& target)
{
    auto const type = scalar_type(view.type);
    auto const refuse = [&](std::string const& problem) { throw DataError(file, 0, name + " " + problem); };
    std::string const type_name{name_of(view.type)};
    if (!type) refuse("is of type " + type_name + ". Quantised checkpoints are not read: use the one they came from");
    if (item_size(view.type) == 1 && !has_float8)
        refuse("is of type " + type_name + ", which needs libtorch 2.1 or newer. Use that or a float32 checkpoint");
    if (has_non_finite(view)) refuse("holds NaN or infinite values. Use another checkpoint");

    c10::NoGradGuard const no_grad;
    bool const aligned = reinterpret_cast<std::uintptr_t>(view.bytes.data()) % item_size(view.type) == 0;
    if (aligned) {
        target.copy_(tensor_over(view.bytes.data(), view.shape, *type));
    }
    else {
        at::Tensor const copy = at::empty(view.shape, at::TensorOptions().dtype(*type));
        if (!view.bytes.empty()) std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
        target.copy_(copy);
    }
    bool const narrowed = item_size(view.type) > static_cast<std::size_t>(target.element_size());
    if (narrowed && !at::isfinite(target).all().item<bool>())
        refuse("holds values beyond the range of the type it is loaded as. Use another checkpoint");
}

}  // namespace ablatrix::nn::detail
