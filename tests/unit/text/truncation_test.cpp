#include "src/text/detail/truncation.hpp"

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

// By hand from the definition: the shorter text is spared until both have half of the room.
TEST(Truncation, longest_first_spares_the_shorter_text)
{
    auto const cut = [](Lengths have, std::size_t room) { return truncated(have, room, Truncation::longest_first); };
    EXPECT_EQ(cut({3, 4}, 7), (Lengths{3, 4})) << "fits";
    EXPECT_EQ(cut({3, 9}, 7), (Lengths{3, 4}));
    EXPECT_EQ(cut({9, 3}, 7), (Lengths{4, 3}));
    EXPECT_EQ(cut({9, 9}, 7), (Lengths{3, 4})) << "the odd one goes to the second of equal texts";
    EXPECT_EQ(cut({10, 9}, 7), (Lengths{4, 3}));
    EXPECT_EQ(cut({9, 0}, 7), (Lengths{7, 0}));
    EXPECT_EQ(cut({0, 9}, 7), (Lengths{0, 7}));
    EXPECT_EQ(cut({9, 9}, 0), (Lengths{0, 0}));
}

TEST(Truncation, one_text_gives_all_or_nothing_is_cut)
{
    EXPECT_EQ(truncated({9, 3}, 7, Truncation::only_first), (Lengths{4, 3}));
    EXPECT_EQ(truncated({3, 9}, 7, Truncation::only_second), (Lengths{3, 4}));
    EXPECT_THROW(truncated({3, 9}, 9, Truncation::only_first), Error) << "nothing would be left";
    EXPECT_EQ(truncated({3, 9}, 10, Truncation::only_first), (Lengths{1, 9}));
    EXPECT_THROW(truncated({9, 0}, 7, Truncation::only_second), Error);
}

}  // namespace ablatrix::text::detail
