#include <ablatrix/base/error.hpp>

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Error, data_errors_name_file_and_row)
{
    DataError const error("reviews.tsv", 17, "no label. Fill it in");
    EXPECT_STREQ(error.what(), "reviews.tsv:17: no label. Fill it in");
    EXPECT_EQ(error.file(), "reviews.tsv");
    EXPECT_EQ(error.row(), 17U);
    EXPECT_STREQ(DataError("reviews.tsv", 0, "empty").what(), "reviews.tsv: empty");
}

TEST(Error, data_errors_take_a_context)
{
    DataError const error = DataError("a.csv", 2, "bad").in("run seed=1");
    EXPECT_STREQ(error.what(), "a.csv:2: bad [run seed=1]");
    EXPECT_EQ(error.row(), 2U);
}

TEST(Error, validation_throws_an_error_with_the_message)
{
    EXPECT_NO_THROW(ABLATRIX_VALIDATE(1 + 1 == 2, "arithmetic"));
    EXPECT_THAT([] { ABLATRIX_VALIDATE(false, std::string{"too "} + "short"); }, ThrowsMessage<Error>("too short"));
}

TEST(Error, contracts_name_condition_and_place)
{
    EXPECT_THAT([] { ABLATRIX_EXPECT(1 > 2); },
                ThrowsMessage<ContractError>(
                    AllOf(HasSubstr("precondition does not hold: 1 > 2"), HasSubstr("error_test.cpp"))));
    EXPECT_THAT([] { ABLATRIX_ASSERT(false); }, ThrowsMessage<ContractError>(HasSubstr("assertion")));
    EXPECT_THROW(ABLATRIX_EXPECT(false), std::logic_error);
}

}  // namespace ablatrix
