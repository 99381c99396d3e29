#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ablatrix::text::detail {

/// Finds every stored key that a text begins with. Edges lie in one open-addressing table.
class ByteTrie
{
  public:
    /// A key that is there takes the new value, which is not negative.
    void add(std::string_view key, std::int32_t value);

    /// Call \p found(bytes, value) for each key that \p text begins with, the shortest first.
    template <class Found>
    void prefixes(std::string_view text, Found&& found) const
    {
        std::uint32_t node = 0;
        for (std::uint32_t size = 1; size <= text.size(); ++size) {
            Edge const& edge = edges_[slot_of(key_of(node, text[size - 1]))];
            if (edge.key == 0) return;
            node = edge.child;
            if (values_[node] >= 0) found(size, values_[node]);
        }
    }

  private:
    struct Edge
    {
        std::uint64_t key = 0;  // 0: free
        std::uint32_t child = 0;
    };
    static std::uint64_t key_of(std::uint32_t node, char byte)
    {
        return (std::uint64_t{node} << 8U | static_cast<std::uint8_t>(byte)) + 1;
    }
    std::size_t slot_of(std::uint64_t key) const
    {
        std::size_t const mask = edges_.size() - 1;
        std::size_t slot = (key * 0x9E3779B97F4A7C15U) >> (64 - std::countr_zero(edges_.size()));
        while (edges_[slot].key != 0 && edges_[slot].key != key)
            slot = (slot + 1) & mask;
        return slot;
    }
    void grow();

    std::vector<Edge> edges_ = std::vector<Edge>(64);  // a power of two, at most half full
    std::vector<std::int32_t> values_{-1};             // by node
};

}  // namespace ablatrix::text::detail
