#include "detail/truncation.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

namespace {

/// Both texts keep as much as possible, the shorter one as much as the longer if neither fits.
Lengths longest_first(Lengths have, std::size_t room)
{
    bool const swapped = have.first > have.second;
    if (swapped) std::swap(have.first, have.second);
    have.second = have.first > room ? have.first : std::max(have.first, room - have.first);
    if (have.first + have.second > room) {
        have.first = room / 2;
        have.second = have.first + room % 2;
    }
    if (swapped) std::swap(have.first, have.second);
    return have;
}

void shorten(std::size_t& length, std::size_t excess, char const* which)
{
    ABLATRIX_VALIDATE(length > excess, "the " + std::string(which) + " text has " + std::to_string(length) +
                                           " tokens, of which truncation would remove " + std::to_string(excess) +
                                           ". Raise max_length or truncate the longest text first");
    length -= excess;
}

}  // namespace

Lengths truncated(Lengths have, std::size_t room, Truncation strategy)
{
    if (have.first + have.second <= room) return have;
    if (room == 0) return {};
    std::size_t const excess = have.first + have.second - room;
    switch (strategy) {
        case Truncation::longest_first:
            return have.second == 0 ? Lengths{room, 0} : longest_first(have, room);
        case Truncation::only_first:
            shorten(have.first, excess, "first");
            break;
        case Truncation::only_second:
            shorten(have.second, excess, "second");
            break;
    }
    return have;
}

}  // namespace ablatrix::text::detail
