#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "src/text/detail/byte_map.hpp"

namespace ablatrix::text {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

struct Encoded
{
    Strings tokens;
    std::vector<Offset> offsets;
};

Encoded encode(json const& document, std::string const& text)
{
    auto const tokenizer = Tokenizer::parse(document.dump(), "test.json");
    auto const rows = tokenizer.encode(std::vector{text}, {.offsets = true});
    Encoded encoded;
    for (std::int32_t const id : rows.id)
        encoded.tokens.push_back(tokenizer.token_of(id));
    encoded.offsets = rows.offset;
    return encoded;
}

/// Vocabulary with ids in order.
json vocabulary(Strings const& tokens)
{
    json vocab = json::object();
    for (std::size_t i = 0; i < tokens.size(); ++i)
        vocab[tokens[i]] = i;
    return vocab;
}

json byte_level(bool prefix)
{
    return {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}, {"use_regex", true}};
}

TEST(ByteMap, SpellsPrintableBytesAsThemselvesAndOthersFromU0100On)
{
    EXPECT_EQ(detail::spell_bytes(" "), "\u0120");
    EXPECT_EQ(detail::spell_bytes("\n"), "\u010A");
    EXPECT_EQ(detail::spell_bytes(std::string(1, '\0')), "\u0100");
    EXPECT_EQ(detail::spell_bytes("~\x7F\xA0\xAD\xFF"), "~\u0121\u0142\u0143\u00FF");
    std::string all;
    for (int b = 0; b < 256; ++b)
        all += static_cast<char>(b);
    EXPECT_EQ(detail::unspell_bytes(detail::spell_bytes(all)), all);
    EXPECT_EQ(detail::unspell_bytes("\u0144"), std::nullopt);
}

TEST(ByteLevelBpe, TokensOfOneCharacterShareItsRange)
{
    json const document{
        {"pre_tokenizer", byte_level(false)},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", "Ã", "©", "Ġ", "Ġa"})}, {"merges", {"Ġ a"}}}}};
    auto const encoded = encode(document, "é a");
    EXPECT_EQ(encoded.tokens, (Strings{"Ã", "©", "Ġa"}));
    EXPECT_EQ(encoded.offsets, (std::vector<Offset>{{0, 2}, {0, 2}, {2, 4}}));
}

TEST(ByteLevelBpe, APrefixSpaceSharesThePlaceOfTheFirstCharacter)
{
    json const document{
        {"pre_tokenizer", byte_level(true)},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", "Ġ", "Ġa"})}, {"merges", json::array()}}}};
    EXPECT_EQ(encode(document, "aa").tokens, (Strings{"Ġ", "a", "a"}));
    EXPECT_EQ(encode(document, "aa").offsets, (std::vector<Offset>{{0, 1}, {0, 1}, {1, 2}}));
    EXPECT_EQ(encode(document, " a").tokens, (Strings{"Ġ", "a"})) << "a space is there already";
}

TEST(ByteLevelBpe, MergesComeAsStringsOrAsPairs)
{
    json document{
        {"pre_tokenizer", byte_level(false)},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", "b", "ab"})}, {"merges", {"#version: 0.2", "a b"}}}}};
    EXPECT_EQ(encode(document, "ab").tokens, Strings{"ab"});
    document["model"]["merges"] = json::array({json::array({"a", "b"})});
    EXPECT_EQ(encode(document, "ab").tokens, Strings{"ab"});
}

TEST(ByteLevelBpe, IgnoreMergesTakesWholePiecesOutOfTheVocabulary)
{
    json document{
        {"pre_tokenizer", byte_level(false)},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary({"Ġ", "Ã", "©", "ĠÃ©"})}, {"merges", json::array()}}}};
    EXPECT_EQ(encode(document, " é").tokens, (Strings{"Ġ", "Ã", "©"}));
    document["model"]["ignore_merges"] = true;
    EXPECT_EQ(encode(document, " é").tokens, Strings{"ĠÃ©"});
}

TEST(ByteLevelBpe, NeedsByteLevelToBeTheLastPreTokenizer)
{
    json document{{"model", {{"type", "BPE"}, {"vocab", vocabulary({"a"})}, {"merges", json::array()}}}};
    auto const with = [&](json const& stages) {
        document["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", stages}};
        return document.dump();
    };
    json const digits{{"type", "Digits"}};
    json const nested{{"type", "Sequence"}, {"pretokenizers", {digits, byte_level(false)}}};
    EXPECT_NO_THROW(Tokenizer::parse(with({digits, byte_level(false)}), "test.json"));
    EXPECT_NO_THROW(Tokenizer::parse(with({digits, nested}), "test.json"));
    EXPECT_THROW(Tokenizer::parse(with({byte_level(false), digits}), "test.json"), DataError) << "Falcon";
    EXPECT_THROW(Tokenizer::parse(with({nested, digits}), "test.json"), DataError);
    EXPECT_THROW(Tokenizer::parse(with({nested, byte_level(false)}), "test.json"), DataError);
    document["model"] = {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", {{"<unk>", 0}}}};
    EXPECT_THROW(Tokenizer::parse(with({digits, byte_level(false)}), "test.json"), DataError) << "no BPE";
}

TEST(ByteLevelBpe, RefusesMarksOfWordParts)
{
    json document{{"pre_tokenizer", byte_level(false)},
                  {"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", "a</w>"})}, {"merges", json::array()}}}};
    document["model"]["end_of_word_suffix"] = "";
    EXPECT_EQ(encode(document, "aa").tokens, (Strings{"a", "a"}));
    document["model"]["end_of_word_suffix"] = "</w>";  // CLIP
    EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError);
    document["model"]["end_of_word_suffix"] = nullptr;
    document["model"]["continuing_subword_prefix"] = "##";
    EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError);
}

TEST(ByteLevelBpe, DecodesBytesThatAreNoTextAsReplacements)
{
    json const document{
        {"decoder", {{"type", "ByteLevel"}}},
        {"pre_tokenizer", byte_level(false)},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary({"Ã", "©", "a"})}, {"merges", json::array()}}}};
    auto const tokenizer = Tokenizer::parse(document.dump(), "test.json");
    EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{0, 1, 2}), "éa");
    EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{0, 2}), "\uFFFDa");
}

/// Mistral's shape: no byte level, unknown characters as bytes.
json with_fallback(bool fallback, bool fuse)
{
    Strings tokens{"<unk>", "a", "▁", "▁a"};
    if (fallback) {
        for (int b = 0; b < 256; ++b) {
            char name[7];
            std::snprintf(name, sizeof name, "<0x%02X>", b);
            tokens.emplace_back(name);
        }
    }
    return {{"normalizer",
             {{"type", "Sequence"},
              {"normalizers",
               {{{"type", "Prepend"}, {"prepend", "▁"}},
                {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}}}}},
            {"decoder",
             {{"type", "Sequence"},
              {"decoders",
               {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}},
                {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}}},
            {"model",
             {{"type", "BPE"},
              {"byte_fallback", fallback},
              {"fuse_unk", fuse},
              {"unk_token", "<unk>"},
              {"vocab", vocabulary(tokens)},
              {"merges", {"▁ a"}}}}};
}

TEST(CharacterBpe, UnknownCharactersBecomeBytes)
{
    auto const encoded = encode(with_fallback(true, true), "a é a");
    EXPECT_EQ(encoded.tokens, (Strings{"▁a", "▁", "<0xC3>", "<0xA9>", "▁a"}));
    EXPECT_EQ(encoded.offsets, (std::vector<Offset>{{0, 1}, {1, 2}, {2, 4}, {2, 4}, {4, 6}}));
}

TEST(CharacterBpe, UnknownCharactersFuseIfWanted)
{
    EXPECT_EQ(encode(with_fallback(false, true), "éèa").tokens, (Strings{"▁", "<unk>", "a"}));
    EXPECT_EQ(encode(with_fallback(false, false), "éèa").tokens, (Strings{"▁", "<unk>", "<unk>", "a"}));
}

TEST(CharacterBpe, IgnoreMergesTakesOnlyWholePiecesOutOfTheVocabulary)
{
    json const document{{"normalizer", {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}},
                        {"model",
                         {{"type", "BPE"},
                          {"ignore_merges", true},
                          {"vocab", vocabulary({"▁", "a", "b", "▁a", "▁ab"})},
                          {"merges", {"▁ a"}}}}};
    EXPECT_EQ(encode(document, " ab").tokens, Strings{"▁ab"});
    EXPECT_EQ(encode(document, " ab ab").tokens, (Strings{"▁a", "b", "▁a", "b"})) << "the piece is the whole text";
}

TEST(CharacterBpe, DecodingGivesTheTextBack)
{
    auto const tokenizer = Tokenizer::parse(with_fallback(true, true).dump(), "test.json");
    for (std::string const text : {"a é a", "中文", " a", ""}) {
        auto const rows = tokenizer.encode(std::vector{text});
        EXPECT_EQ(tokenizer.decode(rows.ids(0)), text);
    }
    // Bytes that spell nothing: one replacement each, as the reference gives.
    auto const c3 = *tokenizer.id_of("<0xC3>");
    EXPECT_EQ(tokenizer.decode(std::vector{c3, c3}), "\uFFFD\uFFFD");
}

TEST(Bpe, SaysWhatIsWrongWithMerges)
{
    json document{{"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", "b"})}}}};
    for (char const* merge : {R"("ab")", R"("a b c")", R"(["a"])", R"(["a", 1])", R"("x b")", R"("a b")", "3"}) {
        document["model"]["merges"] = json::array({json::parse(merge)});  // "ab" is not in the vocabulary
        EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError) << merge;
    }
    document["model"]["merges"] = json::array();
    document["model"]["unk_token"] = "<unk>";
    EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError) << "the unknown token is not there";
}

TEST(Bpe, NeedsItsUnknownTokenUnlessItSpellsEveryText)
{
    json document = with_fallback(true, true);
    document["model"]["unk_token"] = "<?>";
    EXPECT_NO_THROW(Tokenizer::parse(document.dump(), "test.json"));
    document["model"]["vocab"].erase("<0xFF>");
    EXPECT_NO_THROW(Tokenizer::parse(document.dump(), "test.json")) << "no UTF-8 has this byte";
    document["model"]["vocab"].erase("<0xF4>");
    EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError);
    json const byte_level_document{
        {"pre_tokenizer", byte_level(false)},
        {"model", {{"type", "BPE"}, {"unk_token", "<?>"}, {"vocab", vocabulary({"a"})}, {"merges", json::array()}}}};
    EXPECT_THROW(Tokenizer::parse(byte_level_document.dump(), "test.json"), DataError);
}

TEST(Bpe, AnEmptyTokenIsNotTheUnknownOneUnlessNamed)
{
    json document{{"model", {{"type", "BPE"}, {"vocab", vocabulary({"a", ""})}, {"merges", json::array()}}}};
    EXPECT_EQ(encode(document, "aéa").tokens, (Strings{"a", "a"}));
    document["model"]["unk_token"] = "";
    EXPECT_EQ(encode(document, "aéa").tokens, (Strings{"a", "", "a"}));
}

}  // namespace
}  // namespace ablatrix::text
