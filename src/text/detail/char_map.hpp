#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::text::detail {

/// SentencePiece's compiled normalisation rules: a double-array trie (Darts) of what is replaced, whose values are
/// places in a list of replacements that end with a zero byte. Damaged maps find nothing; no place outside is read.
class CharMap
{
  public:
    CharMap() = default;
    /// \throws DataError naming \p file when \p bytes are no such map; no bytes are a map without rules
    CharMap(std::string_view bytes, std::string const& file);

    /// What replaces \p text by the rule for its shortest beginning that has one; nullopt if none has.
    std::optional<std::string_view> replacement(std::string_view text) const;

  private:
    std::optional<std::string_view> replacement_at(std::uint32_t place) const;

    std::vector<std::uint32_t> units_;
    std::string replacements_;
};

/// nullopt for text that is not base 64.
std::optional<std::string> from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

}  // namespace ablatrix::text::detail
