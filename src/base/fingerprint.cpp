#include <ablatrix/base/fingerprint.hpp>

#include <bit>
#include <charconv>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::base {

static_assert(std::endian::native == std::endian::little, "stored bytes and hashes are little-endian");

namespace {

constexpr std::size_t half_digits = 16;
/// What most hashes are made of fits in, so that the buffer grows once.
constexpr std::size_t usual_bytes = 256;

Fingerprint hash128(void const* data, std::size_t size)
{
    XXH128_hash_t const hash = XXH3_128bits(data, size);
    return {hash.high64, hash.low64};
}

void append_hex(std::string& out, std::uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        out += "0123456789abcdef"[(value >> shift) & 15U];
}

bool parse_hex(std::string_view digits, std::uint64_t& value)
{
    auto const* end = digits.data() + digits.size();
    auto const [stop, error] = std::from_chars(digits.data(), end, value, 16);
    return error == std::errc{} && stop == end && digits.front() != '-';
}

void append_word(std::string& buffer, std::uint64_t word)
{
    if (buffer.empty()) buffer.reserve(usual_bytes);
    char bytes[sizeof word];
    std::memcpy(bytes, &word, sizeof word);
    buffer.append(bytes, sizeof word);
}

}  // namespace

std::string Fingerprint::text() const
{
    std::string out;
    out.reserve(2 * half_digits);
    append_hex(out, high);
    append_hex(out, low);
    return out;
}

Fingerprint Fingerprint::parse(std::string_view text)
{
    Fingerprint out;
    bool const good = text.size() == 2 * half_digits && parse_hex(text.substr(0, half_digits), out.high) &&
                      parse_hex(text.substr(half_digits), out.low);
    ABLATRIX_VALIDATE(good, std::string{text.substr(0, 64)} + " is not a fingerprint. Give its 32 hexadecimal digits");
    return out;
}

Fingerprint fingerprint_of(std::span<std::byte const> bytes)
{
    return hash128(bytes.data(), bytes.size());
}
Fingerprint fingerprint_of(std::string_view text)
{
    return hash128(text.data(), text.size());
}

Hasher& Hasher::add(std::string_view part)
{
    append_word(buffer_, part.size());
    buffer_.append(part);
    return *this;
}

Hasher& Hasher::add(std::span<std::byte const> part)
{
    return add(std::string_view{reinterpret_cast<char const*>(part.data()), part.size()});
}

Hasher& Hasher::add(std::uint64_t part)
{
    append_word(buffer_, sizeof part);
    append_word(buffer_, part);
    return *this;
}

Hasher& Hasher::add(Fingerprint const& part)
{
    append_word(buffer_, 2 * sizeof part.high);
    append_word(buffer_, part.high);
    append_word(buffer_, part.low);
    return *this;
}

Fingerprint Hasher::finish() const
{
    return fingerprint_of(buffer_);
}

std::uint64_t checksum_of(std::span<std::byte const> bytes)
{
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace ablatrix::base
