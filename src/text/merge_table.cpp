#include "detail/merge_table.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace ablatrix::text::detail {

namespace {

using Merge = MergeTable::Merge;

/// Longer words take the heap: looking for the lowest rank in all pairs each time is quadratic.
constexpr std::size_t short_word = 32;

/// Bits of \p x spread over all places of the result (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return x ^ x >> 31;
}

std::uint64_t pack(std::uint32_t high, std::uint32_t low)
{
    return std::uint64_t{high} << 32 | low;
}

void merge_short(std::vector<Symbol>& symbols, MergeTable const& merges, std::vector<Merge>& pair)
{
    pair.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
        pair.push_back(merges.find(symbols[i].id, symbols[i + 1].id));
    while (!pair.empty()) {
        auto const lowest =
            std::min_element(pair.begin(), pair.end(), [](Merge a, Merge b) { return a.rank < b.rank; });
        if (lowest->rank == MergeTable::no_rank) return;
        auto const at = static_cast<std::size_t>(lowest - pair.begin());
        symbols[at] = {lowest->id, symbols[at].size + symbols[at + 1].size};
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        pair.erase(lowest);
        if (at > 0) pair[at - 1] = merges.find(symbols[at - 1].id, symbols[at].id);
        if (at < pair.size()) pair[at] = merges.find(symbols[at].id, symbols[at + 1].id);
    }
}

/// Merging with a heap of (rank, place); entries whose pair has changed meanwhile are skipped when they come up.
class LongWord
{
  public:
    LongWord(std::vector<Symbol>& symbols, MergeTable const& merges, MergeScratch& scratch)
        : symbols_(symbols), merges_(merges), scratch_(scratch), count_(static_cast<std::uint32_t>(symbols.size()))
    {}

    void merge()
    {
        link();
        while (!scratch_.heap.empty()) {
            std::pop_heap(scratch_.heap.begin(), scratch_.heap.end(), std::greater<>());
            std::uint64_t const top = scratch_.heap.back();
            scratch_.heap.pop_back();
            auto const at = static_cast<std::uint32_t>(top);
            if (scratch_.pair[at].rank == top >> 32) merge_at(at);
        }
        keep_linked();
    }

  private:
    void link()
    {
        scratch_.pair.assign(count_, {});
        scratch_.next.resize(count_);
        scratch_.previous.resize(count_);
        scratch_.heap.clear();
        for (std::uint32_t i = 0; i < count_; ++i) {
            scratch_.next[i] = i + 1;
            scratch_.previous[i] = i - 1;  // of the first: wraps, never read
        }
        for (std::uint32_t i = 0; i + 1 < count_; ++i)
            look_up(i);
    }

    /// Find what the symbol \p at and its next merge to.
    void look_up(std::uint32_t at)
    {
        std::uint32_t const right = scratch_.next[at];
        Merge const merge = right < count_ ? merges_.find(symbols_[at].id, symbols_[right].id) : Merge{};
        scratch_.pair[at] = merge;
        if (merge.rank == MergeTable::no_rank) return;
        scratch_.heap.push_back(pack(merge.rank, at));
        std::push_heap(scratch_.heap.begin(), scratch_.heap.end(), std::greater<>());
    }

    void merge_at(std::uint32_t at)
    {
        std::uint32_t const right = scratch_.next[at];
        symbols_[at] = {scratch_.pair[at].id, symbols_[at].size + symbols_[right].size};
        scratch_.pair[right] = {};
        scratch_.next[at] = scratch_.next[right];
        if (scratch_.next[at] < count_) scratch_.previous[scratch_.next[at]] = at;
        if (at > 0) look_up(scratch_.previous[at]);
        look_up(at);
    }

    void keep_linked()
    {
        std::size_t kept = 0;
        for (std::uint32_t i = 0; i < count_; i = scratch_.next[i])
            symbols_[kept++] = symbols_[i];
        symbols_.resize(kept);
    }

    std::vector<Symbol>& symbols_;
    MergeTable const& merges_;
    MergeScratch& scratch_;
    std::uint32_t count_;
};

}  // namespace

MergeTable::MergeTable(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

std::size_t MergeTable::slot_of(std::uint64_t key) const
{
    std::size_t const mask = slots_.size() - 1;
    std::size_t slot = mix(key) & mask;
    while (slots_[slot].merge.rank != no_rank && slots_[slot].key != key)
        slot = (slot + 1) & mask;
    return slot;
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge)
{
    std::uint64_t const key = pack(static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(right));
    slots_[slot_of(key)] = {key, merge};
}

MergeTable::Merge MergeTable::find(std::int32_t left, std::int32_t right) const
{
    return slots_[slot_of(pack(static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(right)))].merge;
}

void merge_symbols(std::vector<Symbol>& symbols, MergeTable const& merges, MergeScratch& scratch)
{
    if (symbols.size() <= short_word)
        merge_short(symbols, merges, scratch.pair);
    else
        LongWord(symbols, merges, scratch).merge();
}

}  // namespace ablatrix::text::detail
