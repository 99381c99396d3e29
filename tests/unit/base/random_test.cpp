#include <ablatrix/base/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::base {

namespace {

std::vector<std::uint32_t> block(std::uint32_t const (&counter)[4], std::uint32_t const (&key)[2])
{
    std::uint32_t out[4];
    philox4x32(counter, key, out);
    return {std::begin(out), std::end(out)};
}

constexpr std::uint32_t ones = 0xffffffff;

}  // namespace

// Known answers published with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, agrees_with_the_published_known_answers)
{
    using testing::ElementsAre;
    EXPECT_THAT(block({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
    EXPECT_THAT(block({ones, ones, ones, ones}, {ones, ones}),
                ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
    EXPECT_THAT(block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
                ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

// The numbers of this group come from a second implementation (Philox in Python, checked with the answers above) with
// key 42 XOR 2d06800538d394c2 (XXH3-64 of the empty text, published with xxHash) and index 7.
TEST(Stream, draws_words_in_order)
{
    Stream stream(42, "", 7);
    std::vector<std::uint64_t> const expected = {0x703afba3bd92d39f, 0xd8eb4d3276bb5ef9, 0x427f19c0313b8b63,
                                                 0x57aac4c8fe2ff2f2, 0x5299b7ed8fb3337c, 0xdd8c59a6e86669dd};
    for (std::uint64_t const word : expected)
        EXPECT_EQ(stream.next(), word);
}

TEST(Stream, uniform_takes_the_high_53_bits)
{
    Stream stream(42, "", 7);
    EXPECT_EQ(stream.uniform(), 0.4384000086552746);
    EXPECT_EQ(stream.uniform(), 0.8473404167368533);
}

TEST(Stream, below_scales_the_word)
{
    Stream stream(42, "", 7);
    for (std::uint64_t const expected : {4, 8, 2, 3, 3, 8})
        EXPECT_EQ(stream.below(10), expected);
    EXPECT_THROW(stream.below(0), ContractError);
}

TEST(Stream, normal_is_box_muller_of_two_draws)
{
    Stream stream(42, "", 7);
    EXPECT_DOUBLE_EQ(stream.normal(), 0.6167958563179934);
    EXPECT_DOUBLE_EQ(stream.normal(), -0.4256107584306295);
}

TEST(Stream, samples_without_repetition)
{
    EXPECT_THAT(Stream(42, "", 7).sample(5, 3), testing::ElementsAre(2, 4, 0));
    EXPECT_THROW(Stream(42, "", 7).sample(2, 3), ContractError);
    EXPECT_THAT(Stream(1, "all").sample(4, 4), testing::UnorderedElementsAre(0, 1, 2, 3));
}

TEST(Stream, shuffles_from_the_back)
{
    std::vector<std::string> letters = {"a", "b", "c", "d", "e"};
    Stream(42, "", 7).shuffle(std::span<std::string>{letters});
    EXPECT_THAT(letters, testing::ElementsAre("b", "e", "a", "d", "c"));
}

TEST(Stream, differs_by_seed_purpose_and_index)
{
    std::uint64_t const first = Stream(1, "a", 0).next();
    EXPECT_EQ(Stream(1, "a", 0).next(), first);
    EXPECT_NE(Stream(2, "a", 0).next(), first);
    EXPECT_NE(Stream(1, "b", 0).next(), first);
    EXPECT_NE(Stream(1, "a", 1).next(), first);
}

TEST(Stream, copies_continue_from_the_same_place)
{
    Stream one(5, "copy");
    one.next();
    Stream two = one;
    EXPECT_EQ(one.next(), two.next());
    EXPECT_EQ(one.next(), two.next());
}

// Mean 0 and variance 1; with 20,000 draws the standard errors are 0.007 and 0.01, and the seed is fixed.
TEST(Stream, normal_has_mean_0_and_variance_1)
{
    Stream stream(3, "moments");
    std::vector<double> values(20000);
    std::ranges::generate(values, [&stream] { return stream.normal(); });
    double const mean = std::accumulate(values.begin(), values.end(), 0.0) / 20000;
    double squares = 0;
    for (double const v : values)
        squares += (v - mean) * (v - mean);
    EXPECT_NEAR(mean, 0, 0.03);
    EXPECT_NEAR(squares / 20000, 1, 0.04);
}

}  // namespace ablatrix::base
