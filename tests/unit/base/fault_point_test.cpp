#include <ablatrix/base/fault_point.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <ablatrix/base/log.hpp>

namespace ablatrix::base {
namespace {

/// The variables are read when a program starts: death tests of this style start it again.
class FaultPoint : public testing::Test
{
  protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
    void TearDown() override
    {
        ::unsetenv("ABLATRIX_FAULT");
        ::unsetenv("ABLATRIX_FAULT_MARK");
    }
    static void fault(char const* text) { ::setenv("ABLATRIX_FAULT", text, 1); }
};

void pass(char const* step)
{
    fault_point(step);
    std::fprintf(stderr, "%s ", step);
}

TEST_F(FaultPoint, kills_when_a_step_is_reached_the_nth_time)
{
    fault("b:2");
    EXPECT_EXIT((pass("b"), pass("a"), pass("a"), pass("b"), std::_Exit(0)), testing::KilledBySignal(SIGKILL),
                "^b a a $");
}

TEST_F(FaultPoint, kills_the_rank_that_is_named)
{
    fault("a:1:3");
    EXPECT_EXIT((set_log(LogLevel::info, 2), pass("a"), set_log(LogLevel::info, 3), pass("a"), std::_Exit(0)),
                testing::KilledBySignal(SIGKILL), "^a $");
}

TEST_F(FaultPoint, leaves_a_mark)
{
    auto const mark = std::filesystem::temp_directory_path() / "ablatrix_fault_point_made";
    std::filesystem::remove(mark);
    fault("a:1");
    ::setenv("ABLATRIX_FAULT_MARK", mark.c_str(), 1);
    EXPECT_EXIT((pass("a"), std::_Exit(0)), testing::KilledBySignal(SIGKILL), "");
    EXPECT_TRUE(std::filesystem::remove(mark));
}

TEST_F(FaultPoint, kills_nobody_when_its_mark_is_there)
{
    auto const mark = std::filesystem::temp_directory_path() / "ablatrix_fault_point_there";
    std::ofstream{mark};
    fault("a:1");
    ::setenv("ABLATRIX_FAULT_MARK", mark.c_str(), 1);
    EXPECT_EXIT((pass("a"), std::_Exit(0)), testing::ExitedWithCode(0), "^a $");
    std::filesystem::remove(mark);
}

TEST_F(FaultPoint, does_nothing_unless_asked)
{
    EXPECT_EXIT((pass("a"), std::_Exit(0)), testing::ExitedWithCode(0), "^a $");
}

}  // namespace
}  // namespace ablatrix::base
