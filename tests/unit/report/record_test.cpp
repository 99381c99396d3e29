#include <ablatrix/report/report.hpp>

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::report {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Record sample_record()
{
    Record record;
    record.kind = "mean";
    record.condition = {{"noise", "uniform, \"strong\""}};
    record.metric = "auroc";
    record.estimate.value = 0.1;
    record.estimate.high = std::numeric_limits<double>::infinity();
    record.n_seeds = 3;
    return record;
}

TEST(Csv, quotes_cells_and_leaves_missing_numbers_empty)
{
    std::string const text = to_csv({sample_record()});
    EXPECT_THAT(text, StartsWith("kind,item_set,noise,metric,"));
    EXPECT_THAT(text, HasSubstr("mean,,\"uniform, \"\"strong\"\"\",auroc,"));
    EXPECT_THAT(text, HasSubstr(",0.1,,,0.95,"));  // value, no low, no (infinite) high, level
}

TEST(Json, writes_null_for_missing_numbers)
{
    std::string const text = to_json({sample_record(), sample_record()});
    EXPECT_THAT(text, HasSubstr(R"("noise": "uniform, \"strong\"")"));
    EXPECT_THAT(text, HasSubstr(R"("value": 0.1, "ci_low": null, "ci_high": null)"));
    EXPECT_THAT(text, HasSubstr(R"("n_seeds": 3)"));
    EXPECT_THAT(text, HasSubstr(R"("n_items": null)"));
}

TEST(Json, of_nothing_is_an_empty_array)
{
    EXPECT_EQ(to_json({}), "[\n]\n");
}

}  // namespace
}  // namespace ablatrix::report
