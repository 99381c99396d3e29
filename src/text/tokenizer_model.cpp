#include "detail/tokenizer_model.hpp"

#include <algorithm>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>

#include "detail/factory.hpp"
#include "detail/truncation.hpp"

namespace ablatrix::text {

using namespace detail;

namespace {

constexpr std::size_t texts_per_task = 256;
/// Positions are 32-bit numbers, and normal forms may be eleven times as long as their text.
constexpr std::size_t longest_text = std::size_t{1} << 28U;

void append(TokenRows& all, TokenRows const& block)
{
    std::int64_t const before = all.row_begin.back();
    for (std::size_t row = 1; row < block.row_begin.size(); ++row)
        all.row_begin.push_back(before + block.row_begin[row]);
    auto const join = [](auto& to, auto const& from) { to.insert(to.end(), from.begin(), from.end()); };
    join(all.id, block.id);
    join(all.type, block.type);
    join(all.sequence, block.sequence);
    join(all.offset, block.offset);
    join(all.truncated, block.truncated);
}

}  // namespace

Tokenizer::Model::Model(JsonNode const& document)
{
    if (auto const node = document.find("normalizer")) normalizer_ = make_normalizer(*node);
    if (auto const node = document.find("pre_tokenizer")) pre_tokenizer_ = make_pre_tokenizer(*node);
    words_ = make_word_model(document.at("model"), document);
    if (auto const node = document.find("decoder")) decoder_ = make_decoder(*node);
    if (auto const node = document.find("added_tokens")) added_ = AddedTokens::from_json(*node, normalizer_.get());
    if (auto const node = document.find("post_processor")) layout_ = RowLayout::from_json(*node);
    check_ids(document);
    if (layout_.trim_offsets) trimmer_.emplace(words_->vocabulary(), added_, layout_.prefix_space);
}

void Tokenizer::Model::check_ids(JsonNode const& document) const
{
    for (AddedToken const& token : added_.tokens()) {
        Vocabulary const& vocabulary = words_->vocabulary();
        std::int32_t const id = vocabulary.find(token.content);
        if (id >= 0 ? id != token.id : vocabulary.has(token.id))
            document.at("added_tokens")
                .fail("token '" + token.content + "' has id " + std::to_string(token.id) +
                      ", but not in the vocabulary");
    }
    for (bool const is_pair : {false, true}) {
        for (RowPart const& part : layout_.parts(is_pair)) {
            if (part.kind == RowPart::Kind::special && !token_of(part.id))
                document.at("post_processor").fail("special id " + std::to_string(part.id) + " has no token");
        }
    }
}

std::int32_t Tokenizer::Model::vocabulary_size() const
{
    std::int32_t size = words_->vocabulary().size();
    for (AddedToken const& token : added_.tokens())
        size = std::max(size, token.id + 1);
    return size;
}

std::optional<std::int32_t> Tokenizer::Model::id_of(std::string_view token) const
{
    if (AddedToken const* added = added_.with_content(token)) return added->id;
    std::int32_t const id = words_->vocabulary().find(token);
    return id < 0 ? std::nullopt : std::optional(id);
}

std::optional<std::string> Tokenizer::Model::token_of(std::int32_t id) const
{
    if (AddedToken const* added = added_.with_id(id)) return added->content;
    if (!words_->vocabulary().has(id)) return std::nullopt;
    return std::string(words_->vocabulary().token(id));
}

std::string Tokenizer::Model::decode(std::span<std::int32_t const> ids, bool skip_special_tokens) const
{
    std::vector<std::string> tokens;
    for (std::int32_t const id : ids) {
        AddedToken const* added = added_.with_id(id);
        if (skip_special_tokens && added != nullptr && added->special) continue;
        if (auto token = token_of(id)) tokens.push_back(*std::move(token));
    }
    if (decoder_) decoder_->apply(tokens);
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        text += (i > 0 && !decoder_ ? " " : "") + tokens[i];
    return text;
}

TokenRows Tokenizer::Model::encode(std::span<std::string const> first,
                                   std::optional<std::span<std::string const>> second,
                                   EncodeOptions const& options) const
{
    ABLATRIX_EXPECT(!second || second->size() == first.size());
    std::size_t const specials = options.add_special_tokens ? layout_.specials(second.has_value()) : 0;
    ABLATRIX_VALIDATE(options.max_length <= 0 || static_cast<std::size_t>(options.max_length) >= specials,
                      "max_length " + std::to_string(options.max_length) + " leaves no room for the " +
                          std::to_string(specials) + " special tokens of a row. Raise max_length");

    std::vector<TokenRows> blocks((first.size() + texts_per_task - 1) / texts_per_task);
    base::parallel_for(blocks.size(), options.threads, [&](std::size_t block) {
        auto workspace = take_workspace();
        std::size_t const end = std::min(first.size(), (block + 1) * texts_per_task);
        for (std::size_t row = block * texts_per_task; row < end; ++row) {
            encode_text(first[row], options.offsets, *workspace, workspace->first);
            if (second) encode_text((*second)[row], options.offsets, *workspace, workspace->second);
            append_row(workspace->first, second ? &workspace->second : nullptr, options, blocks[block]);
        }
        give_back(std::move(workspace));
    });

    if (blocks.size() == 1) return std::move(blocks.front());
    TokenRows rows;
    for (TokenRows const& block : blocks)
        append(rows, block);
    return rows;
}

std::unique_ptr<Tokenizer::Model::Workspace> Tokenizer::Model::take_workspace() const
{
    std::lock_guard const lock(mutex_);
    if (idle_.empty()) return std::make_unique<Workspace>();
    auto workspace = std::move(idle_.back());
    idle_.pop_back();
    return workspace;
}

void Tokenizer::Model::give_back(std::unique_ptr<Workspace> workspace) const
{
    std::lock_guard const lock(mutex_);
    idle_.push_back(std::move(workspace));
}

void Tokenizer::Model::encode_text(std::string_view text, bool offsets, Workspace& workspace, TokenList& tokens) const
{
    ABLATRIX_VALIDATE(text.size() <= longest_text,
                      "a text of " + std::to_string(text.size()) + " bytes is too long to be tokenised");
    tokens.ids.clear();
    tokens.offsets.clear();
    tokens.text = tokens.valid.repair(text);
    workspace.raw.clear();
    added_.cut_raw(tokens.text, workspace.raw);
    for (Piece const& piece : workspace.raw) {
        if (piece.token < 0) {
            encode_segment(piece, offsets, workspace, tokens);
            continue;
        }
        tokens.ids.push_back(piece.token);
        if (offsets) tokens.offsets.push_back({piece.begin, piece.end});
    }
}

void Tokenizer::Model::encode_segment(Piece const& stretch, bool offsets, Workspace& workspace, TokenList& tokens) const
{
    Segment& segment = workspace.segment;
    bool const places = offsets || (pre_tokenizer_ && pre_tokenizer_->needs_places());
    segment.text.assign(tokens.text.substr(stretch.begin, stretch.end - stretch.begin), stretch.begin, places);
    if (normalizer_) normalizer_->apply(segment.text);
    segment.pieces.clear();
    added_.cut_normalized(segment.text.text(), segment.pieces);
    if (pre_tokenizer_) pre_tokenizer_->split(segment);
    words_->cut(segment);
    for (Piece const& piece : segment.pieces) {
        if (piece.token >= 0) {
            tokens.ids.push_back(piece.token);
            if (offsets) tokens.offsets.push_back(segment.text.original(piece.begin, piece.end));
            continue;
        }
        for (WordToken const& token : workspace.cache.tokens(segment.view(piece), *words_)) {
            tokens.ids.push_back(token.id);
            if (offsets)
                tokens.offsets.push_back(segment.text.original(piece.begin + token.begin, piece.begin + token.end));
        }
    }
}

void Tokenizer::Model::append_row(TokenList& first, TokenList* second, EncodeOptions const& options,
                                  TokenRows& rows) const
{
    bool const is_pair = second != nullptr;
    Lengths const have = {first.ids.size(), is_pair ? second->ids.size() : 0};
    Lengths keep = have;
    if (options.max_length > 0) {
        std::size_t const specials = options.add_special_tokens ? layout_.specials(is_pair) : 0;
        keep = truncated(have, static_cast<std::size_t>(options.max_length) - specials, options.truncation);
    }
    auto const append_text = [&](TokenList& tokens, std::size_t count, RowPart const& part) {
        std::size_t const begin = options.truncation_side == Side::right ? 0 : tokens.ids.size() - count;
        auto const ids = std::span(tokens.ids).subspan(begin, count);
        rows.id.insert(rows.id.end(), ids.begin(), ids.end());
        rows.type.insert(rows.type.end(), count, part.type);
        if (!options.offsets) return;
        auto const offsets = std::span(tokens.offsets).subspan(begin, count);
        if (trimmer_) trimmer_->trim(tokens.text, ids, offsets);
        for (Offset const& offset : offsets)
            rows.offset.push_back(tokens.valid.repaired() ? tokens.valid.original(offset) : offset);
        rows.sequence.insert(rows.sequence.end(), count, part.kind == RowPart::Kind::first ? 0 : 1);
    };
    for (RowPart const& part : layout_.parts(is_pair)) {
        if (part.kind == RowPart::Kind::first) append_text(first, keep.first, part);
        if (part.kind == RowPart::Kind::second) append_text(*second, keep.second, part);
        if (part.kind != RowPart::Kind::special || !options.add_special_tokens) continue;
        rows.id.push_back(part.id);
        rows.type.push_back(part.type);
        if (!options.offsets) continue;
        rows.offset.emplace_back();
        rows.sequence.push_back(-1);
    }
    rows.row_begin.push_back(static_cast<std::int64_t>(rows.id.size()));
    rows.truncated.push_back(keep == have ? 0 : 1);
}

}  // namespace ablatrix::text
