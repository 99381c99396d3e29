#include "detail/factory.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "detail/makers.hpp"

namespace ablatrix::text::detail {

namespace {

template <class Stage, class... Document>
struct Maker
{
    std::string_view type;
    std::unique_ptr<Stage const> (*make)(JsonNode const&, Document...);
};

template <class Makers, class... Document>
auto make(Makers const& makers, std::string_view type, JsonNode const& node, Document const&... document)
{
    for (auto const& maker : makers)
        if (maker.type == type) return maker.make(node, document...);
    node.fail("unknown type '" + std::string(type) + "'");
}

/// The stages listed under \p key, each made by \p make. parse_json() bounds nesting.
template <class Stage>
std::vector<std::unique_ptr<Stage const>> make_all(JsonNode const& node, char const* key,
                                                   std::unique_ptr<Stage const> (*make)(JsonNode const&))
{
    JsonNode const list = node.at(key);
    std::vector<std::unique_ptr<Stage const>> stages;
    for (std::size_t i = 0; i < list.size(); ++i)
        stages.push_back(make(list.at(i)));
    return stages;
}

class NormalizerSequence final : public Normalizer
{
  public:
    explicit NormalizerSequence(JsonNode const& node) : stages_(make_all(node, "normalizers", make_normalizer)) {}
    void apply(AlignedText& text) const override
    {
        for (auto const& stage : stages_)
            stage->apply(text);
    }

  private:
    std::vector<std::unique_ptr<Normalizer const>> stages_;
};

class PreTokenizerSequence final : public PreTokenizer
{
  public:
    explicit PreTokenizerSequence(JsonNode const& node) : stages_(make_all(node, "pretokenizers", make_pre_tokenizer))
    {}
    void split(Segment& segment) const override
    {
        for (auto const& stage : stages_)
            stage->split(segment);
    }
    bool needs_places() const override
    {
        return std::any_of(stages_.begin(), stages_.end(), [](auto const& stage) { return stage->needs_places(); });
    }

  private:
    std::vector<std::unique_ptr<PreTokenizer const>> stages_;
};

class DecoderSequence final : public Decoder
{
  public:
    explicit DecoderSequence(JsonNode const& node) : stages_(make_all(node, "decoders", make_decoder)) {}
    void apply(std::vector<std::string>& tokens) const override
    {
        for (auto const& stage : stages_)
            stage->apply(tokens);
    }

  private:
    std::vector<std::unique_ptr<Decoder const>> stages_;
};

template <class Stage, class Sequence>
std::unique_ptr<Stage const> make_sequence(JsonNode const& node)
{
    return std::make_unique<Sequence>(node);
}

constexpr Maker<Normalizer> normalizers[] = {
    {"Sequence", make_sequence<Normalizer, NormalizerSequence>},
    {"BertNormalizer", make_bert_normalizer},
    {"NFC", make_nfc},
    {"NFD", make_nfd},
    {"NFKC", make_nfkc},
    {"NFKD", make_nfkd},
    {"Lowercase", make_lowercase},
    {"StripAccents", make_strip_accents},
    {"Strip", make_strip},
    {"Replace", make_replace},
    {"Prepend", make_prepend},
    {"Precompiled", make_precompiled},
};

constexpr Maker<PreTokenizer> pre_tokenizers[] = {
    {"Sequence", make_sequence<PreTokenizer, PreTokenizerSequence>},
    {"BertPreTokenizer", make_bert_pre_tokenizer},
    {"Whitespace", make_whitespace},
    {"WhitespaceSplit", make_whitespace_split},
    {"Punctuation", make_punctuation},
    {"Digits", make_digits},
    {"ByteLevel", make_byte_level},
    {"Split", make_split},
    {"Metaspace", make_metaspace},
};

constexpr Maker<WordModel, JsonNode const&> word_models[] = {
    {"WordPiece", make_word_piece},
    {"BPE", make_bpe},
    {"Unigram", make_unigram},
};

constexpr Maker<Decoder> decoders[] = {
    {"Sequence", make_sequence<Decoder, DecoderSequence>},
    {"WordPiece", make_word_piece_decoder},
    {"ByteLevel", make_byte_level_decoder},
    {"Metaspace", make_metaspace_decoder},
    {"Replace", make_replace_decoder},
    {"ByteFallback", make_byte_fallback},
    {"Fuse", make_fuse},
    {"Strip", make_strip_decoder},
    {"BPEDecoder", make_bpe_decoder},
};

/// Older files leave the type of the model out; what it holds tells.
std::string model_type(JsonNode const& node)
{
    if (auto const type = node.find("type")) return type->string();
    if (node.find("merges")) return "BPE";
    return node.find("max_input_chars_per_word") ? "WordPiece" : "Unigram";
}

}  // namespace

std::unique_ptr<Normalizer const> make_normalizer(JsonNode const& node)
{
    return make(normalizers, node.at("type").string(), node);
}

std::unique_ptr<PreTokenizer const> make_pre_tokenizer(JsonNode const& node)
{
    return make(pre_tokenizers, node.at("type").string(), node);
}

std::unique_ptr<WordModel const> make_word_model(JsonNode const& node, JsonNode const& document)
{
    std::string const type = model_type(node);
    auto const byte_level = find_byte_level(document);
    if (byte_level && type != "BPE")
        byte_level->fail("ByteLevel must be the last pre-tokenizer, before a BPE model, not " + type);
    return make(word_models, type, node, document);
}

std::unique_ptr<Decoder const> make_decoder(JsonNode const& node)
{
    return make(decoders, node.at("type").string(), node);
}

}  // namespace ablatrix::text::detail
