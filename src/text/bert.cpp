#include <array>
#include <cstdint>
#include <memory>

#include "detail/bert_unicode.hpp"
#include "detail/decomposition.hpp"
#include "detail/makers.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// The normaliser of BERT and ELECTRA, in the order of the reference: clean, set ideographs apart, strip accents, lower
/// case. ASCII takes one pass over a table.
class BertNormalizer final : public Normalizer
{
  public:
    explicit BertNormalizer(JsonNode const& node)
        : clean_(node.boolean_or("clean_text", true)),
          ideographs_(node.boolean_or("handle_chinese_chars", true)),
          lower_(node.boolean_or("lowercase", true)),
          strip_accents_(node.boolean_or("strip_accents", lower_))
    {
        for (std::size_t i = 0; i < ascii_.size(); ++i)
            ascii_[i] = ascii(static_cast<char>(i));
    }

    void apply(AlignedText& text) const override
    {
        // A text that keeps its NUL bytes cannot use the table, in which 0 means to drop.
        if (is_ascii(text.text()) && (clean_ || text.text().find('\0') == std::string_view::npos))
            return text.map_bytes(ascii_);
        if (clean_ || ideographs_) clean(text);
        if (strip_accents_) strip_accents(text);
        if (lower_) lower(text);
    }

  private:
    char ascii(char c) const
    {
        auto const code_point = static_cast<char32_t>(static_cast<std::uint8_t>(c));
        if (code_point >= 0x80) return c;
        if (clean_ && bert_drops(code_point)) return 0;
        if (clean_ && bert_space(code_point)) return ' ';
        return lower_ ? static_cast<char>(bert_lower(code_point)) : c;
    }

    void clean(AlignedText& text) const
    {
        text.begin_rewrite();
        for (std::uint32_t at = 0; at < text.size();) {
            CodePoint const here = read_code_point(text.text(), at);
            if (clean_ && bert_space(here.value) && !bert_drops(here.value))
                text.put(" ", at);
            else if (!clean_ || !bert_drops(here.value))
                keep(text, at, here);
            at = here.end;
        }
        text.end_rewrite();
    }

    void keep(AlignedText& text, std::uint32_t at, CodePoint here) const
    {
        bool const apart = ideographs_ && bert_ideograph(here.value);
        if (apart) text.put(" ", at);
        text.keep(at, here.end);
        if (apart) text.put(" ", at);
    }

    static void strip_accents(AlignedText& text)
    {
        text.transform(decomposed(text.text(), false));
        text.begin_rewrite();
        for (std::uint32_t at = 0; at < text.size();) {
            CodePoint const here = read_code_point(text.text(), at);
            if (!bert_accent(here.value)) text.keep(at, here.end);
            at = here.end;
        }
        text.end_rewrite();
    }

    static void lower(AlignedText& text)
    {
        text.begin_rewrite();
        for (std::uint32_t at = 0; at < text.size();) {
            CodePoint const here = read_code_point(text.text(), at);
            char32_t const lowered = bert_lower(here.value);
            if (here.value == 0x130)
                text.put("i\xcc\x87", at);
            else if (lowered != here.value)
                text.put(EncodedCodePoint(lowered).view(), at);
            else
                text.keep(at, here.end);
            at = here.end;
        }
        text.end_rewrite();
    }

    bool clean_;
    bool ideographs_;
    bool lower_;
    bool strip_accents_;
    std::array<char, 256> ascii_ = {};
};

enum class ByteClass : std::uint8_t
{
    word,
    space,
    punctuation,
    other
};

/// Words between white space, punctuation on its own.
class BertPreTokenizer final : public PreTokenizer
{
  public:
    BertPreTokenizer()
    {
        for (std::size_t i = 0; i < classes_.size(); ++i)
            classes_[i] = i < 0x80 ? class_of(static_cast<char32_t>(i)) : ByteClass::other;
    }

    void split(Segment& segment) const override
    {
        std::string_view const text = segment.text.text();
        segment.cut_pieces([&](Piece const& piece, auto const& emit) {
            std::uint32_t word = piece.begin;
            for (std::uint32_t at = piece.begin; at < piece.end;) {
                ByteClass kind = classes_[static_cast<std::uint8_t>(text[at])];
                std::uint32_t end = at + 1;
                if (kind == ByteClass::other) {
                    CodePoint const here = read_code_point(text, at);
                    kind = class_of(here.value);
                    end = here.end;
                }
                if (kind != ByteClass::word) {
                    emit(word, at);
                    if (kind == ByteClass::punctuation) emit(at, end);
                    word = end;
                }
                at = end;
            }
            emit(word, piece.end);
        });
    }

  private:
    static ByteClass class_of(char32_t c)
    {
        if (bert_space(c)) return ByteClass::space;
        return bert_punctuation(c) ? ByteClass::punctuation : ByteClass::word;
    }

    std::array<ByteClass, 256> classes_ = {};
};

}  // namespace

std::unique_ptr<Normalizer const> make_bert_normalizer(JsonNode const& node)
{
    return std::make_unique<BertNormalizer>(node);
}

std::unique_ptr<PreTokenizer const> make_bert_pre_tokenizer(JsonNode const&)
{
    return std::make_unique<BertPreTokenizer>();
}

}  // namespace ablatrix::text::detail
