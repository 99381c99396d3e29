#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// \file
/// The byte-to-character map of byte-level vocabularies (Radford et al. 2019): printable bytes 33-126, 161-172 and
/// 174-255 stand for themselves, the other 68 for U+0100, U+0101, ... in byte order.

namespace ablatrix::text::detail {

/// The character that stands for a byte, as UTF-8 of one or two bytes.
std::string_view byte_spelling(std::uint8_t byte);

/// Bytes -> their spelling ("a b" -> "aĠb").
std::string spell_bytes(std::string_view bytes);

/// Spelling -> bytes; nullopt when a character stands for no byte.
std::optional<std::string> unspell_bytes(std::string_view spelling);

/// "<0x0A>", the token of a byte in vocabularies with byte fallback.
std::string byte_token(std::uint8_t byte);

}  // namespace ablatrix::text::detail
