#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/text/tokenizer.hpp>

/// \file
/// Against the `tokenizers` library: tests/parity/make_tokenizer_fixtures.py wrote what it gives.

namespace ablatrix::text {

namespace {

using nlohmann::json;
using std::filesystem::path;

std::string read(path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

path fixtures()
{
    return path(ABLATRIX_SOURCE_DIR) / "tests/parity/tokenizers";
}

std::vector<std::string> const& texts(char const* set)
{
    static json const document = json::parse(read(fixtures() / "texts.json"));
    static auto const hard = document.at("hard").get<std::vector<std::string>>();
    static auto const torture = document.at("torture").get<std::vector<std::string>>();
    return std::string_view(set) == "hard" ? hard : torture;
}

/// CRC-32 as zlib and PNG define it.
class Crc32
{
  public:
    void add(std::string_view bytes)
    {
        for (char const byte : bytes)
            state_ = (state_ >> 8U) ^ table()[(state_ ^ static_cast<std::uint8_t>(byte)) & 0xFFU];
    }
    void add(std::int32_t number)
    {
        auto const bits = static_cast<std::uint32_t>(number);
        char const bytes[] = {static_cast<char>(bits), static_cast<char>(bits >> 8U), static_cast<char>(bits >> 16U),
                              static_cast<char>(bits >> 24U)};
        add(std::string_view(bytes, 4));
    }
    std::uint32_t value() const { return ~state_; }

  private:
    static std::array<std::uint32_t, 256> const& table()
    {
        static auto const values = [] {
            std::array<std::uint32_t, 256> made = {};
            for (std::uint32_t i = 0; i < 256; ++i) {
                made[i] = i;
                for (int bit = 0; bit < 8; ++bit)
                    made[i] = made[i] & 1U ? (made[i] >> 1U) ^ 0xEDB88320U : made[i] >> 1U;
            }
            return made;
        }();
        return values;
    }

    std::uint32_t state_ = ~0U;
};

std::uint32_t crc_of(std::string_view bytes)
{
    Crc32 crc;
    crc.add(bytes);
    return crc.value();
}

/// The numbers of class Row of the script, for rows [begin, end).
std::uint32_t crc_of(TokenRows const& rows, std::size_t begin, std::size_t end)
{
    Crc32 crc;
    for (std::size_t row = begin; row < end; ++row) {
        auto const first = static_cast<std::size_t>(rows.row_begin[row]);
        auto const last = static_cast<std::size_t>(rows.row_begin[row + 1]);
        for (std::size_t i = first; i < last; ++i)
            crc.add(rows.id[i]);
        for (std::size_t i = first; i < last; ++i) {
            crc.add(static_cast<std::int32_t>(rows.offset[i].begin));
            crc.add(static_cast<std::int32_t>(rows.offset[i].end));
        }
        for (std::size_t i = first; i < last; ++i)
            crc.add(rows.type[i]);
        for (std::size_t i = first; i < last; ++i)
            crc.add(rows.sequence[i]);
        crc.add(rows.truncated[row]);
    }
    return crc.value();
}

std::vector<std::uint32_t> crcs_of(TokenRows const& rows, std::size_t rows_per_crc = 1)
{
    std::vector<std::uint32_t> values;
    for (std::size_t begin = 0; begin < rows.rows(); begin += rows_per_crc)
        values.push_back(crc_of(rows, begin, std::min(rows.rows(), begin + rows_per_crc)));
    return values;
}

EncodeOptions with_offsets()
{
    EncodeOptions options;
    options.offsets = true;
    options.threads = 2;
    return options;
}

std::vector<std::size_t> differing(std::vector<std::uint32_t> const& ours, json const& theirs)
{
    std::vector<std::size_t> places;
    EXPECT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
        if (ours[i] != theirs[i].get<std::uint32_t>()) places.push_back(i);
    return places;
}

/// Tab-separated fields of the lines behind the first.
std::vector<std::vector<std::string>> read_table(path const& file)
{
    std::vector<std::vector<std::string>> rows;
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    while (std::getline(stream, line)) {
        auto& fields = rows.emplace_back();
        for (std::size_t begin = 0; begin <= line.size();) {
            std::size_t const end = std::min(line.find('\t', begin), line.size());
            fields.push_back(line.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return rows;
}

std::vector<std::string> read_contexts(path const& folder)
{
    std::vector<std::string> contexts;
    for (char const* name : {"dev-v1.1.json", "train-44articles-v1.1.json"}) {
        json const document = json::parse(read(folder / name));
        for (json const& article : document.at("data"))
            for (json const& paragraph : article.at("paragraphs"))
                contexts.push_back(paragraph.at("context"));
    }
    return contexts;
}

class TokenizerParity : public ::testing::TestWithParam<char const*>
{
  protected:
    void SetUp() override
    {
        path folder = fixtures() / GetParam();
        expected_ = json::parse(read(folder / "expected.json"));
        if (std::string_view(GetParam()) == "minilm") {
            char const* const models = std::getenv("ABLATRIX_MODELS");
            if (models == nullptr) GTEST_SKIP() << "no folder with models (set ABLATRIX_MODELS)";
            folder = path(models) / "minilm";
        }
        tokenizer_ = std::make_unique<Tokenizer>(Tokenizer::load(folder));
    }

    void expect_equal(TokenRows const& rows, char const* key)
    {
        EXPECT_EQ(differing(crcs_of(rows), expected_.at(key)), std::vector<std::size_t>{}) << key;
    }
    void expect_decoded(TokenRows const& rows, char const* key)
    {
        std::vector<std::uint32_t> crcs;
        for (std::size_t row = 0; row < rows.rows(); ++row)
            crcs.push_back(crc_of(tokenizer_->decode(rows.ids(row))));
        EXPECT_EQ(differing(crcs, expected_.at(key)), std::vector<std::size_t>{}) << key;
    }

    json expected_;
    std::unique_ptr<Tokenizer> tokenizer_;
};

}  // namespace

TEST_P(TokenizerParity, hard_texts_have_the_ids_and_byte_offsets_of_the_reference)
{
    auto const& hard = texts("hard");
    TokenRows const rows = tokenizer_->encode(hard, with_offsets());
    ASSERT_EQ(rows.rows(), expected_.at("hard").size());
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        auto const ids = rows.ids(row);
        json const& theirs = expected_.at("hard")[row];
        EXPECT_EQ(std::vector(ids.begin(), ids.end()), theirs.at("ids").get<std::vector<std::int32_t>>())
            << testing::PrintToString(hard[row]);
        std::vector<std::uint32_t> at;
        for (auto i = static_cast<std::size_t>(rows.row_begin[row]);
             i < static_cast<std::size_t>(rows.row_begin[row + 1]); ++i) {
            at.push_back(rows.offset[i].begin);
            at.push_back(rows.offset[i].end);
        }
        EXPECT_EQ(at, theirs.at("at").get<std::vector<std::uint32_t>>()) << testing::PrintToString(hard[row]);
    }
    expect_decoded(rows, "hard_decoded");
    EXPECT_EQ(tokenizer_->vocabulary_size(), expected_.at("vocabulary_size").get<std::int32_t>());
}

TEST_P(TokenizerParity, pairs_and_rows_without_special_tokens_are_those_of_the_reference)
{
    auto const hard = std::span(texts("hard"));
    auto const first = hard.first(hard.size() - 1);
    auto const second = hard.subspan(1);
    EncodeOptions plain = with_offsets();
    plain.add_special_tokens = false;
    expect_equal(tokenizer_->encode_pairs(first, second, with_offsets()), "hard_pairs");
    expect_equal(tokenizer_->encode(hard, plain), "hard_plain");
    expect_equal(tokenizer_->encode_pairs(first, second, plain), "hard_plain_pairs");
}

TEST_P(TokenizerParity, random_code_points_are_tokenised_and_decoded_like_the_reference)
{
    TokenRows const rows = tokenizer_->encode(texts("torture"), with_offsets());
    expect_equal(rows, "torture");
    expect_decoded(rows, "torture_decoded");
}

TEST_P(TokenizerParity, a_word_of_a_megabyte_is_tokenised_like_the_reference)
{
    std::string word;
    for (int i = 0; i < 500'000; ++i)
        word += "ab";
    TokenRows const rows = tokenizer_->encode(std::vector{word}, with_offsets());
    EXPECT_EQ(crc_of(rows, 0, 1), expected_.at("megabyte_word").get<std::uint32_t>());
}

TEST_P(TokenizerParity, truncation_cuts_like_the_reference)
{
    auto const& hard = texts("hard");
    for (json const& given : expected_.at("truncated")) {
        std::string const strategy = given.at("strategy");
        EncodeOptions options = with_offsets();
        options.max_length = given.at("max_length");
        options.truncation = strategy == "longest_first" ? Truncation::longest_first
                             : strategy == "only_first"  ? Truncation::only_first
                                                         : Truncation::only_second;
        options.truncation_side = given.at("side") == "right" ? Side::right : Side::left;
        std::vector const first = {hard[given.at("first").get<std::size_t>()]};
        std::vector const second = {hard[given.at("second").get<std::size_t>()]};
        if (given.at("crc").is_null())
            EXPECT_ANY_THROW(tokenizer_->encode_pairs(first, second, options)) << given;
        else
            EXPECT_EQ(crc_of(tokenizer_->encode_pairs(first, second, options), 0, 1),
                      given.at("crc").get<std::uint32_t>())
                << given;
    }
}

TEST_P(TokenizerParity, all_of_sst2_mnli_and_squad_is_tokenised_like_the_reference)
{
    char const* const set = std::getenv("ABLATRIX_DATA");
    path const data = set != nullptr ? path(set) : path(ABLATRIX_SOURCE_DIR) / "../shared/data";
    if (!exists(data / "sst2")) GTEST_SKIP() << "no folder with real data (set ABLATRIX_DATA)";
    auto const expect = [&](TokenRows const& rows, char const* key) {
        EXPECT_EQ(differing(crcs_of(rows, 1000), expected_.at(key)), std::vector<std::size_t>{})
            << "thousands of " << key << " that differ";
    };

    std::vector<std::string> sentences;
    for (auto const& fields : read_table(data / "sst2/train.tsv"))
        sentences.push_back(fields.at(0));
    expect(tokenizer_->encode(sentences, with_offsets()), "sst2");

    std::vector<std::string> premises;
    std::vector<std::string> hypotheses;
    for (auto const& fields : read_table(data / "mnli/dev_matched.tsv")) {
        premises.push_back(fields.at(1));
        hypotheses.push_back(fields.at(2));
    }
    EncodeOptions options = with_offsets();
    options.max_length = 48;
    expect(tokenizer_->encode_pairs(premises, hypotheses, options), "mnli");
    expect(tokenizer_->encode(read_contexts(data / "squad"), with_offsets()), "squad");
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerParity,
                         ::testing::Values("wordpiece", "wordpiece-cased", "roberta", "qwen", "llama", "mistral",
                                           "unigram", "deberta", "minilm"),
                         [](auto const& info) {
                             std::string name = info.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace ablatrix::text
