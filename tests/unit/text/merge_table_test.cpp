#include "src/text/detail/merge_table.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/random.hpp>

namespace ablatrix::text::detail {
namespace {

std::vector<std::pair<std::int32_t, std::uint32_t>> listed(std::vector<Symbol> const& symbols)
{
    std::vector<std::pair<std::int32_t, std::uint32_t>> list;
    for (Symbol const& symbol : symbols)
        list.emplace_back(symbol.id, symbol.size);
    return list;
}

std::vector<Symbol> symbols_of(std::vector<std::int32_t> const& ids)
{
    std::vector<Symbol> symbols;
    for (std::int32_t const id : ids)
        symbols.push_back({id, 1});
    return symbols;
}

TEST(MergeSymbols, TakesTheLowestRankNotTheLongestMatch)
{
    // a b c with bc before ab: greedy matching from the left would give ab c.
    MergeTable merges(2);
    merges.set(0, 1, {1, 10});
    merges.set(1, 2, {0, 11});
    auto symbols = symbols_of({0, 1, 2});
    MergeScratch scratch;
    merge_symbols(symbols, merges, scratch);
    EXPECT_EQ(listed(symbols), (std::vector<std::pair<std::int32_t, std::uint32_t>>{{0, 1}, {11, 2}}));
}

TEST(MergeSymbols, TakesTheLeftmostOfEqualRanks)
{
    MergeTable merges(1);
    merges.set(0, 0, {0, 10});
    auto symbols = symbols_of({0, 0, 0});
    MergeScratch scratch;
    merge_symbols(symbols, merges, scratch);
    EXPECT_EQ(listed(symbols), (std::vector<std::pair<std::int32_t, std::uint32_t>>{{10, 2}, {0, 1}}));
}

TEST(MergeTable, APairThatIsNamedAgainTakesTheNewRank)
{
    MergeTable merges(2);
    merges.set(3, 4, {0, 10});
    merges.set(3, 4, {5, 11});
    EXPECT_EQ(merges.find(3, 4).rank, 5U);
    EXPECT_EQ(merges.find(4, 3).rank, MergeTable::no_rank);
}

/// The definition: merge one pair at a time, the lowest rank, the leftmost.
std::vector<Symbol> merged_one_by_one(std::vector<Symbol> symbols, MergeTable const& merges)
{
    while (true) {
        MergeTable::Merge best;
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            MergeTable::Merge const merge = merges.find(symbols[i].id, symbols[i + 1].id);
            if (merge.rank < best.rank) {
                best = merge;
                at = i;
            }
        }
        if (best.rank == MergeTable::no_rank) return symbols;
        symbols[at] = {best.id, symbols[at].size + symbols[at + 1].size};
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

TEST(MergeSymbols, LongAndShortWordsMergeAsDefined)
{
    // Tokens are the words over {a, b} of one to seven letters: id = letters as bits under a leading 1.
    base::Stream stream(3, "merges", 0);
    MergeTable merges(200);
    auto const joined = [](std::int32_t left, std::int32_t right) {
        std::int32_t id = right;
        std::int32_t bits = 0;
        while (id >> (bits + 1) != 0)
            ++bits;
        return left << bits | (right & ((1 << bits) - 1));
    };
    for (std::uint32_t rank = 0; rank < 200; ++rank) {
        auto const left = static_cast<std::int32_t>(2 + stream.below(14));
        auto const right = static_cast<std::int32_t>(2 + stream.below(14));
        merges.set(left, right, {rank, joined(left, right)});
    }
    MergeScratch scratch;
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::int32_t> word(stream.below(i % 2 == 0 ? 30 : 200));
        for (auto& id : word)
            id = static_cast<std::int32_t>(2 + stream.below(2));
        auto symbols = symbols_of(word);
        auto const expected = listed(merged_one_by_one(symbols, merges));
        merge_symbols(symbols, merges, scratch);
        ASSERT_EQ(listed(symbols), expected);
    }
}

}  // namespace
}  // namespace ablatrix::text::detail
