#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

#include "added_tokens.hpp"
#include "vocabulary.hpp"

namespace ablatrix::text::detail {

/// Takes the white space that byte-level tokens begin or end with out of their offsets.
///
/// As in the reference it is the spelling of a token (of an added token what it swallowed) that tells how many code
/// points of the text go, whatever they are there.
class OffsetTrimmer
{
  public:
    /// With \p prefix_space one space of a token at the beginning was put there by the pre-tokenizer.
    OffsetTrimmer(Vocabulary const& vocabulary, AddedTokens const& added, bool prefix_space);

    /// \p offsets are those of \p ids, a text's tokens, in \p text.
    void trim(std::string_view text, std::span<std::int32_t const> ids, std::span<Offset> offsets) const;

  private:
    /// White space at the ends of a token, code points.
    struct Spaces
    {
        std::uint32_t leading = 0;
        std::uint32_t trailing = 0;
        bool as_written = false;  // an added token: look at the text
    };
    static Spaces spaces_of(std::string_view token);

    std::vector<Spaces> spaces_;  // by id
    bool prefix_space_;
};

}  // namespace ablatrix::text::detail
