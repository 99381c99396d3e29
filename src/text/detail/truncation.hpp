#pragma once

#include <cstddef>

#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::text::detail {

/// Tokens of a row's texts, special tokens not counted.
struct Lengths
{
    std::size_t first = 0;
    std::size_t second = 0;
    bool operator==(Lengths const&) const = default;
};

/// What is left of \p have when a row has room for \p room tokens.
/// \throws Error if the text that is to give tokens away has too few
Lengths truncated(Lengths have, std::size_t room, Truncation strategy);

}  // namespace ablatrix::text::detail
