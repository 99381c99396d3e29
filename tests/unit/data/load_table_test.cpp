#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>

namespace ablatrix::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TableOptions words_as_labels()
{
    TableOptions options;
    options.class_names = {"world", "sports"};
    return options;
}

TableOptions with_ratings()
{
    TableOptions options;
    options.ratings = "ratings";
    return options;
}

/// Runs \p read, which must throw a DataError for \p row whose message matches.
template <typename Read, typename Matcher>
void expect_error(Read const& read, std::size_t row, Matcher const& message)
{
    try {
        read();
        FAIL() << "no error";
    }
    catch (DataError const& error) {
        EXPECT_EQ(error.row(), row) << error.what();
        EXPECT_THAT(error.what(), message);
        EXPECT_THAT(error.what(), HasSubstr(error.file()));
    }
}

template <typename Matcher>
void expect_refused(std::string_view bytes, std::string const& file, std::size_t row, Matcher const& message,
                    TableOptions const& options = {})
{
    expect_error([&] { parse_table(bytes, file, options); }, row, message);
}

TEST(LoadTable, tsv_has_no_quoting_and_keeps_texts_as_they_are)
{
    Dataset const data = parse_table("sentence\tlabel\n\"so\" good \t1\nbad\"\t0\n", "a.tsv", {});
    EXPECT_THAT(data.text, ElementsAre("\"so\" good ", "bad\""));
    EXPECT_THAT(data.label, ElementsAre(1, 0));
    EXPECT_THAT(data.row, ElementsAre(0, 1));
    EXPECT_THAT(data.class_names, ElementsAre("0", "1"));
    EXPECT_THAT(data.clean, IsEmpty());
}

TEST(LoadTable, a_text_column_wins_over_a_sentence_column)
{
    EXPECT_THAT(parse_table("sentence\ttext\tlabel\na\tb\t0\nc\td\t1\n", "a.tsv", {}).text, ElementsAre("b", "d"));
}

TEST(LoadTable, byte_order_mark_and_windows_line_ends_are_understood)
{
    Dataset const data = parse_table("\xEF\xBB\xBFtext\tlabel\r\na\t0\r\nb\t1\r\n\r\n", "a.tsv", {});
    EXPECT_THAT(data.text, ElementsAre("a", "b"));
    EXPECT_THAT(data.label, ElementsAre(0, 1));
}

TEST(LoadTable, csv_understands_quotes_commas_and_line_breaks)
{
    Dataset const data =
        parse_table("label,text\r\n0,\"a \"\"b\"\", c\"\r\n1,\"two\nlines\"\r\n0,plain\n1,\"\r\n\"\"\"", "a.csv", {});
    EXPECT_THAT(data.text, ElementsAre("a \"b\", c", "two\nlines", "plain", "\r\n\""));
    EXPECT_THAT(data.label, ElementsAre(0, 1, 0, 1));
}

TEST(LoadTable, jsonl_takes_keys_in_any_order)
{
    Dataset const data = parse_table(
        "{\"label\": 0, \"text\": \"caf\\u00e9\\tau\"}\n{\"text\": \"b\", \"extra\": {}, "
        "\"label\": 1}\n",
        "a.jsonl", {});
    EXPECT_THAT(data.text, ElementsAre("caf\xC3\xA9\tau", "b"));
    EXPECT_THAT(data.label, ElementsAre(0, 1));
}

TEST(LoadTable, pairs_and_clean_labels_are_read)
{
    TableOptions options;
    options.text = "premise";
    options.text2 = "hypothesis";
    options.clean_label = "gold";
    Dataset const data =
        parse_table("gold,label,hypothesis,premise\n2,1,h1,p1\n1,1,h2,p2\n0,0,h3,p3\n", "a.csv", options);
    EXPECT_THAT(data.text, ElementsAre("p1", "p2", "p3"));
    EXPECT_THAT(data.text2, ElementsAre("h1", "h2", "h3"));
    EXPECT_THAT(data.label, ElementsAre(1, 1, 0));
    EXPECT_THAT(data.clean, ElementsAre(2, 1, 0));
    EXPECT_EQ(data.classes(), 3);  // the clean label knows one more
}

TEST(LoadTable, labels_may_be_class_names_or_their_numbers)
{
    Dataset const data = parse_table("text\tlabel\na\tsports\nb\t0\nc\tworld\n", "a.tsv", words_as_labels());
    EXPECT_THAT(data.label, ElementsAre(1, 0, 0));
    EXPECT_THAT(data.class_names, ElementsAre("world", "sports"));
}

TEST(LoadTable, empty_texts_and_label_minus_one_are_dropped_and_counted)
{
    Dataset const data = parse_table("text\tlabel\na\t0\n\t0\n \t1\nb\t-1\nc\t1\n", "a.tsv", {});
    EXPECT_THAT(data.text, ElementsAre("a", "c"));
    EXPECT_THAT(data.row, ElementsAre(0, 4));  // item ids count dropped rows
    EXPECT_EQ(data.dropped_empty, 3u);
}

TEST(LoadTable, ratings_give_the_sign_of_their_mean_as_label)
{
    Dataset const data =
        parse_table("text\tratings\nb\t-1,-1,4\na\t3,-4,0\nc\t1,-1\nd\t0,0\n \t1\n", "a.tsv", with_ratings());
    EXPECT_THAT(data.text, ElementsAre("b", "a"));
    EXPECT_THAT(data.label, ElementsAre(1, 0));
    EXPECT_EQ(data.clean, data.label);
    EXPECT_THAT(data.ratings, ElementsAre(ElementsAre(-1, -1, 4), ElementsAre(3, -4, 0)));
    EXPECT_THAT(data.class_names, ElementsAre("negative", "positive"));
    EXPECT_EQ(data.dropped_undecided, 2u);
    EXPECT_EQ(data.dropped_empty, 1u);
}

TEST(LoadTable, ratings_may_be_json_arrays)
{
    Dataset const data = parse_table("{\"text\":\"a\",\"ratings\":[1,-0.5]}\n{\"text\":\"b\",\"ratings\":[-2]}",
                                     "a.jsonl", with_ratings());
    EXPECT_THAT(data.ratings, ElementsAre(ElementsAre(1.0F, -0.5F), ElementsAre(-2.0F)));
}

TEST(LoadTable, content_depends_on_bytes_and_options_but_not_on_the_place)
{
    std::string const bytes = "text\tlabel\na\t0\nb\t1\n";
    auto const base = parse_table(bytes, "a.tsv", {}).content;
    EXPECT_EQ(parse_table(bytes, "elsewhere/b.tsv", {}).content, base);
    EXPECT_NE(parse_table(bytes + "c\t1\n", "a.tsv", {}).content, base);
    EXPECT_NE(parse_table(bytes, "a.tsv", {.class_names = {"x", "y"}}).content, base);
    EXPECT_NE(parse_table("text,label\na,0\nb,1\n", "a.csv", {}).content, base);
}

TEST(LoadTable, a_missing_column_is_reported_with_those_found)
{
    expect_refused("txt\tlabel\na\t0\n", "a.tsv", 0,
                   AllOf(HasSubstr("no column 'text'"), HasSubstr("'txt', 'label'"), HasSubstr("Did you mean 'txt'?")));
    expect_refused("text,lable\na,0\n", "a.csv", 0, HasSubstr("Did you mean 'lable'?"));
    expect_refused("{\"text\":\"a\"}", "a.jsonl", 0, HasSubstr("no column 'label'. Columns are 'text'"));
    TableOptions options;
    options.clean_label = "gold";
    expect_refused("text\tlabel\na\t0\n", "a.tsv", 0, HasSubstr("no column 'gold'"), options);
}

TEST(LoadTable, short_and_long_rows_are_reported_with_their_line)
{
    expect_refused("text\tlabel\na\t0\nb\n", "a.tsv", 3, HasSubstr("row with 1 field, but the header names 2"));
    expect_refused("text\tlabel\na\t0\t1\n", "a.tsv", 2, HasSubstr("row with 3 fields"));
    expect_refused("text,label\n\"a\nb\",0\nb\n", "a.csv", 4, HasSubstr("row with 1 field"));
    expect_refused("text\tlabel\n\na\t0\n", "a.tsv", 2, HasSubstr("row with 1 field"));
    expect_refused("{\"text\":\"a\",\"label\":0}\n{\"text\":\"b\"}\n", "a.jsonl", 2, HasSubstr("no key 'label'"));
    expect_refused("{\"text\":\"a\"}\n{\"label\":0,\"text\":\"b\"}\n", "a.jsonl", 1, HasSubstr("no key 'label'"));
}

TEST(LoadTable, a_missing_label_is_an_error)
{
    expect_refused("text\tlabel\na\t0\nb\t\n", "a.tsv", 3, AllOf(HasSubstr("missing label"), HasSubstr("write -1")));
    expect_refused("{\"text\":\"a\",\"label\":null}\n", "a.jsonl", 1, HasSubstr("missing label"));
    TableOptions options;
    options.clean_label = "gold";
    expect_refused("text,label,gold\na,0,\n", "a.csv", 2, HasSubstr("missing label (column 'gold')"), options);
}

TEST(LoadTable, a_label_outside_the_classes_is_an_error)
{
    expect_refused("text\tlabel\na\tsport\n", "a.tsv", 2,
                   AllOf(HasSubstr("'sport'"), HasSubstr("'world', 'sports'"), HasSubstr("Did you mean 'sports'?")),
                   words_as_labels());
    expect_refused("text\tlabel\na\t2\n", "a.tsv", 2, HasSubstr("Numbers count them from 0"), words_as_labels());
    expect_refused("text\tlabel\na\tgood\n", "a.tsv", 2, HasSubstr("Give class_names"));
    expect_refused("text\tlabel\na\t1.0\n", "a.tsv", 2, HasSubstr("not a whole number"));
    expect_refused("text\tlabel\na\t-2\n", "a.tsv", 2, HasSubstr("no class"));
    expect_refused("text\tlabel\na\t20240101\n", "a.tsv", 2, HasSubstr("Check that this is the label column"));
    expect_refused("text\tlabel\na\t99999999999999\n", "a.tsv", 2, HasSubstr("not a whole number"));
    expect_refused("text\tlabel\na\t0\nb\t2\n", "a.tsv", 0, HasSubstr("no row has label 1"));
}

TEST(LoadTable, one_class_only_is_an_error)
{
    expect_refused("text\tlabel\na\t0\nb\t0\n", "a.tsv", 0, HasSubstr("all rows have the label '0'"));
    expect_refused("text\tlabel\na\t1\n", "a.tsv", 0, HasSubstr("all rows have the label 'sports'"), words_as_labels());
}

TEST(LoadTable, tables_without_rows_are_errors)
{
    expect_refused("", "a.tsv", 0, HasSubstr("the file is empty"));
    expect_refused("\n\n", "a.csv", 0, HasSubstr("the file is empty"));
    expect_refused("text\tlabel\n", "a.tsv", 0, HasSubstr("a header but no rows"));
    expect_refused("text\tlabel\n\t0\nb\t-1\n", "a.tsv", 0, HasSubstr("no rows are left: 2 had an empty text"));
}

TEST(LoadTable, invalid_utf8_is_reported_with_line_and_byte)
{
    expect_refused("text\tlabel\na\t0\ncaf\xE9\t1\n", "a.tsv", 3,
                   AllOf(HasSubstr("byte 4 of the line"), HasSubstr("iconv")));
    expect_refused("{\"text\":\"\xED\xA0\x80\"}", "a.jsonl", 1, HasSubstr("not UTF-8"));  // a lone surrogate
}

TEST(LoadTable, malformed_csv_quoting_is_an_error)
{
    expect_refused("text,label\n\"a,0\nb,1\n", "a.csv", 2, HasSubstr("without a closing quote"));
    expect_refused("text,label\n\"a\"b,0\n", "a.csv", 2, HasSubstr("text behind a closing quote"));
    expect_refused("text,label\na \"b\",0\n", "a.csv", 2, HasSubstr("quote inside an unquoted field"));
    expect_refused("text,label\na\rb,0\n", "a.csv", 2, HasSubstr("carriage return"));
}

TEST(LoadTable, malformed_json_is_an_error)
{
    expect_refused("{\"text\":\"a\",\"label\":0}\n{\"text\": \"b\"\n", "a.jsonl", 2,
                   HasSubstr("malformed JSON: column"));
    expect_refused("[1, 2]\n", "a.jsonl", 1, HasSubstr("the line is a JSON array, not an object"));
    expect_refused("{\"text\":{\"x\":1},\"label\":0}\n", "a.jsonl", 1, HasSubstr("key 'text' holds a JSON object"));
    expect_refused("{\"text\":\"a\",\"label\":1e999}\n", "a.jsonl", 1, HasSubstr("malformed JSON"));
}

TEST(LoadTable, malformed_ratings_are_errors)
{
    expect_refused("text\tratings\na\t1,x\n", "a.tsv", 2, HasSubstr("hold 'x', which is no number"), with_ratings());
    expect_refused("text\tratings\na\t\n", "a.tsv", 2, HasSubstr("no number"), with_ratings());
    expect_refused("text\tratings\na\t1,inf\n", "a.tsv", 2, HasSubstr("no number"), with_ratings());
    TableOptions both = with_ratings();
    both.clean_label = "gold";
    expect_refused("text\tratings\na\t1\n", "a.tsv", 0, HasSubstr("already give both labels"), both);
    TableOptions three = with_ratings();
    three.class_names = {"a", "b", "c"};
    expect_refused("text\tratings\na\t1\n", "a.tsv", 0, HasSubstr("two classes, but class_names names 3"), three);
}

TEST(LoadTable, ambiguous_names_are_errors)
{
    expect_refused("text\tlabel\ttext\na\t0\tb\n", "a.tsv", 1, HasSubstr("column 'text' occurs twice"));
    expect_refused("text\tlabel\na\t0\n", "a.tsv", 0, HasSubstr("holds a name twice"), {.class_names = {"x", "x"}});
    expect_refused("text\tlabel\na\t0\n", "a.txt", 0, HasSubstr(".tsv, .csv or .jsonl"));
}

/// A folder that goes with the test.
class LoadTableFile : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        folder_ = std::filesystem::temp_directory_path() / ("ablatrix_load_table_" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

TEST_F(LoadTableFile, a_file_reads_as_its_bytes)
{
    std::string const bytes = "text\tlabel\na\t0\nb\t1\n";
    std::ofstream(folder_ / "train.tsv") << bytes;
    EXPECT_EQ(load_table(folder_ / "train.tsv", {}).to_bundle(), parse_table(bytes, "x.tsv", {}).to_bundle());
}

TEST_F(LoadTableFile, a_missing_file_is_reported_with_its_neighbour)
{
    std::ofstream(folder_ / "train.tsv") << "text\tlabel\n";
    expect_error([&] { load_table(folder_ / "trian.tsv", {}); }, 0,
                 AllOf(HasSubstr("trian.tsv"), HasSubstr("No such file"), HasSubstr("Did you mean 'train.tsv'?")));
    expect_error([&] { load_table("no/such/folder/rows.csv", {}); }, 0, HasSubstr("start at the working directory"));
    std::filesystem::create_directory(folder_ / "d.tsv");
    expect_error([&] { load_table(folder_ / "d.tsv", {}); }, 0, HasSubstr("is a folder"));
}

TEST_F(LoadTableFile, the_real_data_folder_may_be_named)
{
    char const* const before = std::getenv("ABLATRIX_DATA");
    std::string const saved = before != nullptr ? before : "";
    ::setenv("ABLATRIX_DATA", folder_.c_str(), 1);
    EXPECT_EQ(real_data_folder(), folder_);
    ::setenv("ABLATRIX_DATA", (folder_ / "nowhere").c_str(), 1);
    EXPECT_THROW(real_data_folder(), Error);
    if (before != nullptr)
        ::setenv("ABLATRIX_DATA", saved.c_str(), 1);
    else
        ::unsetenv("ABLATRIX_DATA");
}

class RealData : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::filesystem::current_path(ABLATRIX_SOURCE_DIR);
        auto const folder = real_data_folder();
        if (!folder) GTEST_SKIP() << "no folder with real data (set ABLATRIX_DATA)";
        folder_ = *folder;
    }
    std::filesystem::path folder_;
};

// Counts from the data folder's own README.
TEST_F(RealData, sst2_has_its_known_rows_and_classes)
{
    Dataset const train = load_table(folder_ / "sst2/train.tsv", {});
    EXPECT_EQ(train.size(), 67349u);
    EXPECT_EQ(std::count(train.label.begin(), train.label.end(), 0), 29780);
    EXPECT_EQ(std::count(train.label.begin(), train.label.end(), 1), 37569);
    EXPECT_EQ(train.dropped_empty, 0u);
    EXPECT_EQ(train.text[0], "hide new secretions from the parental units ");
    EXPECT_EQ(load_table(folder_ / "sst2/dev.tsv", {}).size(), 872u);
}

TEST_F(RealData, mnli_has_its_known_rows_and_classes)
{
    TableOptions options;
    options.text = "premise";
    options.text2 = "hypothesis";
    options.class_names = {"entailment", "neutral", "contradiction"};
    Dataset const dev = load_table(folder_ / "mnli/dev_matched.tsv", options);
    EXPECT_EQ(std::count(dev.label.begin(), dev.label.end(), 0), 3479);
    EXPECT_EQ(std::count(dev.label.begin(), dev.label.end(), 1), 3123);
    EXPECT_EQ(std::count(dev.label.begin(), dev.label.end(), 2), 3213);
}

// Counts from a separate Python script over the same table: 37 sums of 0, 5,242 positive, 5,326 negative.
TEST_F(RealData, rated_snippets_split_by_the_sign_of_their_mean)
{
    Dataset const rated = load_table(folder_ / "real_noise/movie_snippets_ratings.tsv", with_ratings());
    EXPECT_EQ(rated.dropped_undecided, 37u);
    EXPECT_EQ(std::count(rated.label.begin(), rated.label.end(), 1), 5242);
    EXPECT_EQ(std::count(rated.label.begin(), rated.label.end(), 0), 5326);
}

}  // namespace
}  // namespace ablatrix::data
