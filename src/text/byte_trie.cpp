#include "detail/byte_trie.hpp"

#include <utility>

namespace ablatrix::text::detail {

void ByteTrie::add(std::string_view key, std::int32_t value)
{
    std::uint32_t node = 0;
    for (char const byte : key) {
        if (values_.size() * 2 > edges_.size()) grow();
        Edge& edge = edges_[slot_of(key_of(node, byte))];
        if (edge.key == 0) {
            edge = {key_of(node, byte), static_cast<std::uint32_t>(values_.size())};
            values_.push_back(-1);
        }
        node = edge.child;
    }
    values_[node] = value;
}

void ByteTrie::grow()
{
    std::vector<Edge> const old = std::exchange(edges_, std::vector<Edge>(edges_.size() * 2));
    for (Edge const& edge : old)
        if (edge.key != 0) edges_[slot_of(edge.key)] = edge;
}

}  // namespace ablatrix::text::detail
