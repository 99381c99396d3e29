#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>

#include "fuzz/mutate.hpp"

namespace ablatrix::data {
namespace {

struct Case
{
    std::string file;
    std::string seed;
    TableOptions options;
};

std::vector<Case> cases()
{
    TableOptions pairs;
    pairs.text2 = "b";
    pairs.clean_label = "gold";
    TableOptions rated;
    rated.ratings = "r";
    return {
        {"x.tsv", "sentence\tlabel\nab \"c\t1\nd\xC3\xA9\t0\n\t1\ne\t-1\n", {}},
        {"x.tsv", "text\tr\na\t1,2,-0.5\nb\t-3,0\nc\t1,-1\n", rated},
        {"x.csv", "text,b,label,gold\n\"a,\"\"q\"\"\",\"x\ny\",0,1\r\nc,d,1,1\n", pairs},
        {"x.jsonl", "{\"text\":\"a\\u00e9\",\"label\":0}\n{\"label\":1,\"text\":\"b\",\"z\":[1,{\"y\":null}]}\n", {}},
        {"x.jsonl", "{\"text\":\"a\",\"r\":[1,-2.5e0,3]}\n{\"r\":\"-1,-1\",\"text\":\"b\"}\n", rated},
    };
}

/// What must hold for whatever a parser lets through.
void expect_consistent(Dataset const& data)
{
    ASSERT_GE(data.classes(), 2);
    ASSERT_EQ(data.row.size(), data.size());
    ASSERT_EQ(data.label.size(), data.size());
    ASSERT_TRUE(data.text2.empty() || data.text2.size() == data.size());
    ASSERT_TRUE(data.clean.empty() || data.clean.size() == data.size());
    ASSERT_TRUE(data.ratings.empty() || data.ratings.size() == data.size());
    for (std::int32_t const label : data.label)
        ASSERT_TRUE(label >= 0 && label < data.classes());
    for (std::int32_t const label : data.clean)
        ASSERT_TRUE(label >= 0 && label < data.classes());
}

TEST(ParsersFuzz, any_bytes_give_a_consistent_table_or_a_data_error)
{
    for (Case const& c : cases()) {
        int parsed = 0, refused = 0;
        auto const entry = [&](std::string const& bytes) {
            try {
                expect_consistent(parse_table(bytes, c.file, c.options));
                ++parsed;
            }
            catch (DataError const& error) {
                EXPECT_EQ(error.file(), c.file);
                ++refused;
            }
        };
        auto const report = [](std::uint64_t number, std::string const& bytes) {
            ADD_FAILURE() << "mutation " << number << ": " << ::testing::PrintToString(bytes);
        };
        fuzz::for_each_mutation(std::vector<std::string>{c.seed}, 6000, "table " + c.seed, entry, report);
        // Otherwise one side was not tested.
        EXPECT_GT(parsed, 30) << c.file;
        EXPECT_GT(refused, 100) << c.file;
    }
}

TEST(ParsersFuzz, deeply_nested_json_is_no_stack_overflow)
{
    std::string const deep(200000, '[');
    EXPECT_THROW(parse_table("{\"text\":" + deep, "x.jsonl", {}), DataError);
    EXPECT_THROW(parse_table("{\"text\":" + deep + std::string(200000, ']') + "}", "x.jsonl", {}), DataError);
}

}  // namespace
}  // namespace ablatrix::data
