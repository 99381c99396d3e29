#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ablatrix::base {

/// Philox4x32-10 (Salmon et al. 2011) applied to one counter block.
/// \p counter and \p key are little-endian 32-bit words; the four output words come back in order.
void philox4x32(std::uint32_t const (&counter)[4], std::uint32_t const (&key)[2], std::uint32_t (&out)[4]);

/// One named stream of random numbers, independent of every other (seed, purpose, index).
///
/// Counter-based, so a stream's numbers do not depend on rank, thread or the order in which streams are used:
/// key = seed XOR XXH3-64(purpose), counter = (draw / 2, index). Copies continue independently from the same place.
class Stream
{
  public:
    Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

    std::uint64_t next();
    /// Uniform integer in [0, bound): floor(u * bound / 2^64). \p bound must be positive.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1) with 53 random bits.
    double uniform();
    /// Standard normal (Box-Muller, one value per two draws).
    double normal();

    template <typename T>
    void shuffle(std::span<T> values)
    {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

    /// \p count distinct indices out of [0, n), in random order. \p count must not exceed \p n.
    std::vector<std::size_t> sample(std::size_t n, std::size_t count);

  private:
    std::uint64_t key_;
    std::uint64_t index_;
    std::uint64_t draw_ = 0;
    std::uint64_t pair_[2] = {0, 0};
};

}  // namespace ablatrix::base
