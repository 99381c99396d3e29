#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>

#include "src/text/detail/factory.hpp"

/// Expected texts and offsets are those of the tokenizers library 0.23 unless a comment says otherwise.

namespace ablatrix::text::detail {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

struct Normalized
{
    std::string text;
    std::vector<Offset> places;  // of every byte
};

Normalized normalized(json const& node, std::string const& text)
{
    AlignedText aligned;
    aligned.assign(text, 0, true);
    make_normalizer(JsonNode(node, "test.json"))->apply(aligned);
    Normalized result{std::string(aligned.text()), {}};
    for (std::uint32_t i = 0; i < aligned.size(); ++i)
        result.places.push_back(aligned.original(i, i + 1));
    return result;
}

std::string text_of(json const& node, std::string const& text)
{
    return normalized(node, text).text;
}

TEST(Normalizers, ComposeAndDecompose)
{
    EXPECT_EQ(text_of({{"type", "NFC"}}, "e\u0301"), "é");
    EXPECT_EQ(text_of({{"type", "NFD"}}, "é"), "e\u0301");
    EXPECT_EQ(text_of({{"type", "NFC"}}, "a\u0323\u0307"), "\u1EA1\u0307") << "the lower mark composes first";
    EXPECT_EQ(text_of({{"type", "NFC"}}, "a\u0307\u0323"), "\u1EA1\u0307") << "marks are put in order";
    EXPECT_EQ(text_of({{"type", "NFC"}}, "\u1100\u1161\u11A8"), "각");
    EXPECT_EQ(text_of({{"type", "NFC"}}, "ﬁ"), "ﬁ");
    EXPECT_EQ(text_of({{"type", "NFKC"}}, "ﬁ①"), "fi1");
    EXPECT_EQ(text_of({{"type", "NFKD"}}, "\u1E9B\u0323"), "s\u0323\u0307");
}

TEST(Normalizers, AComposedCharacterStandsWhereItsPartsBegin)
{
    auto const result = normalized({{"type", "NFC"}}, "e\u0301x");
    EXPECT_EQ(result.places, (std::vector<Offset>{{0, 1}, {0, 1}, {3, 4}}));
}

TEST(Normalizers, EveryPartOfADecompositionStandsWhereTheWholeStood)
{
    auto const result = normalized({{"type", "NFD"}}, "xé");
    EXPECT_EQ(result.places, (std::vector<Offset>{{0, 1}, {1, 3}, {1, 3}, {1, 3}}));
}

TEST(Normalizers, LowercaseKnowsNoContext)
{
    EXPECT_EQ(text_of({{"type", "Lowercase"}}, "ΑΣ İX"), "ασ i\u0307x");
    EXPECT_EQ(text_of({{"type", "Lowercase"}}, "\uA7DC\U00010D50"), "\u019B\U00010D70") << "capitals since Unicode 16";
}

TEST(Normalizers, StripAccentsDropsMarksOnly)
{
    EXPECT_EQ(text_of({{"type", "StripAccents"}}, "e\u0301é"), "eé");
}

TEST(Normalizers, StripDropsWhiteSpaceAtTheEndsAsked)
{
    EXPECT_EQ(text_of({{"type", "Strip"}}, " \u3000a b\n"), "a b");
    EXPECT_EQ(text_of({{"type", "Strip"}, {"strip_left", false}}, " a "), " a");
    EXPECT_EQ(text_of({{"type", "Strip"}}, " \t"), "");
}

json replace(json const& pattern, std::string const& content)
{
    return {{"type", "Replace"}, {"pattern", pattern}, {"content", content}};
}

TEST(Normalizers, ReplaceTakesStringsAndExpressions)
{
    EXPECT_EQ(text_of(replace({{"String", "."}}, "!"), "a.b"), "a!b");
    EXPECT_EQ(text_of(replace({{"Regex", " {2,}"}}, " "), "a   b c"), "a b c");
    EXPECT_EQ(text_of(replace({{"Regex", "^a"}}, "b"), "a\na"), "b\nb") << "^ stands at every line";
    EXPECT_EQ(text_of(replace({{"Regex", "z*"}}, "-"), "azzb"), "-a-b-");
    EXPECT_EQ(text_of(replace({{"String", "a"}}, ""), "banana"), "bnn");
}

TEST(Normalizers, AReplacementStandsWhereTheLastReplacedCharacterStood)
{
    auto const result = normalized(replace({{"String", "ab"}}, "xyz"), "cab");
    EXPECT_EQ(result.places, (std::vector<Offset>{{0, 1}, {2, 3}, {2, 3}, {2, 3}}));
}

TEST(Normalizers, WrongPatternsAreNamed)
{
    EXPECT_THROW(text_of(replace({{"Regex", "(a"}}, ""), ""), DataError);
    EXPECT_THROW(text_of(replace({{"String", ""}}, ""), ""), DataError);
    EXPECT_THROW(text_of(replace(3, ""), ""), DataError);
}

TEST(Normalizers, ExpressionsThatMeanSomethingElseInTheReferenceAreRefused)
{
    for (char const* regex : {"\\h", "a\\H", "\\\\\\v", "[\\V]", "[[:punct:]]", "[^[:^punct:]a]", "[[:xdigit:]]"})
        EXPECT_THROW(text_of(replace({{"Regex", regex}}, ""), ""), DataError) << regex;
    EXPECT_EQ(text_of(replace({{"Regex", R"(\\h)"}}, ""), "a\\hb"), "ab") << "an escaped backslash before an h";
    EXPECT_EQ(text_of(replace({{"Regex", "[[:alpha:]]"}}, ""), "a1"), "1");
}

TEST(Normalizers, AnExpressionMayMatchARowOfAMegabyte)
{
    EXPECT_EQ(text_of(replace({{"Regex", "\\s+"}}, "-"), std::string(1'000'000, ' ')), "-");
}

TEST(Normalizers, AnExpressionThatTriesTooMuchIsStopped)
{
    EXPECT_EQ(text_of(replace({{"Regex", "(a|a)*c"}}, ""), "aaac"), "");
    EXPECT_THROW(text_of(replace({{"Regex", "(a|a)*c"}}, ""), std::string(100, 'a')), Error);
}

Strings split(json const& node, std::string const& text)
{
    Segment segment;
    segment.text.assign(text, 0, true);
    if (!text.empty()) segment.pieces.push_back({0, static_cast<std::uint32_t>(text.size()), -1});
    make_pre_tokenizer(JsonNode(node, "test.json"))->split(segment);
    Strings pieces;
    for (Piece const& piece : segment.pieces)
        pieces.emplace_back(segment.view(piece));
    return pieces;
}

json split_at(json const& pattern, char const* behavior, bool invert = false)
{
    return {{"type", "Split"}, {"pattern", pattern}, {"behavior", behavior}, {"invert", invert}};
}

TEST(PreTokenizers, SplitKnowsFiveBehaviours)
{
    json const dash{{"String", "-"}};
    std::string const text = "the-final--countdown";  // the example of the reference's documentation
    EXPECT_EQ(split(split_at(dash, "Removed"), text), (Strings{"the", "final", "countdown"}));
    EXPECT_EQ(split(split_at(dash, "Isolated"), text), (Strings{"the", "-", "final", "-", "-", "countdown"}));
    EXPECT_EQ(split(split_at(dash, "MergedWithPrevious"), text), (Strings{"the-", "final-", "-", "countdown"}));
    EXPECT_EQ(split(split_at(dash, "MergedWithNext"), text), (Strings{"the", "-final", "-", "-countdown"}));
    EXPECT_EQ(split(split_at(dash, "Contiguous"), text), (Strings{"the", "-", "final", "--", "countdown"}));
}

TEST(PreTokenizers, SplitCanTurnItsPatternAround)
{
    json const word{{"Regex", "\\w+"}};
    EXPECT_EQ(split(split_at(word, "Removed", true), "a, b"), (Strings{"a", "b"}));
    EXPECT_EQ(split(split_at(word, "Removed", false), "a, b"), (Strings{", "}));
}

json metaspace(char const* scheme, bool cut = true)
{
    return {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", scheme}, {"split", cut}};
}

TEST(PreTokenizers, MetaspaceMarksSpacesAndCutsBeforeThem)
{
    EXPECT_EQ(split(metaspace("always"), "a bc"), (Strings{"▁a", "▁bc"}));
    EXPECT_EQ(split(metaspace("never"), "a  b"), (Strings{"a", "▁", "▁b"}));
    EXPECT_EQ(split(metaspace("always"), " a"), (Strings{"▁a"}));
    EXPECT_EQ(split(metaspace("always", false), "a b"), (Strings{"▁a▁b"}));
}

TEST(PreTokenizers, MetaspacePutsFirstBeforeTheFirstPieceOnly)
{
    json const sequence{{"type", "Sequence"},
                        {"pretokenizers", {split_at({{"String", "-"}}, "Removed"), metaspace("first")}}};
    EXPECT_EQ(split(sequence, "a-b"), (Strings{"▁a", "b"}));
    EXPECT_EQ(split(sequence, "-a"), Strings{"a"}) << "it does not stand at the beginning of the text";
}

TEST(PreTokenizers, MetaspaceReadsTheOlderFlag)
{
    json node{{"type", "Metaspace"}, {"replacement", "▁"}, {"add_prefix_space", false}};
    EXPECT_EQ(split(node, "a"), Strings{"a"});
    node["prepend_scheme"] = "first";
    EXPECT_THROW(split(node, "a"), DataError);
}

Strings decoded(json const& node, Strings tokens)
{
    make_decoder(JsonNode(node, "test.json"))->apply(tokens);
    return tokens;
}

TEST(Decoders, MetaspaceDropsTheMarkOfTheFirstToken)
{
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}}, {"▁a", "▁b", "c"}), (Strings{"a", " b", "c"}));
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}}, {"▁a", "▁b"}),
              (Strings{" a", " b"}));
}

TEST(Decoders, ByteFallbackJoinsRunsOfBytes)
{
    json const node{{"type", "ByteFallback"}};
    EXPECT_EQ(decoded(node, {"a", "<0xC3>", "<0xA9>", "b"}), (Strings{"a", "é", "b"}));
    EXPECT_EQ(decoded(node, {"<0xC3>", "<0xZZ>", "<0x4>"}), (Strings{"\uFFFD", "<0xZZ>", "<0x4>"}));
    EXPECT_EQ(decoded(node, {"<0xEF>", "<0xBF>", "<0xBD>"}), (Strings{"\uFFFD"}))
        << "a replacement that was in the text";
}

TEST(Decoders, StripDropsNoMoreThanAsked)
{
    json const node{{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 2}};
    EXPECT_EQ(decoded(node, {"  a   ", "b", " ", ""}), (Strings{" a ", "b", "", ""}));
}

TEST(Decoders, BpeDecoderTurnsEndsOfWordsIntoSpaces)
{
    EXPECT_EQ(decoded({{"type", "BPEDecoder"}, {"suffix", "</w>"}}, {"a</w>", "b", "c</w>"}),
              (Strings{"a ", "b", "c"}));
}

}  // namespace
}  // namespace ablatrix::text::detail
