#include <ablatrix/text/tokenizer.hpp>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>

#include "src/text/detail/added_tokens.hpp"
#include "src/text/detail/factory.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::text {

namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;
using Ids = std::vector<std::int32_t>;
using Offsets = std::vector<Offset>;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

json special(char const* token, int type = 0)
{
    return {{"SpecialToken", {{"id", token}, {"type_id", type}}}};
}

json sequence(char const* name, int type = 0)
{
    return {{"Sequence", {{"id", name}, {"type_id", type}}}};
}

/// An uncased BERT tokenizer with a few words.
json bert()
{
    json document = json::parse(R"({
        "truncation": {"max_length": 3, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 128}, "pad_id": 0},
        "added_tokens": [{"id": 1, "content": "[MASK]", "special": true, "lstrip": true, "normalized": false},
                         {"id": 12, "content": "New York", "single_word": true, "normalized": true}],
        "normalizer": {"type": "BertNormalizer"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "decoder": {"type": "WordPiece"},
        "model": {"type": "WordPiece", "max_input_chars_per_word": 8, "vocab": {
            "[UNK]": 0, "[MASK]": 1, "[CLS]": 2, "[SEP]": 3, "play": 4, "##ing": 5, "##in": 6, ",": 7, "the": 8,
            "a": 9, "caf": 10, "##e": 11}}
    })");
    document["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single", {special("[CLS]"), sequence("A"), special("[SEP]")}},
        {"pair", {special("[CLS]"), sequence("A"), special("[SEP]"), sequence("B", 1), special("[SEP]", 1)}},
        {"special_tokens", {{"[CLS]", {{"ids", {2}}}}, {"[SEP]", {{"ids", {3}}}}}}};
    return document;
}

Tokenizer made(json const& document)
{
    return Tokenizer::parse(document.dump(), "tokenizer.json");
}

struct Row
{
    Ids ids;
    Offsets offsets;
};

Row encoded(Tokenizer const& tokenizer, std::string const& text)
{
    EncodeOptions options;
    options.add_special_tokens = false;
    options.offsets = true;
    auto const rows = tokenizer.encode(Strings{text}, options);
    return {rows.id, rows.offset};
}

/// The text of each token, by offsets into the original.
Strings stretches(std::string const& text, Offsets const& offsets)
{
    Strings parts;
    for (Offset const& offset : offsets)
        parts.push_back(text.substr(offset.begin, offset.end - offset.begin));
    return parts;
}

std::string bert_normal_form(std::string const& text)
{
    json const node = {{"type", "BertNormalizer"}};
    detail::AlignedText aligned;
    aligned.assign(text, 0, true);
    make_normalizer(detail::JsonNode(node, "x"))->apply(aligned);
    return std::string(aligned.text());
}

auto refuses(std::string const& message)
{
    return ThrowsMessage<DataError>(HasSubstr(message));
}

}  // namespace

TEST(Tokenizer, words_become_the_longest_pieces_from_the_left)
{
    auto const tokenizer = made(bert());
    std::string const text = "Playing, caf\u00e9 xyz";
    auto const row = encoded(tokenizer, text);
    EXPECT_EQ(row.ids, (Ids{4, 5, 7, 10, 11, 0}));
    EXPECT_EQ(stretches(text, row.offsets), (Strings{"Play", "ing", ",", "caf", "\u00e9", "xyz"}));
    EXPECT_EQ(tokenizer.model_name(), "WordPiece");
}

TEST(Tokenizer, a_word_of_too_many_code_points_is_unknown)
{
    auto const tokenizer = made(bert());
    EXPECT_EQ(encoded(tokenizer, "playing").ids, (Ids{4, 5}));
    EXPECT_EQ(encoded(tokenizer, "playinging").ids, (Ids{0})) << "ten, and eight are allowed";
}

TEST(Tokenizer, the_files_own_truncation_and_padding_are_ignored)
{
    EXPECT_EQ(made(bert()).encode(Strings{"the the the the"}).id, (Ids{2, 8, 8, 8, 8, 3}));
}

TEST(Tokenizer, pairs_get_types_and_sequences)
{
    EncodeOptions options;
    options.offsets = true;
    auto const rows = made(bert()).encode_pairs(Strings{"the a"}, Strings{"a"}, options);
    EXPECT_EQ(rows.id, (Ids{2, 8, 9, 3, 9, 3}));
    EXPECT_EQ(rows.type, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(rows.sequence, (std::vector<std::int8_t>{-1, 0, 0, -1, 1, -1}));
    EXPECT_EQ(rows.offset, (Offsets{{0, 0}, {0, 3}, {4, 5}, {0, 0}, {0, 1}, {0, 0}}));
}

TEST(Tokenizer, added_tokens_are_cut_out_of_the_text_first)
{
    auto const tokenizer = made(bert());
    std::string const text = "the  [MASK]a NEW york new yorker";
    auto const row = encoded(tokenizer, text);
    EXPECT_EQ(row.ids, (Ids{8, 1, 9, 12, 0, 0})) << "lower-cased 'new york' matches; 'new yorker' is no single word";
    EXPECT_EQ(stretches(text, row.offsets), (Strings{"the", "  [MASK]", "a", "NEW york", "new", "yorker"}));
    EXPECT_EQ(tokenizer.vocabulary_size(), 13);
    EXPECT_EQ(tokenizer.id_of("New York"), 12);
    EXPECT_EQ(tokenizer.token_of(12), "New York");
    EXPECT_EQ(tokenizer.id_of("nowhere"), std::nullopt);
    EXPECT_THROW(tokenizer.token_of(13), Error);
}

TEST(Tokenizer, the_longest_added_token_at_a_place_wins)
{
    json const list = json::parse(R"([{"id": 0, "content": "ab", "normalized": false},
                                      {"id": 1, "content": "abcd", "normalized": false},
                                      {"id": 2, "content": "bcde", "normalized": false}])");
    auto const added = detail::AddedTokens::from_json(detail::JsonNode(list, "x"), nullptr);
    std::vector<detail::Piece> pieces;
    added.cut_raw("xabcdeabce", pieces);
    std::vector<std::vector<std::int64_t>> found;
    for (auto const& piece : pieces)
        found.push_back({piece.begin, piece.end, piece.token});
    EXPECT_EQ(found,
              (std::vector<std::vector<std::int64_t>>{{0, 1, -1}, {1, 5, 1}, {5, 6, -1}, {6, 8, 0}, {8, 10, -1}}));
}

TEST(Tokenizer, what_is_put_before_a_stretch_of_text_stands_where_it_begins)
{
    json const document = json::parse(R"({
        "added_tokens": [{"id": 3, "content": "<x>", "special": true}],
        "normalizer": {"type": "Replace", "pattern": {"Regex": "^"}, "content": "_"},
        "model": {"type": "BPE", "vocab": {"_": 0, "a": 1, "_a": 2}, "merges": ["_ a"]}})");
    auto const row = encoded(made(document), "a<x>a");
    EXPECT_EQ(row.ids, (Ids{2, 3, 2}));
    EXPECT_EQ(row.offsets, (Offsets{{0, 1}, {1, 4}, {4, 5}}));
}

TEST(Tokenizer, metaspace_marks_the_beginning_of_the_text_as_it_was_given)
{
    json const document = json::parse(R"({
        "added_tokens": [{"id": 3, "content": "<x>", "special": true}],
        "normalizer": {"type": "Strip"},
        "pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first"},
        "model": {"type": "BPE", "vocab": {"\u2581": 0, "a": 1, "\u2581a": 2}, "merges": ["\u2581 a"]}})");
    auto const tokenizer = made(document);
    EXPECT_EQ(tokenizer.encode(Strings{"a a", " a a", "<x>a"}).id, (Ids{2, 2, 1, 2, 3, 1}));
}

TEST(Tokenizer, invalid_utf_8_becomes_replacement_characters_that_know_their_bytes)
{
    json document = bert();
    document["model"]["vocab"]["\ufffd"] = 13;
    document["normalizer"] = nullptr;
    auto const row = encoded(made(document), "a \xf0\x9f \xff the");
    EXPECT_EQ(row.ids, (Ids{9, 13, 13, 8}));
    EXPECT_EQ(row.offsets, (Offsets{{0, 1}, {2, 4}, {5, 6}, {7, 10}}));
}

// The vectors of the specification; the reference library gives the same.
TEST(Tokenizer, bert_normalises_code_point_by_code_point)
{
    EXPECT_EQ(bert_normal_form("ΑΣ ΣΑΣ"), "ασ σασ");
    EXPECT_EQ(bert_normal_form("İstanbul"), "istanbul");
    EXPECT_EQ(bert_normal_form("Straße ẞ"), "straße ß");
    EXPECT_EQ(bert_normal_form("so\u00adft"), "soft");
    EXPECT_EQ(bert_normal_form("中文a"), " 中  文 a");
    EXPECT_EQ(bert_normal_form("ﬁ"), "ﬁ");
    EXPECT_EQ(bert_normal_form(std::string("a\0b\tc", 5)), "ab c");
}

TEST(Tokenizer, bert_knows_the_exceptions_to_its_unicode_version)
{
    EXPECT_EQ(bert_normal_form("a\u1734b"), "ab") << "a non-spacing mark in Unicode 8";
    EXPECT_EQ(bert_normal_form("\u1885\uA9BD"), "\u1885\uA9BD") << "not yet non-spacing marks in Unicode 8";
    EXPECT_EQ(bert_normal_form("\uA7DC\U00010D50\U00016EB8"), "\u019B\U00010D70\U00016ED3")
        << "capitals since Unicode 16";
    EXPECT_EQ(bert_normal_form("a\u0378b"), "a\u0378b") << "unassigned code points are kept";
}

TEST(Tokenizer, decoding_joins_pieces_and_leaves_special_tokens_out)
{
    auto const tokenizer = made(bert());
    EXPECT_EQ(tokenizer.decode(Ids{2, 4, 5, 7, 1, 12, 3}), "[CLS] playing, New York [SEP]");
    EXPECT_EQ(tokenizer.decode(Ids{4, 1, 99}, false), "play [MASK]") << "[CLS] is no added token here, 99 no token";
}

TEST(Tokenizer, results_do_not_depend_on_threads)
{
    auto const tokenizer = made(bert());
    Strings texts;
    for (int i = 0; i < 2000; ++i)
        texts.push_back(std::string(static_cast<std::size_t>(i % 7), 'a') + " the playing, [MASK] " +
                        std::to_string(i));
    EncodeOptions options;
    options.offsets = true;
    auto const one = tokenizer.encode(texts, options);
    options.threads = 4;
    auto const four = tokenizer.encode(texts, options);
    EXPECT_EQ(one.row_begin, four.row_begin);
    EXPECT_EQ(one.id, four.id);
    EXPECT_EQ(one.offset, four.offset);
    EXPECT_EQ(one.rows(), 2000U);
}

TEST(Tokenizer, no_texts_give_no_rows)
{
    auto const rows = made(bert()).encode(Strings{});
    EXPECT_EQ(rows.rows(), 0U);
    EXPECT_EQ(rows.row_begin, (std::vector<std::int64_t>{0}));
}

TEST(Tokenizer, rows_without_room_for_special_tokens_are_refused)
{
    EncodeOptions options;
    options.max_length = 1;
    EXPECT_THROW(made(bert()).encode(Strings{"a"}, options), Error);
    options.max_length = 2;
    auto const rows = made(bert()).encode(Strings{"a", ""}, options);
    EXPECT_EQ(rows.id, (Ids{2, 3, 2, 3}));
    EXPECT_EQ(rows.truncated, (std::vector<std::uint8_t>{1, 0}));
}

TEST(Tokenizer, refuses_vocabularies_that_are_no_maps_between_tokens_and_ids)
{
    auto const with_id = [](json const& id) {
        json document = bert();
        document["model"]["vocab"]["the"] = id;
        return document;
    };
    EXPECT_THAT([&] { made(with_id(4)); }, refuses("id 4 is used twice (model.vocab['the'])"));
    EXPECT_THAT([&] { made(with_id(-1)); }, refuses("-1 is not within 0 to 2097151 (model.vocab['the'])"));
    EXPECT_THAT([&] { made(with_id(4000000000U)); }, refuses("4000000000 is not within"));
    EXPECT_THAT([&] { made(with_id(18446744073709551615U)); }, refuses("18446744073709551615 is not within"));
    EXPECT_THAT([&] { made(with_id(1.5)); }, refuses("expected a whole number"));
    EXPECT_THAT([&] { made(with_id("8")); }, refuses("expected a whole number"));
    std::string repeated = bert().dump();
    repeated.replace(repeated.find("\"the\""), 5, "\"a\"");
    EXPECT_THAT([&] { Tokenizer::parse(repeated, "t.json"); }, refuses("key 'a' is there twice"));
}

TEST(Tokenizer, refuses_what_it_does_not_understand_and_says_where)
{
    auto const changed = [](char const* pointer, json const& value) {
        json document = bert();
        document[json::json_pointer(pointer)] = value;
        return document;
    };
    json const nested = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Magic"}}}}};
    EXPECT_THAT([&] { made(changed("/normalizer", nested)); },
                refuses("tokenizer.json: unknown type 'Magic' (normalizer.normalizers[1])"));
    EXPECT_THAT([&] { made(changed("/pre_tokenizer/type", 7)); },
                refuses("expected a string, found number (pre_tokenizer.type)"));
    EXPECT_THAT([&] { made(changed("/model/unk_token", "<?>")); },
                refuses("the unknown token '<?>' is not in the vocabulary"));
    EXPECT_THAT([&] { made(changed("/added_tokens/0/id", 5)); }, refuses("token '[MASK]' has id 5"));
    EXPECT_THAT([&] { made(changed("/added_tokens/1/content", "[MASK]")); }, refuses("token '[MASK]' is there twice"));
    EXPECT_THAT([&] { made(changed("/post_processor/special_tokens/[CLS]/ids/0", 99)); },
                refuses("special id 99 has no token"));
    EXPECT_THAT([&] { made(changed("/post_processor/single/1", special("[SEP]"))); },
                refuses("a template needs A once"));
    EXPECT_THAT([] { made(json::array()); }, refuses("expected an object"));
    EXPECT_THAT([] { Tokenizer::parse("{\n\"model\": {\n", "t.json"); }, refuses("t.json:3: not valid JSON"));
    EXPECT_THAT([] { Tokenizer::parse("{\"a\": " + std::string(100000, '['), "t.json"); },
                refuses("nested too deeply"));
}

TEST(Tokenizer, a_folder_with_vocab_txt_is_read_as_bert)
{
    test::TemporaryFolder const folder;
    std::ofstream(folder.path() / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nThe\n##s\n";
    auto const uncased = Tokenizer::load(folder.path());
    EXPECT_EQ(uncased.encode(Strings{"The thes [PAD]"}).id, (Ids{2, 4, 4, 6, 0, 3}));
    std::ofstream(folder.path() / "tokenizer_config.json")
        << R"({"do_lower_case": false, "pad_token": {"content": "[PAD]"}})";
    EXPECT_EQ(Tokenizer::load(folder.path()).encode(Strings{"The thes"}).id, (Ids{2, 5, 4, 6, 3}));

    std::ofstream(folder.path() / "vocab.txt", std::ios::app) << "the\n";
    EXPECT_THAT([&] { Tokenizer::load(folder.path()); }, refuses("vocab.txt:8: token 'the' is there twice"));
}

TEST(Tokenizer, a_folder_with_vocab_txt_keeps_its_added_tokens)
{
    test::TemporaryFolder const folder;
    std::ofstream(folder.path() / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n##s\n";
    std::ofstream(folder.path() / "added_tokens.json") << R"({"<x>": 6})";
    std::ofstream(folder.path() / "tokenizer_config.json")
        << R"({"added_tokens_decoder": {"3": {"content": "[SEP]", "special": true}, "7": {"content": "thes"}}})";
    auto const tokenizer = Tokenizer::load(folder.path());
    EXPECT_EQ(tokenizer.encode(Strings{"the <x>the thes"}).id, (Ids{2, 4, 6, 4, 7, 3}));
    EXPECT_EQ(tokenizer.vocabulary_size(), 8);
}

TEST(Tokenizer, a_folder_without_a_tokenizer_is_refused)
{
    test::TemporaryFolder const folder;
    EXPECT_THAT([&] { Tokenizer::load(folder.path()); }, refuses("no tokenizer here"));
}

}  // namespace ablatrix::text
