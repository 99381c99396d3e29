#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/report/summary.hpp>

#include "sample_result.hpp"
#include "src/report/detail/figures.hpp"
#include "src/report/detail/html.hpp"
#include "src/report/detail/sentences.hpp"

namespace ablatrix::report::detail {
namespace {

using sample::SampleResult;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Figures figures_of(SampleResult& result)
{
    auto const file = result.write();
    GridView const grid(file, {});
    auto const records = summarize(file, {}).records;
    return FigureMaker(grid, records).of_set(0, {});
}

Figure const& named(Figures const& figures, std::string const& start)
{
    for (auto const& figure : figures.drawn) {
        if (figure.name.starts_with(start)) return figure;
    }
    throw Error("no figure " + start);
}

/// Three methods in five conditions, one seed: the worked example of statistics.md section 7.
class Ranks : public testing::Test
{
  protected:
    Ranks() : result({"n1", "n2", "n3", "n4", "n5"}, {"1"}, {"full"}, {"a", "b", "c"}, {"none"}, 4)
    {
        double const values[3][5] = {{.90, .85, .88, .92, .81}, {.88, .86, .84, .92, .80}, {.80, .82, .83, .85, .79}};
        for (std::size_t m = 0; m < 3; ++m) {
            for (std::size_t n = 0; n < 5; ++n)
                result.set_metric(0, result.run(n, 0, 0), m, 0, values[m][n]);
        }
    }
    SampleResult result;
};

TEST_F(Ranks, are_those_of_the_worked_example)
{
    auto const figure = named(figures_of(result), "cd-");
    EXPECT_THAT(figure.csv, HasSubstr("\na,1.3,"));
    EXPECT_THAT(figure.csv, HasSubstr("\nb,1.7,"));
    EXPECT_THAT(figure.csv, HasSubstr("\nc,3,"));
    EXPECT_THAT(figure.csv, HasSubstr(",1.48228640"));
    EXPECT_THAT(figure.caption,
                AllOf(HasSubstr("F = 19.75 on 2 and 8 degrees of freedom, p < 0.001"),
                      HasSubstr("critical difference of 1.48"), HasSubstr("not independent data sets")));
    EXPECT_THAT(figure.caption, Not(HasSubstr("not reliable")));
}

TEST_F(Ranks, join_methods_within_the_critical_difference)
{
    // c is 1.3 from b and 1.7 from a; the critical difference is 1.482.
    auto const figure = named(figures_of(result), "cd-");
    EXPECT_THAT(figure.more_csv, ElementsAre(std::pair<std::string, std::string>(
                                     "cliques", "clique,method,mean_rank\n1,a,1.3\n1,b,1.7\n2,b,1.7\n2,c,3\n")));
}

TEST_F(Ranks, leave_out_and_name_a_condition_without_a_value)
{
    result.set_metric(0, result.run(1, 0, 0), 2, 0, std::nan(""));
    auto const figure = named(figures_of(result), "cd-");
    EXPECT_THAT(figure.caption, AllOf(HasSubstr("over 4 conditions"), HasSubstr("Fewer than 5 conditions"),
                                      HasSubstr("lacks a value there: noise n2")));
}

TEST_F(Ranks, of_equal_methods_show_no_separation)
{
    for (std::size_t m = 0; m < 3; ++m) {
        for (std::size_t n = 0; n < 5; ++n)
            result.set_metric(0, result.run(n, 0, 0), m, 0, 0.7);
    }
    auto const figure = named(figures_of(result), "cd-");
    EXPECT_THAT(figure.caption, HasSubstr("cannot tell the methods apart"));
    EXPECT_THAT(figure.plot, Not(HasSubstr("xerrorbars")));
    EXPECT_EQ(figure.more_csv.at(0).second, "clique,method,mean_rank\n1,a,2\n1,b,2\n1,c,2\n");
}

TEST(Figures, say_what_one_condition_and_one_arm_cannot_show)
{
    SampleResult result({"n1"}, {"1"}, {"full"}, {"a", "b"}, {"none"}, 4);
    auto const figures = figures_of(result);
    EXPECT_THAT(figures.not_drawn, Contains(HasSubstr("No rank plot: it ranks methods over conditions")));
    EXPECT_THAT(figures.not_drawn, Contains(HasSubstr("No differences between arms: the grid has one arm")));
    EXPECT_THAT(figures.not_drawn, Contains(StartsWith("No lines over an axis")));
    EXPECT_THAT(named(figures, "forest-").caption, HasSubstr("one seed"));
}

TEST(Figures, name_methods_without_a_value)
{
    SampleResult result({"n1"}, {"1"}, {"full"}, {"a", "b"}, {"none"}, 4);
    result.set_metric(0, 0, 1, 0, std::numeric_limits<double>::quiet_NaN());
    EXPECT_THAT(named(figures_of(result), "forest-").caption, HasSubstr("Without a value, so not drawn: b."));
}

TEST(Figures, of_nothing_are_reasons)
{
    SampleResult result({"n1"}, {"1"}, {"full"}, {"a"}, {"none"}, 4);
    result.set_metric(0, 0, 0, 0, std::nan(""));
    auto const figures = figures_of(result);
    EXPECT_TRUE(figures.drawn.empty());
    EXPECT_THAT(figures.not_drawn, Contains(HasSubstr("No forest plot: no finished run has a value of AUROC")));
}

TEST(Figures, have_names_of_their_own)
{
    // "a.b" and "a b" give the same letters and dashes.
    SampleResult result({"n1", "n2"}, {"1", "2"}, {"full", "less"}, {"a.b", "a b"}, {"none"}, 4);
    std::vector<std::string> names;
    for (auto const& figure : figures_of(result).drawn) {
        EXPECT_THAT(names, Not(Contains(figure.name)));
        names.push_back(figure.name);
    }
}

TEST(Sentences, give_every_comparison_its_uncertainty)
{
    SampleResult result({"n1"}, {"1", "2", "3"}, {"full"}, {"a", "b", "c"}, {"none"}, 4);
    // a - b: .10 .12 .11, mean .11 +- .0248; a - c: .3 -.1 .1, mean .1 +- .4968 (Student's t, 2 degrees of freedom).
    double const a[] = {.80, .82, .81}, b[] = {.70, .70, .70}, c[] = {.50, .92, .71};
    for (std::size_t seed = 0; seed < 3; ++seed) {
        std::size_t m = 0;
        for (double const value : {a[seed], b[seed], c[seed]})
            result.set_metric(0, result.run(0, seed, 0), m++, 0, value);
    }
    auto const file = result.write();
    GridView const grid(file, {});
    auto const sentences = comparison_sentences(grid, summarize(file, {}).records, "detection");
    EXPECT_THAT(sentences,
                ElementsAre(AllOf(HasSubstr("a against c: AUROC +0.100 [-0.397, 0.597] over 3 seeds, Holm p"),
                                  HasSubstr("(2 tests): cannot tell")),
                            AllOf(HasSubstr("a against b: AUROC +0.110 [0.085, 0.135] over 3 seeds, Holm p"),
                                  HasSubstr("(2 tests): better"))));
}

TEST(Html, means_every_character_itself)
{
    EXPECT_EQ(escaped_html("<a href='x'>&\"\xff"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;?");
    auto const table = html_table({"<b>", {{"<i>", Align::left}}, {{"</td>"}}});
    EXPECT_THAT(table, AllOf(HasSubstr("&lt;b&gt;"), HasSubstr("&lt;i&gt;"), HasSubstr("&lt;/td&gt;")));
}

TEST(Html, page_forbids_to_load_anything)
{
    EXPECT_THAT(html_page("t", ""),
                AllOf(HasSubstr("default-src 'none'"), Not(HasSubstr("http:")), Not(HasSubstr("https:"))));
}

}  // namespace
}  // namespace ablatrix::report::detail
