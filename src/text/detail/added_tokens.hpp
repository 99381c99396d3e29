#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json_node.hpp"
#include "stages.hpp"

namespace ablatrix::text::detail {

/// A token that texts are searched for before anything else looks at them.
struct AddedToken
{
    std::string content;
    std::int32_t id = 0;
    bool single_word = false;  ///< counts only between non-word characters
    bool left_strip = false;   ///< swallows white space before it
    bool right_strip = false;
    bool normalized = true;  ///< its normalised form is searched for in the normalised text
    bool special = false;    ///< left out by decode(skip_special_tokens)
};

/// Finds patterns from left to right, at each place the longest; matches do not overlap.
class TokenMatcher
{
  public:
    /// \p token is what find() tells; of equal patterns the first counts, empty ones never match.
    void add(std::string_view pattern, std::int32_t token);

    struct Match
    {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        std::int32_t token = -1;
    };
    /// The first match at or behind \p from.
    std::optional<Match> find(std::string_view text, std::uint32_t from) const;
    bool empty() const noexcept { return nodes_.size() == 1; }

  private:
    struct Node
    {
        std::int32_t token = -1;
        std::int32_t child = -1;
        std::int32_t sibling = -1;
        char byte = 0;
    };
    std::int32_t child(std::int32_t node, char byte) const;

    std::vector<Node> nodes_ = std::vector<Node>(1);
    bool begins_[256] = {};
};

/// The added tokens of a tokenizer.
class AddedTokens
{
  public:
    /// \p list is the file's "added_tokens", \p normalizer what its texts go through (may be null).
    /// \throws DataError for bad, huge or repeated ids and repeated contents
    static AddedTokens from_json(JsonNode const& list, Normalizer const* normalizer);

    /// Cut bytes [0, text.size()) into pieces: added tokens found in the raw text, and what is between.
    void cut_raw(std::string_view text, std::vector<Piece>& pieces) const { cut(raw_, text, pieces); }
    /// The same for those that are searched for in normalised text.
    void cut_normalized(std::string_view text, std::vector<Piece>& pieces) const { cut(normalized_, text, pieces); }

    std::vector<AddedToken> const& tokens() const noexcept { return tokens_; }
    /// Null for an id that is no added token.
    AddedToken const* with_id(std::int32_t id) const;
    AddedToken const* with_content(std::string_view content) const;

  private:
    void add(AddedToken token, JsonNode const& place);
    void cut(TokenMatcher const& matcher, std::string_view text, std::vector<Piece>& pieces) const;

    std::vector<AddedToken> tokens_;
    std::unordered_map<std::int32_t, std::size_t> by_id_;
    std::unordered_map<std::string, std::size_t> by_content_;
    TokenMatcher raw_;  // finds places in tokens_
    TokenMatcher normalized_;
};

}  // namespace ablatrix::text::detail
