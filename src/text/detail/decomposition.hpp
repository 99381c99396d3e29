#pragma once

#include <string_view>
#include <vector>

#include "aligned_text.hpp"

namespace ablatrix::text::detail {

/// The decomposed form of \p text (NFD, or NFKD if \p compatible) as changes for AlignedText::transform(). The first
/// code point of a decomposition stands for the old one, the others are insertions; each keeps that mark when combining
/// classes are put in order, as the reference does.
std::vector<Change> decomposed(std::string_view text, bool compatible);

}  // namespace ablatrix::text::detail
