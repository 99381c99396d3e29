#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aligned_text.hpp"
#include "vocabulary.hpp"

/// \file
/// The stages of a tokenizer, of which tokenizer.json names one of each kind. All are immutable after loading and are
/// used from several threads at once; what changes from text to text lives in the Segment.

namespace ablatrix::text::detail {

/// Bytes [begin, end) of a segment; \p token >= 0 for an added token, which later stages leave alone.
struct Piece
{
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::int32_t token = -1;
};

/// A stretch of text between two added tokens on its way through the stages.
struct Segment
{
    AlignedText text;
    std::vector<Piece> pieces;
    std::vector<Piece> finer;  ///< where the next stage collects

    /// Replace every piece that is not a token by what \p cut(piece, emit) emits: emit(begin, end) in order; empty
    /// pieces are dropped.
    template <class Cut>
    void cut_pieces(Cut&& cut)
    {
        finer.clear();
        for (Piece const& piece : pieces) {
            if (piece.token >= 0) {
                finer.push_back(piece);
                continue;
            }
            cut(piece, [this](std::uint32_t begin, std::uint32_t end) {
                if (begin < end) finer.push_back({begin, end, -1});
            });
        }
        std::swap(pieces, finer);
    }
    std::string_view view(Piece const& piece) const { return text.text().substr(piece.begin, piece.end - piece.begin); }
};

class Normalizer
{
  public:
    virtual ~Normalizer() = default;
    /// Rewrite the text of one segment; it may be empty, before or after.
    virtual void apply(AlignedText& text) const = 0;
};

class PreTokenizer
{
  public:
    virtual ~PreTokenizer() = default;
    /// Cut the pieces of \p segment; may rewrite its text, then all pieces are new ones.
    virtual void split(Segment& segment) const = 0;
    /// Whether split() asks where pieces stand in the original text.
    virtual bool needs_places() const { return false; }
};

/// A token of a piece: bytes [begin, end) of the piece.
struct WordToken
{
    std::int32_t id = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

class WordModel
{
  public:
    virtual ~WordModel() = default;
    /// Cut pieces where no token of this model can cross, so that they are short enough to be cached.
    virtual void cut(Segment&) const {}
    /// Append the tokens of \p piece, which is not empty. Called once per distinct short piece: results are cached.
    virtual void tokenize(std::string_view piece, std::vector<WordToken>& out) const = 0;
    /// Tokens as files spell them (byte-level ones in their printable alphabet).
    virtual Vocabulary const& vocabulary() const = 0;
    /// "WordPiece", "BPE" or "Unigram"
    virtual std::string name() const = 0;
};

class Decoder
{
  public:
    virtual ~Decoder() = default;
    /// Rewrite the spellings of a row of tokens; concatenated they are the text.
    virtual void apply(std::vector<std::string>& tokens) const = 0;
};

}  // namespace ablatrix::text::detail
