#pragma once

#include <array>
#include <cstdint>

/// \file
/// What the split patterns of byte-level tokenizers ask of a character: \p{L}, \p{N}, \s or none of them.

namespace ablatrix::text::detail {

/// none is no character's class: it stands for the end of a text.
enum class CharClass : std::uint8_t
{
    other,
    letter,
    number,
    space,
    none
};

/// Class of every code point, built from ICU once.
using CharTable = std::array<CharClass, 0x110000>;
CharTable const& char_table();

}  // namespace ablatrix::text::detail
