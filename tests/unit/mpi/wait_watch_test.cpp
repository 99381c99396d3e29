#include <ablatrix/mpi/wait_watch.hpp>

#include <thread>

#include <gtest/gtest.h>

namespace ablatrix::mpi {
namespace {

using namespace std::chrono_literals;

TEST(WaitWatch, says_what_is_waited_for_and_ends_the_process)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            WaitWatch const watch("other ranks in MPI_Bcast", 1ms, 20ms);
            std::this_thread::sleep_for(1h);
        },
        testing::ExitedWithCode(1),
        "waiting for other ranks in MPI_Bcast for 1 ms now; giving up after 20 ms(.|\n)*waited 20 ms");
}

TEST(WaitWatch, is_silent_when_the_wait_ends_in_time)
{
    testing::internal::CaptureStderr();
    {
        WaitWatch const watch("other ranks");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace ablatrix::mpi
