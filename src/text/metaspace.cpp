#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "detail/makers.hpp"
#include "detail/split_behavior.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

enum class PrependScheme
{
    always,
    first,
    never
};

std::string read_replacement(JsonNode const& node)
{
    std::string const text = node.string_or("replacement", "\u2581");
    if (text.empty() || read_code_point(text, 0).end != text.size())
        node.at("replacement").fail("expected one character");
    return text;
}

PrependScheme read_scheme(JsonNode const& node)
{
    auto const scheme = node.find("prepend_scheme");
    std::string const name = scheme ? scheme->one_of({"always", "first", "never"}) : "always";
    // Older files say it this way.
    if (!node.boolean_or("add_prefix_space", true)) {
        if (name == "first") scheme->fail("prepend_scheme and add_prefix_space contradict each other");
        return PrependScheme::never;
    }
    return name == "always" ? PrependScheme::always : name == "first" ? PrependScheme::first : PrependScheme::never;
}

/// Writes spaces as a visible character, one more in front, and cuts before each.
class Metaspace final : public PreTokenizer
{
  public:
    explicit Metaspace(JsonNode const& node)
        : replacement_(read_replacement(node)), scheme_(read_scheme(node)), cuts_(node.boolean_or("split", true))
    {}

    void split(Segment& segment) const override
    {
        mark_spaces(segment);
        if (!cuts_) return;
        std::string_view const text = segment.text.text();
        segment.cut_pieces([&](Piece const& piece, auto const& emit) {
            std::uint32_t begin = piece.begin;
            std::string_view const bytes = text.substr(0, piece.end);
            auto const size = replacement_.size();
            for (std::size_t at = bytes.find(replacement_, begin); at != bytes.npos;
                 at = bytes.find(replacement_, at + size)) {
                emit(begin, static_cast<std::uint32_t>(at));
                begin = static_cast<std::uint32_t>(at);
            }
            emit(begin, piece.end);
        });
    }

    bool needs_places() const override { return scheme_ == PrependScheme::first; }

  private:
    void mark_spaces(Segment& segment) const
    {
        AlignedText& text = segment.text;
        text.begin_rewrite();
        for (Piece& piece : segment.pieces) {
            std::uint32_t const begin = text.rewritten();
            if (piece.token >= 0)
                text.keep(piece.begin, piece.end);
            else
                mark_piece(text, piece);
            piece.begin = begin;
            piece.end = text.rewritten();
        }
        text.end_rewrite();
    }

    /// The first piece is one that begins where the original text does: white space dropped before it counts.
    bool wants_mark(AlignedText const& text, Piece const& piece) const
    {
        if (scheme_ == PrependScheme::first) return text.original(piece.begin, piece.begin + 1).begin == 0;
        return scheme_ == PrependScheme::always;
    }

    void mark_piece(AlignedText& text, Piece const& piece) const
    {
        std::string_view const old = text.text();
        bool const marked = old[piece.begin] == ' ' || old.substr(piece.begin).starts_with(replacement_);
        if (!marked && wants_mark(text, piece)) text.put(replacement_, piece.begin);
        std::uint32_t begin = piece.begin;
        for (std::uint32_t at = begin; at < piece.end; ++at) {
            if (old[at] != ' ') continue;
            text.keep(begin, at);
            text.put(replacement_, at);
            begin = at + 1;
        }
        text.keep(begin, piece.end);
    }

    std::string replacement_;
    PrependScheme scheme_;
    bool cuts_;
};

/// Visible spaces become spaces again; those of the first token were added.
class MetaspaceDecoder final : public Decoder
{
  public:
    explicit MetaspaceDecoder(JsonNode const& node) : replacement_(read_replacement(node)), scheme_(read_scheme(node))
    {}

    void apply(std::vector<std::string>& tokens) const override
    {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            bool const drop = i == 0 && scheme_ != PrependScheme::never;
            std::string text;
            std::size_t begin = 0;
            for (std::size_t at = tokens[i].find(replacement_); at != std::string::npos;
                 at = tokens[i].find(replacement_, begin)) {
                text.append(tokens[i], begin, at - begin);
                if (!drop) text += ' ';
                begin = at + replacement_.size();
            }
            text.append(tokens[i], begin);
            tokens[i] = text;
        }
    }

  private:
    std::string replacement_;
    PrependScheme scheme_;
};

}  // namespace

std::unique_ptr<PreTokenizer const> make_metaspace(JsonNode const& node)
{
    return std::make_unique<Metaspace>(node);
}

std::unique_ptr<Decoder const> make_metaspace_decoder(JsonNode const& node)
{
    return std::make_unique<MetaspaceDecoder>(node);
}

}  // namespace ablatrix::text::detail
