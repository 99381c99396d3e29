#include <ablatrix/cluster/duration.hpp>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::cluster {
namespace {

TEST(ParseDuration, reads_units_and_their_sums)
{
    EXPECT_DOUBLE_EQ(parse_duration("90s"), 90);
    EXPECT_DOUBLE_EQ(parse_duration("15m"), 900);
    EXPECT_DOUBLE_EQ(parse_duration("1.5h"), 5400);
    EXPECT_DOUBLE_EQ(parse_duration("2h30m"), 9000);
    EXPECT_DOUBLE_EQ(parse_duration("1d"), 86400);
}

// The forms that `man sbatch` lists under --time, without "minutes".
TEST(ParseDuration, reads_what_slurm_reads)
{
    EXPECT_DOUBLE_EQ(parse_duration("10:30"), 630);
    EXPECT_DOUBLE_EQ(parse_duration("2:30:00"), 9000);
    EXPECT_DOUBLE_EQ(parse_duration("1-12"), 129600);
    EXPECT_DOUBLE_EQ(parse_duration("1-12:30"), 131400);
    EXPECT_DOUBLE_EQ(parse_duration("0-00:00:05"), 5);
}

TEST(ParseDuration, refuses_what_could_be_read_in_two_ways_or_in_none)
{
    for (char const* text :
         {"", "90", "0s", "-5m", "5x", "1h30", "1:2:3:4", "1-", "-1", ":30", "nans", "infh", "1e300d"})
        EXPECT_THROW(parse_duration(text), Error) << text;
}

TEST(SlurmDuration, counts_whole_minutes_upwards)
{
    EXPECT_EQ(slurm_duration(60), "00:01:00");
    EXPECT_EQ(slurm_duration(61), "00:02:00");
    EXPECT_EQ(slurm_duration(86399), "1-00:00:00");
    EXPECT_EQ(slurm_duration(2 * 86400 + 3 * 3600 + 4 * 60), "2-03:04:00");
    EXPECT_DOUBLE_EQ(parse_duration(slurm_duration(131400)), 131400);
}

}  // namespace
}  // namespace ablatrix::cluster
