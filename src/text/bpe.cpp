#include "detail/bpe.hpp"

#include <memory>
#include <string>
#include <utility>

#include "detail/byte_map.hpp"
#include "detail/makers.hpp"
#include "detail/space_cuts.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// Collects unknown characters; with fusing, a run of them is one symbol.
class UnknownRun
{
  public:
    UnknownRun(std::int32_t unknown, bool fuse, std::vector<Symbol>& symbols)
        : unknown_(unknown), fuse_(fuse), symbols_(symbols)
    {}

    /// Without an unknown token such characters vanish.
    void add(std::uint32_t size)
    {
        if (unknown_ < 0) return;
        if (!fuse_) end();
        size_ += size;
    }
    void end()
    {
        if (size_ > 0) symbols_.push_back({unknown_, size_});
        size_ = 0;
    }

  private:
    std::int32_t unknown_;
    bool fuse_;
    std::vector<Symbol>& symbols_;
    std::uint32_t size_ = 0;
};

std::string symbol_of_byte(std::uint8_t byte, Bpe::Options const& options)
{
    return std::string(options.byte_level ? byte_spelling(byte) : byte_token(byte));
}

}  // namespace

Bpe::Bpe(Vocabulary vocabulary, MergeTable merges, Options options)
    : vocabulary_(std::move(vocabulary)), merges_(std::move(merges)), options_(std::move(options))
{
    for (unsigned b = 0; b < byte_id_.size(); ++b)
        byte_id_[b] = vocabulary_.find(symbol_of_byte(static_cast<std::uint8_t>(b), options_));
    // With ignore_merges a whole piece may be a token that no merges make: it must stay whole.
    bool const plain =
        !options_.byte_level && !options_.ignore_merges && options_.prefix.empty() && options_.suffix.empty();
    stand_alone_ = plain && words_stand_alone(vocabulary_);
}

void Bpe::cut(Segment& segment) const
{
    if (stand_alone_) cut_before_marks(segment);
}

void Bpe::tokenize(std::string_view piece, std::vector<WordToken>& out) const
{
    auto const size = static_cast<std::uint32_t>(piece.size());
    if (options_.ignore_merges) {
        std::int32_t const id = whole_piece(piece);
        if (id >= 0) {
            out.push_back({id, 0, size});
            return;
        }
    }
    thread_local std::vector<Symbol> symbols;
    thread_local MergeScratch scratch;
    symbols.clear();
    if (options_.byte_level)
        symbols_of_bytes(piece, symbols);
    else
        symbols_of_characters(piece, symbols);
    merge_symbols(symbols, merges_, scratch);
    std::uint32_t begin = 0;
    for (Symbol const& symbol : symbols) {
        out.push_back({symbol.id, begin, begin + symbol.size});
        begin += symbol.size;
    }
}

std::int32_t Bpe::whole_piece(std::string_view piece) const
{
    return vocabulary_.find(options_.byte_level ? spell_bytes(piece) : piece);
}

void Bpe::symbols_of_bytes(std::string_view piece, std::vector<Symbol>& symbols) const
{
    UnknownRun unknown(options_.unknown, options_.fuse_unknown, symbols);
    for (char const c : piece) {
        std::int32_t const id = byte_id_[static_cast<std::uint8_t>(c)];
        if (id < 0) {
            unknown.add(1);
            continue;
        }
        unknown.end();
        symbols.push_back({id, 1});
    }
    unknown.end();
}

void Bpe::symbols_of_characters(std::string_view piece, std::vector<Symbol>& symbols) const
{
    UnknownRun unknown(options_.unknown, options_.fuse_unknown, symbols);
    for (std::uint32_t at = 0; at < piece.size();) {
        std::uint32_t const end = read_code_point(piece, at).end;
        std::string_view const character = piece.substr(at, end - at);
        std::int32_t const id = id_of_character(character, at == 0, end == piece.size());
        if (id >= 0) {
            unknown.end();
            symbols.push_back({id, end - at});
        }
        else if (!add_bytes(character, symbols)) {
            unknown.add(end - at);
        }
        at = end;
    }
    unknown.end();
}

std::int32_t Bpe::id_of_character(std::string_view character, bool first, bool last) const
{
    bool const prefixed = !first && !options_.prefix.empty();
    bool const suffixed = last && !options_.suffix.empty();
    if (!prefixed && !suffixed) return vocabulary_.find(character);
    std::string spelling = prefixed ? options_.prefix : std::string();
    spelling += character;
    if (suffixed) spelling += options_.suffix;
    return vocabulary_.find(spelling);
}

bool Bpe::add_bytes(std::string_view character, std::vector<Symbol>& symbols) const
{
    if (!options_.byte_fallback) return false;
    for (char const c : character)
        if (byte_id_[static_cast<std::uint8_t>(c)] < 0) return false;
    for (char const c : character)
        symbols.push_back({byte_id_[static_cast<std::uint8_t>(c)], 1});
    return true;
}

namespace {

/// "a b" -> ("a", "b")
std::pair<std::string, std::string> merge_parts(JsonNode const& node)
{
    if (node.raw().is_array()) {
        if (node.size() != 2) node.fail("a merge has two parts");
        return {node.at(std::size_t{0}).string(), node.at(std::size_t{1}).string()};
    }
    std::string const& text = node.string();
    std::size_t const space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
        node.fail("a merge is two parts with one space between");
    return {text.substr(0, space), text.substr(space + 1)};
}

std::int32_t known_id(Vocabulary const& vocabulary, std::string const& token, JsonNode const& merge)
{
    std::int32_t const id = vocabulary.find(token);
    if (id < 0) merge.fail("'" + token + "' of a merge is not in the vocabulary");
    return id;
}

MergeTable read_merges(JsonNode const& list, Vocabulary const& vocabulary, std::string const& prefix)
{
    MergeTable merges(list.size());
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        JsonNode const node = list.at(i);
        if (node.raw().is_string() && node.string().starts_with("#version")) continue;
        auto const [left, right] = merge_parts(node);
        if (right.size() < prefix.size()) node.fail("the right part is shorter than continuing_subword_prefix");
        std::int32_t const merged = known_id(vocabulary, left + right.substr(prefix.size()), node);
        merges.set(known_id(vocabulary, left, node), known_id(vocabulary, right, node), {rank++, merged});
    }
    return merges;
}

bool occurs_in_utf_8(unsigned byte)
{
    return byte < 0xC0 || (byte > 0xC1 && byte < 0xF5);
}

/// Then nothing is unknown.
bool spells_every_text(Vocabulary const& vocabulary, Bpe::Options const& options)
{
    if (!options.byte_level && !options.byte_fallback) return false;
    for (unsigned b = 0; b < 256; ++b)
        if (occurs_in_utf_8(b) && vocabulary.find(symbol_of_byte(static_cast<std::uint8_t>(b), options)) < 0)
            return false;
    return true;
}

}  // namespace

std::unique_ptr<WordModel const> make_bpe(JsonNode const& node, JsonNode const& document)
{
    if (auto const dropout = node.find("dropout"); dropout && dropout->number() != 0)
        dropout->fail("BPE with dropout is random. Set it to null");
    Bpe::Options options;
    options.byte_level = find_byte_level(document).has_value();
    options.byte_fallback = node.boolean_or("byte_fallback", false);
    options.fuse_unknown = node.boolean_or("fuse_unk", false);
    options.ignore_merges = node.boolean_or("ignore_merges", false);
    options.prefix = node.string_or("continuing_subword_prefix", "");
    options.suffix = node.string_or("end_of_word_suffix", "");
    if (options.byte_level && !(options.prefix.empty() && options.suffix.empty()))
        node.fail("byte-level BPE with continuing_subword_prefix or end_of_word_suffix is not supported");

    Vocabulary vocabulary = Vocabulary::from_json(node.at("vocab"));
    if (auto const unknown = node.find("unk_token")) {
        options.unknown = vocabulary.find(unknown->string());
        if (options.unknown < 0 && !spells_every_text(vocabulary, options))
            unknown->fail("'" + unknown->string() + "' is not in the vocabulary");
    }
    MergeTable merges = read_merges(node.at("merges"), vocabulary, options.prefix);
    return std::make_unique<Bpe>(std::move(vocabulary), std::move(merges), std::move(options));
}

}  // namespace ablatrix::text::detail
