#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "aligned_text.hpp"

namespace ablatrix::text::detail {

/// The normal forms of the reference library are those of Unicode 9: what came later neither decomposes nor moves.
bool in_unicode_9(char32_t c);
/// Canonical combining class; 0 for what came after Unicode 9.
std::uint8_t combining_class(char32_t c);

/// The decomposed form of \p text (NFD, or NFKD if \p compatible) as changes for AlignedText::transform(). The first
/// code point of a decomposition stands for the old one, the others are insertions; each keeps that mark when combining
/// classes are put in order, as the reference does.
std::vector<Change> decomposed(std::string_view text, bool compatible);

}  // namespace ablatrix::text::detail
