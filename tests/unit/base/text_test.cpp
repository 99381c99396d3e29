#include <ablatrix/base/text.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::base {

namespace {

std::vector<std::string> const keys = {"seed", "noise.rate", "noise.type", "epochs", "k"};

}  // namespace

TEST(DidYouMean, finds_typing_mistakes)
{
    EXPECT_EQ(did_you_mean("sead", keys), "seed");        // one letter
    EXPECT_EQ(did_you_mean("sede", keys), "seed");        // neighbours swapped
    EXPECT_EQ(did_you_mean("epoch", keys), "epochs");     // one missing
    EXPECT_EQ(did_you_mean("Seed", keys), "seed");        // case
    EXPECT_EQ(did_you_mean("rate", keys), "noise.rate");  // section forgotten
    EXPECT_EQ(did_you_mean("nosie.tpye", keys), "noise.type");
    EXPECT_EQ(did_you_mean("epo", keys), "epochs");  // cut short
    EXPECT_EQ(did_you_mean_hint("sead", keys), " Did you mean 'seed'?");
}

TEST(DidYouMean, is_silent_about_other_words)
{
    EXPECT_EQ(did_you_mean("threshold", keys), std::nullopt);
    EXPECT_EQ(did_you_mean("", keys), std::nullopt);
    EXPECT_EQ(did_you_mean("9", keys), std::nullopt);
    EXPECT_EQ(did_you_mean(std::string(5000, 'x'), keys), std::nullopt);
    EXPECT_EQ(did_you_mean("seed", {}), std::nullopt);
    EXPECT_EQ(did_you_mean_hint("threshold", keys), "");
}

TEST(Text, shortest_reads_back)
{
    EXPECT_EQ(shortest(0.1), "0.1");
    EXPECT_EQ(shortest(1), "1");
    EXPECT_EQ(shortest(1.0 / 3), "0.3333333333333333");
    EXPECT_EQ(shortest(1e300), "1e+300");
    EXPECT_EQ(shortest(std::nan("")), "nan");
    EXPECT_EQ(shortest(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Text, splits_and_joins)
{
    EXPECT_THAT(split("a,,b,", ','), testing::ElementsAre("a", "", "b", ""));
    EXPECT_THAT(split("", ','), testing::ElementsAre(""));
    EXPECT_EQ(join(split("a,,b,", ','), ","), "a,,b,");
    EXPECT_EQ(join({}, ","), "");
}

TEST(Text, trims_blanks)
{
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, quotes_for_json_and_yaml)
{
    std::string out = "x=";
    append_quoted(out, "a\"b\\c\n\t\x01");
    EXPECT_EQ(out, "x=\"a\\\"b\\\\c\\n\\t\\u0001\"");
}

TEST(Text, shows_seconds_for_people)
{
    EXPECT_EQ(human_seconds(0), "0 ms");
    EXPECT_EQ(human_seconds(0.85), "850 ms");
    EXPECT_EQ(human_seconds(0.9999), "1.0 s");
    EXPECT_EQ(human_seconds(12.34), "12.3 s");
    EXPECT_EQ(human_seconds(59.99), "1 min 00 s");
    EXPECT_EQ(human_seconds(245), "4 min 05 s");
    EXPECT_EQ(human_seconds(3599.7), "1 h 00 min");
    EXPECT_EQ(human_seconds(12000), "3 h 20 min");
    EXPECT_EQ(human_seconds(std::nan("")), "unknown");
}

TEST(Text, shows_bytes_for_people)
{
    EXPECT_EQ(human_bytes(512), "512 B");
    EXPECT_EQ(human_bytes(1024), "1.0 KiB");
    EXPECT_EQ(human_bytes(1468006), "1.4 MiB");
    EXPECT_EQ(human_bytes((1ULL << 30U) - 1), "1.0 GiB");
}

}  // namespace ablatrix::base
