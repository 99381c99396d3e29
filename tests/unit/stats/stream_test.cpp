#include "detail/stream.hpp"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>

#include <ablatrix/base/random.hpp>

#include "detail/weighted_pass.hpp"

namespace ablatrix::stats::detail {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint32_t> philox(std::uint32_t const (&counter)[4], std::uint32_t const (&key)[2])
{
    std::uint32_t out[4];
    base::philox4x32(counter, key, out);
    return {out[0], out[1], out[2], out[3]};
}

TEST(Philox, gives_the_published_known_answers)  // R1, R2
{
    std::uint32_t const ones = 0xffffffff;
    EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
    EXPECT_THAT(philox({ones, ones, ones, ones}, {ones, ones}),
                ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
    EXPECT_THAT(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
                ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(Stream, key_and_draws_match_the_vector)  // R3
{
    std::uint64_t const key = stream_key(42, "demo");
    EXPECT_EQ(static_cast<std::uint32_t>(key), 0x4276d3bcU);
    EXPECT_EQ(static_cast<std::uint32_t>(key >> 32), 0xa5e41b67U);
    EXPECT_EQ(draw(key, {0, 0, Purpose::item}, 0), 0xf2d8e56dd28f48adU);
    EXPECT_EQ(draw(key, {0, 0, Purpose::item}, 1), 0xb0499cddea642b3dU);
}

TEST(Stream, indices_match_the_vector)  // R4
{
    std::uint64_t const key = stream_key(42, "demo");
    std::vector<std::uint32_t> zero, one;
    for (std::uint32_t k = 0; k < 12; ++k) {
        zero.push_back(draw_below(key, {0, 0, Purpose::item}, k, 12));
        one.push_back(draw_below(key, {1, 0, Purpose::item}, k, 12));
    }
    EXPECT_THAT(zero, ElementsAre(11, 8, 8, 3, 7, 0, 0, 7, 0, 0, 7, 2));
    EXPECT_THAT(one, ElementsAre(7, 9, 11, 0, 8, 0, 2, 7, 6, 11, 7, 5));
}

TEST(Stream, index_is_the_high_word_of_the_exact_product)
{
    std::uint64_t const cases[] = {0, 1, 0xffffffffU, 0x100000000U, 0x7fffffffffffffffU, 0xffffffffffffffffU};
    for (std::uint64_t const u : cases) {
        for (std::uint32_t const n : {1U, 2U, 3U, 12U, 25000U, 0xffffffffU}) {
            __extension__ using Wide = unsigned __int128;
            EXPECT_EQ(scale_below(u, n), static_cast<std::uint32_t>(Wide{u} * n >> 64));
        }
    }
}

TEST(Stream, seed_draws_match_the_vector)  // R7: multiplicities 0 1 2; 0 2 1; 1 0 2
{
    std::uint64_t const key = stream_key(42, "m24");
    std::vector<std::vector<int>> times;
    for (std::uint32_t b = 0; b < 3; ++b) {
        std::vector<int> m(3, 0);
        for (std::uint32_t t = 0; t < 3; ++t)
            ++m[draw_below(key, {b, 0, Purpose::seed}, t, 3)];
        times.push_back(m);
    }
    EXPECT_THAT(times, ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 2, 1), ElementsAre(1, 0, 2)));
}

Lanes<LaneJob> first_block()
{
    Lanes<LaneJob> jobs;
    for (std::uint32_t i = 0; i < lanes; ++i)
        jobs[i] = {i, 0};
    return jobs;
}

std::vector<int> lane_of(std::vector<UnitCounts> const& counts, std::size_t lane)
{
    std::vector<int> values;
    for (UnitCounts const& unit : counts)
        values.push_back(unit.lane[lane]);
    return values;
}

TEST(Lanes, hold_the_same_draws_as_the_scalar_stream)
{
    std::uint64_t const key = stream_key(7, "any");
    UnitLayout layout;
    layout.units = 48;
    layout.stratum_size = {31, 17};
    layout.purpose = Purpose::group;
    Lanes<LaneJob> jobs;
    for (std::uint32_t i = 0; i < lanes; ++i)
        jobs[i] = {1000 + 3 * i, i % 5};
    std::vector<UnitCounts> counts(layout.units);
    draw_multinomial(layout, key, jobs, counts);
    for (std::size_t i = 0; i < lanes; ++i) {
        std::vector<int> expected(48, 0);
        for (std::uint32_t stratum = 0; stratum < 2; ++stratum) {
            std::uint32_t const size = layout.stratum_size[stratum];
            Place const place{jobs[i].replicate, jobs[i].slot * 2 + stratum, Purpose::group};
            for (std::uint32_t k = 0; k < size; ++k)
                ++expected[stratum * 31 + draw_below(key, place, k, size)];
        }
        EXPECT_EQ(lane_of(counts, i), expected);
    }
}

TEST(Lanes, poisson_weights_match_the_vector)  // R6
{
    std::vector<UnitCounts> counts(12);
    draw_poisson(stream_key(42, "demo"), first_block(), counts);
    EXPECT_THAT(lane_of(counts, 0), ElementsAre(1, 0, 1, 3, 1, 1, 0, 4, 1, 2, 0, 1));
    EXPECT_THAT(lane_of(counts, 1), ElementsAre(1, 0, 0, 0, 2, 1, 2, 1, 2, 0, 1, 0));
}

}  // namespace
}  // namespace ablatrix::stats::detail
