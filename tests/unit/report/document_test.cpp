#include <ablatrix/report/document.hpp>

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::report {
namespace {

using testing::HasSubstr;

TEST(DisplayWidth, counts_characters_not_bytes)
{
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("±.5"), 3U);
    EXPECT_EQ(display_width("ä"), 1U);         // one code point
    EXPECT_EQ(display_width("a\u0308"), 1U);   // letter and combining mark
    EXPECT_EQ(display_width("日本"), 4U);      // wide characters
    EXPECT_EQ(display_width("\xff\xfe"), 2U);  // invalid bytes do not crash
    EXPECT_EQ(display_width(""), 0U);
}

TEST(Terminal, aligns_columns)
{
    Document document;
    document.table({"", {{"name", Align::left}, {"value", Align::right}}, {{"ä", "1"}, {"long", "12.5"}}});
    EXPECT_EQ(render_terminal(document),
              "name  value\n"
              "───────────\n"
              "ä         1\n"
              "long   12.5\n");
}

TEST(Terminal, continues_wide_tables_below)
{
    Document document;
    Table table{"Widths", {{"name", Align::left}}, {{"row"}}};
    for (int i = 0; i < 5; ++i) {
        table.columns.push_back({"column " + std::to_string(i), Align::right});
        table.rows[0].push_back(std::to_string(i));
    }
    document.table(table);
    std::string const text = render_terminal(document, 40);
    std::istringstream lines(text);
    std::size_t heads = 0;
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(display_width(line), 40U) << line;
        heads += line.starts_with("name") ? 1 : 0;
    }
    EXPECT_EQ(heads, 2U);  // 4 + 3 * 10 = 34 fit, so columns 0-2 and 3-4
    EXPECT_THAT(text, HasSubstr("column 4"));
    EXPECT_THAT(text, HasSubstr("Widths\nname"));
    EXPECT_THAT(text, HasSubstr("Widths (continued)\nname"));
}

TEST(Terminal, sets_titles_of_several_lines_above_each_other)
{
    Document document;
    document.table({"", {{"arm", Align::left}, {"uniform\n0.1", Align::right}}, {{"full", "1"}}});
    EXPECT_EQ(render_terminal(document),
              "      uniform\n"
              "arm       0.1\n"
              "─────────────\n"
              "full        1\n");
}

TEST(Terminal, wraps_a_long_last_column_in_place)
{
    Document document;
    document.table({"",
                    {{"run", Align::left}, {"error", Align::left}},
                    {{"7", "word word word word word word word word word word"}}});
    std::istringstream lines(render_terminal(document, 40));
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(display_width(line), 40U) << line;
}

TEST(Terminal, wraps_paragraphs_and_words_without_spaces)
{
    Document document;
    document.paragraph("one two three");
    document.bullet("aaaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_EQ(render_terminal(document, 10),
              "one two\n"
              "three\n"
              "\n"
              "• aaaaaaaa\n"
              "  aaaaaaaa\n"
              "  aaaaaaaa\n"
              "  a\n");
}

TEST(Markdown, escapes_what_would_be_markup)
{
    Document document;
    document.table({"a_b", {{"x", Align::left}, {"y\nz", Align::right}}, {{"p|q", "<1>"}}});
    EXPECT_EQ(render_markdown(document),
              "**a\\_b**\n\n"
              "| x | y z |\n"
              "| --- | ---: |\n"
              "| p\\|q | \\<1> |\n");
}

TEST(Latex, escapes_special_characters)
{
    Document document;
    document.table({"50 % of a_b", {{"x", Align::left}}, {{"±1 < 2 & [3]"}, {"[4]"}}});
    std::string const text = render_latex(document);
    EXPECT_THAT(text, HasSubstr("50 \\% of a\\_b"));
    EXPECT_THAT(text, HasSubstr("$\\pm$1 $<$ 2 \\& [3] \\\\"));
    // "\\ [4]" would be read as a row break with a distance.
    EXPECT_THAT(text, HasSubstr("{}[4]"));
}

}  // namespace
}  // namespace ablatrix::report
