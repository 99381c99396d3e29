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
#include "offset_trimmer.hpp"
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
        detail::ValidText valid;
        std::string_view text;  // as valid UTF-8
        std::vector<std::int32_t> ids;
        std::vector<Offset> offsets;  // as many, or none; in the valid text
    };
    /// What a thread needs while it encodes a block of texts; kept between calls for its cache of pieces.
    struct Workspace
    {
        std::vector<detail::Piece> raw;
        detail::Segment segment;
        detail::PieceCache cache;
        TokenList first;
        TokenList second;
    };

    void check_ids(detail::JsonNode const& document) const;
    std::unique_ptr<Workspace> take_workspace() const;
    void give_back(std::unique_ptr<Workspace> workspace) const;

    void encode_text(std::string_view text, bool offsets, Workspace& workspace, TokenList& tokens) const;
    void encode_segment(detail::Piece const& stretch, bool offsets, Workspace& workspace, TokenList& tokens) const;
    void append_row(TokenList& first, TokenList* second, EncodeOptions const& options, TokenRows& rows) const;

    std::unique_ptr<detail::Normalizer const> normalizer_;       // may be null
    std::unique_ptr<detail::PreTokenizer const> pre_tokenizer_;  // may be null
    std::unique_ptr<detail::WordModel const> words_;
    std::unique_ptr<detail::Decoder const> decoder_;  // may be null
    detail::AddedTokens added_;
    detail::RowLayout layout_;
    std::optional<detail::OffsetTrimmer> trimmer_;

    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace ablatrix::text
