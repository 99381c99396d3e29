#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace ablatrix::base {

/// 128-bit content hash (XXH3); the name of everything that is made once and reused.
struct Fingerprint
{
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(Fingerprint const&) const = default;

    /// 32 lower-case hexadecimal digits.
    std::string text() const;
    /// \throws Error unless \p text is 32 hexadecimal digits
    static Fingerprint parse(std::string_view text);
};

Fingerprint fingerprint_of(std::span<std::byte const> bytes);
Fingerprint fingerprint_of(std::string_view text);

/// Hash of a sequence of parts. Each part is framed by its length, so ("ab","c") differs from ("a","bc").
class Hasher
{
  public:
    Hasher& add(std::string_view part);
    Hasher& add(std::span<std::byte const> part);
    Hasher& add(std::uint64_t part);
    Hasher& add(Fingerprint const& part);
    Fingerprint finish() const;

  private:
    std::string buffer_;
};

/// 64-bit XXH3, for checksums of rows and artifacts.
std::uint64_t checksum_of(std::span<std::byte const> bytes);

}  // namespace ablatrix::base

template <>
struct std::hash<ablatrix::base::Fingerprint>
{
    std::size_t operator()(ablatrix::base::Fingerprint const& f) const noexcept { return f.low; }
};
