#include "detail/split_behavior.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace ablatrix::text::detail {

namespace {

/// Join \p next to \p piece, which stands on either side of it.
void join(Stretch& piece, Stretch const& next)
{
    piece.begin = std::min(piece.begin, next.begin);
    piece.end = std::max(piece.end, next.end);
}

/// Walk over \p stretches and join each to the piece before it where \p joins(match, previous match) says so.
template <class Iterator, class Joins>
std::size_t join_along(Iterator first, Iterator last, Joins joins)
{
    Iterator piece = first;
    bool previous = false;
    for (Iterator at = first; at != last; ++at) {
        bool const match = at->match;
        if (at == first || !joins(match, previous)) {
            if (at != first) ++piece;
            *piece = *at;
        }
        else {
            join(*piece, *at);
        }
        previous = match;
    }
    return first == last ? 0 : static_cast<std::size_t>(piece - first) + 1;
}

}  // namespace

SplitBehavior read_split_behavior(JsonNode const& node)
{
    // In the order of the enumeration.
    static constexpr std::array<std::string_view, 5> names = {"Removed", "Isolated", "MergedWithPrevious",
                                                              "MergedWithNext", "Contiguous"};
    auto const& name = node.one_of({names[0], names[1], names[2], names[3], names[4]});
    return static_cast<SplitBehavior>(std::find(names.begin(), names.end(), name) - names.begin());
}

void merge_stretches(std::vector<Stretch>& stretches, SplitBehavior behavior)
{
    auto const after_text = [](bool match, bool previous) { return match && !previous; };
    switch (behavior) {
        case SplitBehavior::isolated:
            break;
        case SplitBehavior::removed:
            std::erase_if(stretches, [](Stretch const& stretch) { return stretch.match; });
            break;
        case SplitBehavior::contiguous: {
            auto const like_previous = [](bool match, bool previous) { return match == previous; };
            stretches.resize(join_along(stretches.begin(), stretches.end(), like_previous));
            break;
        }
        case SplitBehavior::merged_with_previous:
            stretches.resize(join_along(stretches.begin(), stretches.end(), after_text));
            break;
        case SplitBehavior::merged_with_next: {
            std::size_t const pieces = join_along(stretches.rbegin(), stretches.rend(), after_text);
            stretches.erase(stretches.begin(), stretches.end() - static_cast<std::ptrdiff_t>(pieces));
            break;
        }
    }
}

}  // namespace ablatrix::text::detail
