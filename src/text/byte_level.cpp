#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detail/byte_map.hpp"
#include "detail/makers.hpp"
#include "detail/split_scanner.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

void prepend_spaces(Segment& segment)
{
    segment.text.begin_rewrite();
    for (Piece& piece : segment.pieces) {
        std::uint32_t const begin = segment.text.rewritten();
        bool const bare = piece.token < 0 && piece.begin < piece.end && segment.text.text()[piece.begin] != ' ';
        if (bare) segment.text.put(" ", piece.begin);
        segment.text.keep(piece.begin, piece.end);
        piece.begin = begin;
        piece.end = segment.text.rewritten();
    }
    segment.text.end_rewrite();
}

/// \p bytes with U+FFFD for what is not UTF-8.
std::string valid_utf8(std::string_view bytes)
{
    std::string text;
    for (std::uint32_t at = 0; at < bytes.size();) {
        CodePoint const c = read_code_point(bytes, at);
        text += EncodedCodePoint(c.value).view();
        at = c.end;
    }
    return text;
}

/// Cuts as GPT-2 does. The bytes stay as they are: the model behind it takes bytes, not their printable spelling.
class ByteLevel final : public PreTokenizer
{
  public:
    explicit ByteLevel(JsonNode const& node) : add_prefix_space_(node.boolean_or("add_prefix_space", true))
    {
        if (node.boolean_or("use_regex", true)) scanner_.emplace(SplitPattern::gpt2);
    }

    void split(Segment& segment) const override
    {
        if (add_prefix_space_) prepend_spaces(segment);
        if (scanner_) scanner_->split(segment);
    }

  private:
    bool add_prefix_space_;
    std::optional<SplitScanner> scanner_;
};

/// Joins the bytes that tokens spell; what is no UTF-8 becomes U+FFFD.
class ByteLevelDecoder final : public Decoder
{
  public:
    void apply(std::vector<std::string>& tokens) const override
    {
        std::string bytes;
        for (std::string const& token : tokens)
            bytes += unspell_bytes(token).value_or(token);
        tokens.assign(1, valid_utf8(bytes));
    }
};

/// The stages of \p stage in their order, those of nested sequences among them.
void flatten(JsonNode const& stage, std::vector<JsonNode>& stages)
{
    if (stage.at("type").string() != "Sequence") return stages.push_back(stage);
    JsonNode const list = stage.at("pretokenizers");
    for (std::size_t i = 0; i < list.size(); ++i)
        flatten(list.at(i), stages);
}

}  // namespace

std::optional<JsonNode> find_byte_level(JsonNode const& document)
{
    std::vector<JsonNode> stages;
    if (auto const pre_tokenizer = document.find("pre_tokenizer")) flatten(*pre_tokenizer, stages);
    for (JsonNode const& stage : stages) {
        if (stage.at("type").string() != "ByteLevel") continue;
        if (&stage != &stages.back()) stage.fail("ByteLevel must be the last pre-tokenizer, before a BPE model");
        return stage;
    }
    return std::nullopt;
}

std::unique_ptr<PreTokenizer const> make_byte_level(JsonNode const& node)
{
    return std::make_unique<ByteLevel>(node);
}

std::unique_ptr<Decoder const> make_byte_level_decoder(JsonNode const&)
{
    return std::make_unique<ByteLevelDecoder>();
}

}  // namespace ablatrix::text::detail
