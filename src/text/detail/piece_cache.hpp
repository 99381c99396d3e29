#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "piece_hash.hpp"
#include "stages.hpp"

namespace ablatrix::text::detail {

/// Remembers the tokens of short pieces, for one thread at a time; when it is full it keeps what it has.
class PieceCache
{
  public:
    static constexpr std::size_t most_pieces = 1 << 16;
    static constexpr std::size_t longest_piece = 255;  ///< bytes

    /// The tokens of \p piece as \p model gives them; valid until the next call.
    std::span<WordToken const> tokens(std::string_view piece, WordModel const& model);

  private:
    struct Slot
    {
        std::uint64_t hash = 0;
        std::uint32_t bytes = 0;   // in bytes_
        std::uint32_t length = 0;  // of the piece; 0: free
        std::uint32_t tokens = 0;  // in tokens_
        std::uint32_t count = 0;
    };
    void grow();

    std::vector<Slot> slots_ = std::vector<Slot>(1024);  // a power of two, at most half full
    std::size_t used_ = 0;
    std::string bytes_;
    std::vector<WordToken> tokens_;
    std::vector<WordToken> passing_;  // of a piece that is not kept
};

inline std::span<WordToken const> PieceCache::tokens(std::string_view piece, WordModel const& model)
{
    if (piece.size() > longest_piece) {
        passing_.clear();
        model.tokenize(piece, passing_);
        return passing_;
    }
    std::uint64_t const hash = piece_hash(piece);
    std::size_t const mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    for (; slots_[at].length > 0; at = (at + 1) & mask) {
        Slot const& slot = slots_[at];
        if (slot.hash == hash && std::string_view(bytes_.data() + slot.bytes, slot.length) == piece)
            return {tokens_.data() + slot.tokens, slot.count};
    }
    if (used_ == most_pieces) {
        passing_.clear();
        model.tokenize(piece, passing_);
        return passing_;
    }
    std::size_t const first = tokens_.size();
    model.tokenize(piece, tokens_);
    std::size_t const count = tokens_.size() - first;
    slots_[at] = {hash, static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(piece.size()),
                  static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)};
    bytes_.append(piece);
    if (++used_ * 2 > slots_.size()) grow();
    return {tokens_.data() + first, count};
}

inline void PieceCache::grow()
{
    std::vector<Slot> const old = std::move(slots_);
    slots_.assign(old.size() * 2, Slot{});
    std::size_t const mask = slots_.size() - 1;
    for (Slot const& slot : old) {
        if (slot.length == 0) continue;
        std::size_t at = slot.hash & mask;
        while (slots_[at].length > 0)
            at = (at + 1) & mask;
        slots_[at] = slot;
    }
}

}  // namespace ablatrix::text::detail
