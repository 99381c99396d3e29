#include <ablatrix/base/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::base {

TEST(Log, writes_time_rank_and_level_to_standard_error)
{
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    set_log(LogLevel::info, 2);
    log_info("100 % {done}");
    log_warning("slow");
    log(LogLevel::debug, "hidden");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                testing::MatchesRegex("\\[..:..:.. rank 2\\] 100 % \\{done\\}\n\\[..:..:.. rank 2\\] warning: slow\n"));
}

TEST(Log, hides_what_is_below_its_level)
{
    testing::internal::CaptureStderr();
    set_log(LogLevel::error, 0);
    log_warning("hidden");
    log_error("shown");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith("rank 0] error: shown\n"));
    set_log(LogLevel::info, 0);
}

}  // namespace ablatrix::base
