#include <ablatrix/base/program.hpp>

#include <gtest/gtest.h>

namespace ablatrix::base {
namespace {

TEST(RunProgram, tells_output_errors_and_exit_code_apart)
{
    auto const ended = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});

    EXPECT_EQ(ended.status, 3);
    EXPECT_EQ(ended.output, "out\n");
    EXPECT_EQ(ended.errors, "err\n");
}

TEST(RunProgram, tells_a_signal_and_a_missing_program)
{
    EXPECT_EQ(run_program({"sh", "-c", "kill -TERM $$"}).status, 128 + 15);
    EXPECT_EQ(run_program({"ablatrix-has-no-such-program"}).status, Ended::not_found);
}

TEST(RunProgram, takes_more_output_than_a_pipe_holds)
{
    auto const ended = run_program({"sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo y >&2"});

    EXPECT_EQ(ended.output, std::string(300000, 'x'));
    EXPECT_EQ(ended.errors, "y\n");
}

}  // namespace
}  // namespace ablatrix::base
