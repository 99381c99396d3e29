#include <ablatrix/text/tokenize.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lower_words(std::string_view text)
{
    std::vector<std::string> out;
    for (Word const& word : words(text))
        out.push_back(word.lower);
    return out;
}

TEST(Tokenize, words_are_runs_of_letters_and_digits_in_lower_case)
{
    EXPECT_THAT(lower_words("A Dull, 2nd-rate film!"), ElementsAre("a", "dull", "2nd", "rate", "film"));
}

TEST(Tokenize, apostrophes_belong_to_a_word_only_inside_it)
{
    EXPECT_THAT(lower_words("It's ''Conan'' does n't o\xE2\x80\x99"
                            "clock dogs' "),
                ElementsAre("it's", "conan", "does", "n't",
                            "o\xE2\x80\x99"
                            "clock",
                            "dogs"));
}

TEST(Tokenize, markers_stay_whole)
{
    EXPECT_THAT(lower_words("good film <lbl_pos> [RATING=5]."), ElementsAre("good", "film", "<lbl_pos>", "[rating=5]"));
}

TEST(Tokenize, brackets_with_white_space_inside_or_without_an_end_are_punctuation)
{
    EXPECT_THAT(lower_words("a < b > [c d] <> [] <e"), ElementsAre("a", "b", "c", "d", "e"));
    EXPECT_THAT(lower_words("<x<lbl_neg>"), ElementsAre("x", "<lbl_neg>"));
}

TEST(Tokenize, lower_case_follows_unicode)
{
    // É, combining acute, final sigma (Unicode SpecialCasing), Cyrillic.
    EXPECT_THAT(lower_words("CIN\xC3\x89MA Cafe\xCC\x81 \xCE\xA3\xCE\x9F\xCE\xA3 \xD0\x9C\xD0\x98\xD0\xA0"),
                ElementsAre("cin\xC3\xA9ma", "cafe\xCC\x81", "\xCF\x83\xCE\xBF\xCF\x82", "\xD0\xBC\xD0\xB8\xD1\x80"));
}

TEST(Tokenize, offsets_are_bytes_of_the_original)
{
    std::string const text = "\xC3\x89t\xC3\xA9 <A>";
    auto const found = words(text);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(text.substr(found[0].begin, found[0].end - found[0].begin), "\xC3\x89t\xC3\xA9");
    EXPECT_EQ(text.substr(found[1].begin, found[1].end - found[1].begin), "<A>");
}

TEST(Tokenize, invalid_utf8_separates_words)
{
    EXPECT_THAT(lower_words("ab\xFF"
                            "cd \xC3"),
                ElementsAre("ab", "cd"));
    EXPECT_THAT(lower_words(std::string_view("\0\xE2\x82", 3)), IsEmpty());
    EXPECT_THAT(lower_words(""), IsEmpty());
}

}  // namespace
}  // namespace ablatrix::text
