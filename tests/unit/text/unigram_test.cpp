#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "src/text/detail/char_map.hpp"
#include "src/text/detail/spm_model.hpp"

namespace ablatrix::text {
namespace {

using nlohmann::json;
using std::filesystem::path;
using Strings = std::vector<std::string>;

json unigram(char const* vocabulary)
{
    return {{"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", json::parse(vocabulary)}}}};
}

Strings tokens(json const& document, std::string const& text)
{
    auto const tokenizer = Tokenizer::parse(document.dump(), "test.json");
    Strings spelled;
    for (std::int32_t const id : tokenizer.encode(std::vector{text}).id)
        spelled.push_back(tokenizer.token_of(id));
    return spelled;
}

TEST(Unigram, TakesTheMostProbableCutNotTheLongestToken)
{
    auto const document = unigram(R"([["<unk>", 0], ["a", -2], ["b", -2], ["c", -2], ["ab", -3], ["bc", -1]])");
    EXPECT_EQ(tokens(document, "abc"), (Strings{"a", "bc"})) << "-2 - 1 is more than -3 - 2";
    EXPECT_EQ(tokens(document, "ab"), (Strings{"ab"})) << "-3 is more than -2 - 2";
}

TEST(Unigram, AnUnknownCharacterCostsTenMoreThanTheWorstToken)
{
    // The worst is -16, so "c" alone is -26: "aé" and "c" are -27, "a" and "éc" are -28 or -26.5.
    EXPECT_EQ(tokens(unigram(R"([["<unk>", 0], ["a", -12], ["aé", -1], ["éc", -16]])"), "aéc"),
              (Strings{"aé", "<unk>"}));
    EXPECT_EQ(tokens(unigram(R"([["<unk>", 0], ["a", -10.5], ["aé", -1], ["éc", -16]])"), "aéc"), (Strings{"a", "éc"}));
}

TEST(Unigram, NeighbouringUnknownsAreOneToken)
{
    json document = unigram(R"([["<unk>", 0], ["a", -1]])");
    auto const tokenizer = Tokenizer::parse(document.dump(), "test.json");
    auto const rows = tokenizer.encode(std::vector<std::string>{"éèaé"}, {.offsets = true});
    EXPECT_EQ(rows.id, (std::vector<std::int32_t>{0, 1, 0}));
    EXPECT_EQ(rows.offset, (std::vector<Offset>{{0, 4}, {4, 5}, {5, 7}}));
}

TEST(Unigram, WithByteFallbackAnUnknownBecomesBytesIfAllAreThere)
{
    json document = unigram(R"([["<unk>", 0], ["a", -1], ["<0xC3>", -9], ["<0xA9>", -9]])");
    document["model"]["byte_fallback"] = true;
    EXPECT_EQ(tokens(document, "aé"), (Strings{"a", "<0xC3>", "<0xA9>"}));
    EXPECT_EQ(tokens(document, "aè"), (Strings{"a", "<unk>"}));
}

TEST(Unigram, RefusesWhatIsNoVocabulary)
{
    for (char const* vocabulary :
         {"[]", "{}", R"([["a"]])", R"([["a", "b"]])", R"([[1, 2]])", R"([["a", -1], ["a", -2]])", R"([["a", 1e999]])"})
    {
        std::string const text =
            R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": )" + std::string(vocabulary) + "}}";
        EXPECT_THROW(Tokenizer::parse(text, "test.json"), DataError) << vocabulary;
    }
    json document = unigram(R"([["a", -1]])");
    document["model"]["unk_id"] = 1;
    EXPECT_THROW(Tokenizer::parse(document.dump(), "test.json"), DataError) << "unk_id is behind the vocabulary";
    document["model"]["unk_id"] = nullptr;
    auto const tokenizer = Tokenizer::parse(document.dump(), "test.json");
    EXPECT_EQ(tokenizer.encode(std::vector<std::string>{"a"}).id, std::vector<std::int32_t>{0});
    EXPECT_THROW(tokenizer.encode(std::vector<std::string>{"b"}), Error) << "nothing stands for unknown characters";
}

std::string bytes_of(path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string trained_model()
{
    return bytes_of(path(ABLATRIX_SOURCE_DIR) / "tests/parity/tokenizers/deberta/spm.model");
}

TEST(SpmModel, ADamagedFileIsADataErrorOrAnotherModel)
{
    std::string const whole = trained_model();
    EXPECT_EQ(detail::parse_spm_model(whole, "spm.model").pieces.size(), 1000U);
    auto const parses = [](std::string const& bytes) {
        try {
            auto const model = detail::parse_spm_model(bytes, "spm.model");
            detail::CharMap const map(model.char_map, "spm.model");
            for (char const* text : {"ﬁ", "①x", "e\u0301", "\xFF\xFF"})
                (void)map.replacement(text);
            return true;
        }
        catch (DataError const&) {
            return false;
        }
    };
    EXPECT_FALSE(parses(""));
    EXPECT_FALSE(parses("no protobuf at all"));
    EXPECT_FALSE(parses(whole.substr(0, whole.size() - 1)));
    int refused = 0;
    for (std::size_t at = 0; at < 4000; ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
        refused += parses(damaged) ? 0 : 1;
    }
    EXPECT_GT(refused, 500);
}

TEST(CharMap, FindsRulesAndReadsNothingOutsideADamagedOne)
{
    std::string const map = detail::parse_spm_model(trained_model(), "spm.model").char_map;
    detail::CharMap const rules(map, "spm.model");
    EXPECT_EQ(rules.replacement("ﬁ"), "fi");
    EXPECT_EQ(rules.replacement("①"), "1");
    EXPECT_EQ(rules.replacement("x"), std::nullopt);
    for (std::size_t at = 0; at < map.size(); at += 97) {
        std::string damaged = map;
        damaged[at] = static_cast<char>(~damaged[at]);
        try {
            detail::CharMap const wrong(damaged, "spm.model");
            for (char const* text : {"ﬁ", "①", "\u3000", "Ａ", "e\u0301"})
                (void)wrong.replacement(text);
        }
        catch (DataError const&) {
            EXPECT_LT(at, 4U) << "only the size is checked";
        }
    }
    EXPECT_THROW(detail::CharMap("\x10", "spm.model"), DataError);
    EXPECT_THROW(detail::CharMap(map.substr(0, 1000), "spm.model"), DataError);
}

/// A map with one rule: "a" becomes what stands at \p place of \p replacements.
std::string map_of_a(std::uint32_t place, std::string const& replacements)
{
    std::vector<std::uint32_t> units(1 + 99);
    units[0] = 99 * 4;                                    // the size of the units, which follow
    units[1 + 'a'] = 'a' | 1U << 8U | ('a' ^ 98) << 10U;  // a leaf, whose value is in unit 98
    units[1 + 98] = place;
    return std::string(reinterpret_cast<char const*>(units.data()), units.size() * 4) + replacements;
}

TEST(CharMap, FindsNothingWhereARulesReplacementIsOutside)
{
    std::string const replacements("x\0", 2);
    EXPECT_EQ(detail::CharMap(map_of_a(0, replacements), "spm.model").replacement("a"), "x");
    EXPECT_EQ(detail::CharMap(map_of_a(2, replacements), "spm.model").replacement("a"), std::nullopt);
}

TEST(Base64, GoesThereAndBack)
{
    // RFC 4648, section 10
    EXPECT_EQ(detail::to_base64("f"), "Zg==");
    EXPECT_EQ(detail::to_base64("fo"), "Zm8=");
    EXPECT_EQ(detail::to_base64("foobar"), "Zm9vYmFy");
    for (std::string const text : {"", "f", "fo", "foo", "\xFF\xFE"})
        EXPECT_EQ(detail::from_base64(detail::to_base64(text)), text);
    EXPECT_EQ(detail::from_base64("Zg="), std::nullopt);
    EXPECT_EQ(detail::from_base64("Z*=="), std::nullopt);
}

class Folder : public testing::Test
{
  protected:
    void SetUp() override
    {
        folder_ = std::filesystem::temp_directory_path() /
                  ("ablatrix-layout-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    void write(char const* name, std::string const& text) const
    {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }

    path folder_;
};

using ByteLevelFolder = Folder;

TEST_F(ByteLevelFolder, IsReadAsRoberta)
{
    write("vocab.json", R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "Ġ": 5, "Ġa": 6, "<mask>": 7})");
    write("merges.txt", "#version: 0.2\nĠ a\r\n\n");
    write("added_tokens.json", R"({"<x>": 8})");
    auto const tokenizer = Tokenizer::load(folder_);
    EXPECT_EQ(tokenizer.encode(std::vector<std::string>{"a a <mask><x>"}).id,
              (std::vector<std::int32_t>{0, 4, 6, 7, 8, 2}))
        << "the mask takes the space before it";
    auto const pairs = tokenizer.encode_pairs(std::vector<std::string>{"a"}, std::vector<std::string>{"a"});
    EXPECT_EQ(pairs.id, (std::vector<std::int32_t>{0, 4, 2, 2, 4, 2}));
    EXPECT_EQ(pairs.type, std::vector<std::uint8_t>(6, 0));
    write("vocab.json", R"({"<s>": 0, "a": 1})");
    EXPECT_THROW(Tokenizer::load(folder_), DataError) << "special tokens are missing";
}

using SentencePieceFolder = Folder;

TEST_F(SentencePieceFolder, GivesTheMaskTheNextIdAndRefusesOtherFamilies)
{
    write("spm.model", trained_model());
    auto const tokenizer = Tokenizer::load(folder_);
    EXPECT_EQ(tokenizer.id_of("[MASK]"), 1000);
    EXPECT_EQ(tokenizer.vocabulary_size(), 1001);
    EXPECT_EQ(tokenizer.encode(std::vector<std::string>{"[MASK]"}).id, (std::vector<std::int32_t>{1, 1000, 2}));
    write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
    EXPECT_THROW(Tokenizer::load(folder_), DataError);
    write("tokenizer_config.json", R"({"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": true})");
    auto const lower = Tokenizer::load(folder_);
    EXPECT_EQ(lower.encode(std::vector<std::string>{"THE"}).id, tokenizer.encode(std::vector<std::string>{"the"}).id);
}

}  // namespace
}  // namespace ablatrix::text
