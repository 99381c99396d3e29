#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "json_node.hpp"

namespace ablatrix::text::detail {

/// What becomes of the stretches that a pattern matches.
enum class SplitBehavior
{
    removed,
    isolated,
    merged_with_previous,
    merged_with_next,
    contiguous
};

/// From "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous".
SplitBehavior read_split_behavior(JsonNode const& node);

/// Bytes [begin, end), in order and without gaps: what the pattern matches and what is between.
struct Stretch
{
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool match = false;
};

/// Turn \p stretches into pieces, in place; a piece that is left out becomes empty.
void merge_stretches(std::vector<Stretch>& stretches, SplitBehavior behavior);

}  // namespace ablatrix::text::detail
