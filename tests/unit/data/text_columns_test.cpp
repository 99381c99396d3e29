#include <ablatrix/data/text_columns.hpp>

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "support/temporary_folder.hpp"

namespace ablatrix::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class TextColumns : public testing::Test
{
  protected:
    std::filesystem::path write(std::string const& name, std::string const& contents) const
    {
        std::ofstream(folder_.path() / name, std::ios::binary) << contents;
        return folder_.path() / name;
    }

  private:
    test::TemporaryFolder folder_;
};

TEST_F(TextColumns, keep_every_row_in_order_and_need_no_label)
{
    auto const table = write("t.csv", "id,premise,hypothesis\n1,\"a, b\",c\n2,,d\n3,a,\n");
    auto const read = load_text_columns(table, {"premise", "hypothesis"});
    ASSERT_EQ(read.size(), 2U);
    EXPECT_THAT(read[0], ElementsAre("a, b", "", "a"));
    EXPECT_THAT(read[1], ElementsAre("c", "d", ""));
}

TEST_F(TextColumns, sentence_stands_in_for_the_default_name_alone)
{
    auto const table = write("t.tsv", "sentence\tlabel\nx\t0\n");
    EXPECT_THAT(load_text_columns(table, {"text"}).front(), ElementsAre("x"));
    EXPECT_THAT([&] { load_text_columns(table, {"texts"}); },
                ThrowsMessage<DataError>(HasSubstr("no column 'texts'. Columns are 'sentence', 'label'")));
    EXPECT_THAT([&] { load_text_columns(table, {"text", "text"}); }, ThrowsMessage<DataError>(HasSubstr("no column")));
}

TEST_F(TextColumns, json_lines_and_bad_files)
{
    EXPECT_THAT(load_text_columns(write("t.jsonl", "{\"text\":\"a\",\"n\":1}\n{\"text\":\"b\"}\n"), {"text"}).front(),
                ElementsAre("a", "b"));
    auto const broken = write("b.jsonl", "{\"text\":\"a\"}\n{\"n\":1}\n");
    EXPECT_THAT([&] { load_text_columns(broken, {"text"}); }, ThrowsMessage<DataError>(HasSubstr("b.jsonl:2")));
    EXPECT_THAT([&] { load_text_columns(write("t.txt", "a\n"), {"text"}); },
                ThrowsMessage<DataError>(HasSubstr(".tsv, .csv or .jsonl")));
    EXPECT_THAT([&] { load_text_columns(write("e.tsv", "text\n"), {"text"}); },
                ThrowsMessage<DataError>(HasSubstr("no rows")));
}

}  // namespace
}  // namespace ablatrix::data
