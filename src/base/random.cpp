#include <ablatrix/base/random.hpp>

#include <cmath>
#include <numbers>

#include <Random123/philox.h>
#undef philox4x32  // a macro there, a function here
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::base {

namespace {

__extension__ using Wide = unsigned __int128;

std::uint32_t low_word(std::uint64_t value)
{
    return static_cast<std::uint32_t>(value);
}
std::uint32_t high_word(std::uint64_t value)
{
    return static_cast<std::uint32_t>(value >> 32);
}
std::uint64_t join_words(std::uint32_t low, std::uint32_t high)
{
    return low | (std::uint64_t{high} << 32);
}

}  // namespace

void philox4x32(std::uint32_t const (&counter)[4], std::uint32_t const (&key)[2], std::uint32_t (&out)[4])
{
    philox4x32_ctr_t const block = {{counter[0], counter[1], counter[2], counter[3]}};
    philox4x32_key_t const words = {{key[0], key[1]}};
    philox4x32_ctr_t const result = philox4x32_R(10, block, words);
    for (unsigned i = 0; i < 4; ++i)
        out[i] = result.v[i];
}

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
    : key_(seed ^ XXH3_64bits(purpose.data(), purpose.size())), index_(index)
{}

std::uint64_t Stream::next()
{
    if (draw_ % 2 == 0) {
        std::uint64_t const block = draw_ / 2;
        std::uint32_t out[4];
        philox4x32({low_word(block), high_word(block), low_word(index_), high_word(index_)},
                   {low_word(key_), high_word(key_)}, out);
        pair_[0] = join_words(out[0], out[1]);
        pair_[1] = join_words(out[2], out[3]);
    }
    return pair_[draw_++ % 2];
}

std::uint64_t Stream::below(std::uint64_t bound)
{
    ABLATRIX_EXPECT(bound > 0);
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
}

double Stream::uniform()
{
    return static_cast<double>(next() >> 11) * 0x1p-53;
}

double Stream::normal()
{
    double const radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::size_t> Stream::sample(std::size_t n, std::size_t count)
{
    ABLATRIX_EXPECT(count <= n);
    std::vector<std::size_t> indices(n);
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i)
        std::swap(indices[i], indices[i + below(n - i)]);
    indices.resize(count);
    return indices;
}

}  // namespace ablatrix::base
