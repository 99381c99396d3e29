#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/report/summary.hpp>

#include "sample_result.hpp"
#include "src/report/detail/reliability_figure.hpp"

namespace ablatrix::report::detail {
namespace {

using sample::SampleResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Figures figures_of(SampleResult& result)
{
    auto const file = result.write();
    GridView const grid(file, {});
    auto const records = summarize(file, {}).records;
    FigureSource const source(grid, records);
    Figures figures;
    for (std::size_t set = 0; set < 2; ++set)
        add_reliability_figures(figures, source, set);
    return figures;
}

/// Rows of a table without quoted cells, by the names of its columns.
std::vector<std::map<std::string, std::string>> rows_of(std::string const& csv)
{
    std::vector<std::map<std::string, std::string>> rows;
    std::vector<std::string> names;
    std::istringstream lines(csv);
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> cells(1);
        for (char const c : line) {
            if (c == ',')
                cells.emplace_back();
            else if (c != '\r')
                cells.back() += c;
        }
        if (names.empty()) {
            names = cells;
            continue;
        }
        rows.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i)
            rows.back()[names[i]] = cells.at(i);
    }
    return rows;
}

double number(std::map<std::string, std::string> const& row, std::string const& name)
{
    return std::stod(row.at(name));
}

// Four items whose label is 1. Bin 6 holds one right answer at .55, bin 8 a wrong one at .75, bin 10 two right ones at
// .95. Wilson for 2 of 2: low = 2 / (2 + z^2) = .3423802.
TEST(ReliabilityFigure, holds_every_bin_of_the_only_seed_empty_ones_too)
{
    SampleResult result({"uniform"}, {"1"}, {"full"}, {"margin"}, {"none"}, 4);
    result.set_column(1, 0, 0, {1, 0, 1, 1});
    result.set_confidence(0, 0, {0.55, 0.75, 0.95, 0.95});

    auto const figures = figures_of(result);

    ASSERT_THAT(figures.drawn, SizeIs(1));
    EXPECT_THAT(figures.not_drawn, IsEmpty());
    auto const rows = rows_of(figures.drawn[0].csv);
    ASSERT_THAT(rows, SizeIs(10));
    EXPECT_EQ(rows[0].at("method"), "none");
    EXPECT_EQ(rows[0].at("n"), "0");
    for (char const* const name : {"confidence", "accuracy", "accuracy_low", "accuracy_high", "gap"})
        EXPECT_EQ(rows[0].at(name), "") << name;
    EXPECT_EQ(rows[5].at("n"), "1");
    EXPECT_NEAR(number(rows[5], "gap"), 0.45, 1e-12);
    EXPECT_NEAR(number(rows[7], "gap"), -0.75, 1e-12);
    EXPECT_EQ(rows[9].at("n"), "2");
    EXPECT_NEAR(number(rows[9], "confidence"), 0.95, 1e-12);
    EXPECT_EQ(number(rows[9], "accuracy"), 1);
    EXPECT_NEAR(number(rows[9], "accuracy_low"), 0.3423802, 1e-7);
    EXPECT_NEAR(number(rows[9], "low"), 0.9, 1e-12);
    EXPECT_EQ(number(rows[9], "high"), 1);
    EXPECT_THAT(figures.drawn[0].caption, HasSubstr("of the only seed"));
}

// Bin 10: seed 1 has three right answers of three, seed 2 none of one; the pool has three of four. Bars: the seeds'
// Wilson bounds (3 of 3: low .4385030; 0 of 1: high .7934507), weighted 3 to 1.
TEST(ReliabilityFigure, pools_seeds_by_their_items_without_narrower_bars)
{
    SampleResult result({"uniform"}, {"1", "2"}, {"full"}, {"margin"}, {"none"}, 3);
    result.set_column(1, result.run(0, 0, 0), 0, {1, 1, 1});
    result.set_confidence(result.run(0, 0, 0), 0, {0.92, 0.92, 0.92});
    result.set_column(1, result.run(0, 1, 0), 0, {0, 1, 1});
    result.set_confidence(result.run(0, 1, 0), 0, {0.96, 0.55, 0.55});

    auto const figures = figures_of(result);

    ASSERT_THAT(figures.drawn, SizeIs(1));
    auto const rows = rows_of(figures.drawn[0].csv);
    EXPECT_EQ(rows[9].at("n"), "4");
    EXPECT_EQ(rows[9].at("n_seeds"), "2");
    EXPECT_NEAR(number(rows[9], "confidence"), (3 * 0.92 + 0.96) / 4, 1e-12);
    EXPECT_NEAR(number(rows[9], "accuracy"), 0.75, 1e-12);
    EXPECT_NEAR(number(rows[9], "accuracy_low"), 3 * 0.4385030 / 4, 1e-6);
    EXPECT_NEAR(number(rows[9], "accuracy_high"), (3 + 0.7934507) / 4, 1e-6);
    EXPECT_EQ(rows[5].at("n_seeds"), "1");
    ASSERT_EQ(figures.drawn[0].more_csv[0].first, "seeds");
    EXPECT_THAT(rows_of(figures.drawn[0].more_csv[0].second), SizeIs(20));
}

TEST(ReliabilityFigure, compares_the_leading_method_with_none)
{
    SampleResult result({"uniform"}, {"1"}, {"full"}, {"margin"}, {"none", "oracle", "worse", "better"}, 4);
    result.set_column(1, 0, 2, {1, 1, 0, 0});
    result.set_column(1, 0, 3, {1, 1, 1, 1});
    result.set_confidence(0, 0, {1, 1, 1, 1});

    auto const figures = figures_of(result);

    ASSERT_THAT(figures.drawn, SizeIs(1));
    auto const ece = rows_of(figures.drawn[0].more_csv[1].second);
    ASSERT_THAT(ece, SizeIs(2));
    EXPECT_EQ(ece[0].at("method"), "better");
    EXPECT_EQ(ece[1].at("method"), "none");
}

/// One classifier of \p n items with one confidence, of which \p right are right.
Figures figures_of_constant(std::size_t n, std::size_t right, double confidence)
{
    SampleResult result({"uniform"}, {"1"}, {"full"}, {"margin"}, {"none"}, static_cast<std::int64_t>(n));
    std::vector<double> predicted(n, 0);
    std::fill(predicted.begin(), predicted.begin() + static_cast<std::ptrdiff_t>(right), 1);
    result.set_column(1, 0, 0, predicted);
    result.set_confidence(0, 0, std::vector<double>(n, confidence));
    return figures_of(result);
}

// With one confidence c the ECE of k right answers is |k/n - c|, and p is a tail of a binomial: 40 of 100 at .9 is
// nine standard deviations off; 18 of 20 at .9 is exact; of 14 of 20 at .8 (ECE .1), P(|k - 16| >= 2) = .39.
TEST(ReliabilityFigure, says_miscalibrated_calibrated_or_cannot_tell)
{
    auto const off = figures_of_constant(100, 40, 0.9);
    EXPECT_THAT(off.drawn.at(0).caption, HasSubstr("none has ECE 0.500"));
    EXPECT_THAT(off.drawn.at(0).caption, HasSubstr("miscalibrated (Holm p < 0.001), on average 0.500 too sure."));
    EXPECT_EQ(rows_of(off.drawn[0].more_csv[1].second)[0].at("verdict"), "miscalibrated");

    auto const unsure = figures_of_constant(100, 100, 0.6);
    EXPECT_THAT(unsure.drawn.at(0).caption, HasSubstr("0.400 too unsure."));

    auto const exact = figures_of_constant(20, 18, 0.9);
    EXPECT_THAT(exact.drawn.at(0).caption,
                HasSubstr("none has ECE 0.000, no more than a calibrated model of this size would show"));

    auto const open = figures_of_constant(20, 14, 0.8);
    EXPECT_THAT(open.drawn.at(0).caption, HasSubstr("cannot tell."));
    EXPECT_THAT(open.drawn[0].caption, Not(HasSubstr("miscalibrated")));
    auto const row = rows_of(open.drawn[0].more_csv[1].second)[0];
    EXPECT_EQ(row.at("verdict"), "cannot_tell");
    EXPECT_NEAR(number(row, "ece"), 0.1, 1e-12);
    EXPECT_NEAR(number(row, "p"), 0.39, 0.06);
}

// Two conditions, each with p = 1/1001 and one with a large p: Holm multiplies by three, two, one.
TEST(ReliabilityFigure, corrects_for_the_conditions_of_the_item_set)
{
    SampleResult result({"a", "b", "c"}, {"1"}, {"full"}, {"margin"}, {"none"}, 50);
    for (std::size_t noise = 0; noise < 3; ++noise) {
        result.set_column(1, result.run(noise, 0, 0), 0, std::vector<double>(50, noise < 2 ? 0.0 : 1.0));
        result.set_confidence(result.run(noise, 0, 0), 0, std::vector<double>(50, noise < 2 ? 0.95 : 1.0));
    }

    auto const figures = figures_of(result);

    ASSERT_THAT(figures.drawn, SizeIs(3));
    std::vector<double> adjusted;
    for (auto const& figure : figures.drawn)
        adjusted.push_back(number(rows_of(figure.more_csv[1].second)[0], "p_adjusted"));
    EXPECT_NEAR(adjusted[0], 3.0 / 1001, 1e-12);
    EXPECT_NEAR(adjusted[1], 3.0 / 1001, 1e-12);
    EXPECT_EQ(adjusted[2], 1);
    EXPECT_THAT(figures.drawn[0].caption, HasSubstr("Holm over 3 tests"));
}

TEST(ReliabilityFigure, says_that_a_file_holds_no_probabilities)
{
    SampleResult result({"uniform"}, {"1"}, {"full"}, {"margin"}, {"none"}, 4);

    auto const figures = figures_of(result);

    EXPECT_THAT(figures.drawn, IsEmpty());
    EXPECT_THAT(figures.not_drawn, ElementsAre(HasSubstr("predicted classes without their probabilities")));
}

TEST(ReliabilityFigure, leaves_out_seeds_whose_values_are_no_probabilities_and_conditions_without_any)
{
    SampleResult result({"a", "b"}, {"1", "2"}, {"full"}, {"margin"}, {"none"}, 2);
    result.set_confidence(result.run(0, 0, 0), 0, {0.9, std::numeric_limits<double>::quiet_NaN()});
    result.fail(result.run(1, 0, 0), "out of memory");
    result.leave_pending(result.run(1, 1, 0));

    auto const figures = figures_of(result);

    ASSERT_THAT(figures.drawn, SizeIs(1));
    EXPECT_THAT(figures.drawn[0].caption, HasSubstr("Left out: 1 seed with values that are no probabilities."));
    ASSERT_THAT(figures.not_drawn, SizeIs(1));
    EXPECT_THAT(figures.not_drawn[0], HasSubstr("noise b"));
}

}  // namespace
}  // namespace ablatrix::report::detail
