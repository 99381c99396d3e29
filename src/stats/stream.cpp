#include "detail/stream.hpp"

#include <ablatrix/base/random.hpp>

namespace ablatrix::stats::detail {

std::uint64_t stream_key(std::uint64_t seed, std::string_view frame)
{
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a, 64 bits
    for (char const c : frame)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return seed ^ hash;
}

std::uint64_t draw(std::uint64_t key, Place place, std::uint32_t k)
{
    std::uint32_t const counter[4] = {k / 2, place.replicate, place.level, static_cast<std::uint32_t>(place.purpose)};
    std::uint32_t const words[2] = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
    std::uint32_t out[4];
    base::philox4x32(counter, words, out);
    std::size_t const first = k % 2 == 0 ? 0 : 2;
    return out[first] | std::uint64_t{out[first + 1]} << 32;
}

std::uint32_t draw_below(std::uint64_t key, Place place, std::uint32_t k, std::uint32_t n)
{
    return scale_below(draw(key, place, k), n);
}

}  // namespace ablatrix::stats::detail
