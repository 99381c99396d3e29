#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ablatrix::text::detail {

/// A stretch of a word with its id.
struct Symbol
{
    std::int32_t id = 0;
    std::uint32_t size = 0;  ///< bytes of the word
};

/// The merges of a byte-pair encoding (Sennrich et al. 2016): which neighbours become which token, and how soon.
class MergeTable
{
  public:
    static constexpr std::uint32_t no_rank = std::numeric_limits<std::uint32_t>::max();
    struct Merge
    {
        std::uint32_t rank = no_rank;  ///< lower merges first
        std::int32_t id = 0;           ///< of the merged token
    };

    /// Room for \p count merges.
    explicit MergeTable(std::size_t count = 0);
    /// A pair named again takes the new rank.
    void set(std::int32_t left, std::int32_t right, Merge merge);
    /// rank no_rank: the two do not merge
    Merge find(std::int32_t left, std::int32_t right) const;

  private:
    struct Slot
    {
        std::uint64_t key = 0;
        Merge merge;  // no_rank: empty
    };
    std::size_t slot_of(std::uint64_t key) const;

    std::vector<Slot> slots_;  // a power of two, at most half full
};

/// Memory that merging needs, kept from word to word.
struct MergeScratch
{
    std::vector<MergeTable::Merge> pair;  // of a symbol and the next one
    std::vector<std::uint32_t> next;
    std::vector<std::uint32_t> previous;
    std::vector<std::uint64_t> heap;
};

/// Merge neighbours of \p symbols, the lowest rank first and leftmost among equals, until none merge.
void merge_symbols(std::vector<Symbol>& symbols, MergeTable const& merges, MergeScratch& scratch);

}  // namespace ablatrix::text::detail
