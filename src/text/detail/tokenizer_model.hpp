#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

#include "added_tokens.hpp"
#include "piece_cache.hpp"
#include "row_layout.hpp"
#include "stages.hpp"
#include "valid_text.hpp"

namespace ablatrix::text {

/// All stages of a tokenizer and the way of a text through them:
/// added tokens, normaliser, added tokens in normal form, pre-tokenizer, word model, truncation, row layout.
class Tokenizer::Model
{
  public:
    /// From a whole tokenizer.json.
    explicit Model(detail::JsonNode const& document);

    /// Without \p second rows are made of single texts.
    TokenRows encode(std::span<std::string const> first, std::optional<std::span<std::string const>> second,
                     EncodeOptions const& options) const;
    std::string decode(std::span<std::int32_t const> ids, bool skip_special_tokens) const;

    std::int32_t vocabulary_size() const;
    std::optional<std::int32_t> id_of(std::string_view token) const;
    /// None for an id without a token.
    std::optional<std::string> token_of(std::int32_t id) const;
    std::string name() const { return words_->name(); }

  private:
    /// Tokens of one text.
    struct TokenList
    {
        std::vector<std::int32_t> ids;
        std::vector<Offset> offsets;  // as many, or none
    };
    /// What a thread needs while it encodes a block of texts; kept between calls for its cache of pieces.
    struct Workspace
    {
        detail::ValidText valid;
        std::vector<detail::Piece> raw;
        detail::Segment segment;
        detail::PieceCache cache;
        TokenList first;
        TokenList second;
    };
    /// White space at the ends of a token's spelling, bytes.
    struct Trim
    {
        std::uint32_t leading = 0;
        std::uint32_t trailing = 0;
    };

    void check_ids(detail::JsonNode const& document) const;
    void find_trims();
    std::unique_ptr<Workspace> take_workspace() const;
    void give_back(std::unique_ptr<Workspace> workspace) const;

    void encode_text(std::string_view text, bool offsets, Workspace& workspace, TokenList& tokens) const;
    void encode_segment(std::string_view text, std::uint32_t origin, bool offsets, Workspace& workspace,
                        TokenList& tokens) const;
    void append_row(TokenList& first, TokenList* second, EncodeOptions const& options, TokenRows& rows) const;
    void trim_offsets(std::span<std::int32_t const> ids, std::span<Offset> offsets) const;

    std::unique_ptr<detail::Normalizer const> normalizer_;       // may be null
    std::unique_ptr<detail::PreTokenizer const> pre_tokenizer_;  // may be null
    std::unique_ptr<detail::WordModel const> words_;
    std::unique_ptr<detail::Decoder const> decoder_;  // may be null
    detail::AddedTokens added_;
    detail::RowLayout layout_;
    std::vector<Trim> trims_;  // by id, if the layout trims

    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace ablatrix::text
