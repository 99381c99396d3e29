#include <ablatrix/grid/grid.hpp>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/grid/expand_text.hpp"

namespace ablatrix::grid {

using testing::ElementsAre;

TEST(Grid, no_section_is_one_run)
{
    Grid const grid = expand_text("job: ecg\n");
    EXPECT_THAT(labels(grid), ElementsAre("default"));
    EXPECT_TRUE(grid.axes.empty());
    EXPECT_EQ(grid.expanded, 1U);
    EXPECT_EQ(grid.runs[0].parameters.canonical(), base_parameters().canonical());
}

TEST(Grid, the_first_axis_is_slowest)
{
    Grid const grid = expand_text("grid: {product: {seed: [1, 2], noise.rate: [0.10, 0.2]}}");
    EXPECT_THAT(labels(grid), ElementsAre("seed=1 noise.rate=0.1", "seed=1 noise.rate=0.2", "seed=2 noise.rate=0.1",
                                          "seed=2 noise.rate=0.2"));
    EXPECT_EQ(grid.runs[3].parameters.find("noise.rate")->text(), "0.2");
    EXPECT_EQ(grid.runs[3].parameters.find("noise.type")->text(), "uniform");
    ASSERT_EQ(grid.axes.size(), 2U);
    EXPECT_EQ(grid.axes[1].name, "noise.rate");
    EXPECT_THAT(grid.axes[1].values, ElementsAre("0.1", "0.2"));
    EXPECT_EQ(grid.arm_axis, "");
}

TEST(Grid, axes_may_be_nested)
{
    EXPECT_THAT(labels(expand_text("grid: {product: {noise: {rate: [0.1], type: [uniform, artifact]}}}")),
                ElementsAre("noise.rate=0.1 noise.type=uniform", "noise.rate=0.1 noise.type=artifact"));
}

TEST(Grid, zipped_axes_advance_together)
{
    Grid const grid = expand_text(
        "grid:\n  product: {seed: [1, 2]}\n  zip: [{data.n_train: [500, 1000], classifier.epochs: [10, 5]}]\n");
    EXPECT_THAT(
        labels(grid),
        ElementsAre("seed=1 data.n_train=500 classifier.epochs=10", "seed=1 data.n_train=1000 classifier.epochs=5",
                    "seed=2 data.n_train=500 classifier.epochs=10", "seed=2 data.n_train=1000 classifier.epochs=5"));
}

TEST(Grid, arms_override_parameters)
{
    Grid const grid = expand_text(
        "grid:\n  product: {seed: [1]}\n  arms:\n    axis: ablate\n    values:\n      full: {}\n"
        "      none-off: {signals.off: [stability]}\n      nested: {signals: {off: [a, b]}}\n");
    EXPECT_EQ(grid.arm_axis, "ablate");
    EXPECT_THAT(labels(grid), ElementsAre("seed=1 ablate=full", "seed=1 ablate=none-off", "seed=1 ablate=nested"));
    EXPECT_EQ(grid.runs[0].parameters.find("signals.off")->canonical(), "[]");
    EXPECT_EQ(grid.runs[1].parameters.find("signals.off")->canonical(), R"(["stability"])");
    EXPECT_EQ(grid.runs[2].parameters.find("signals.off")->canonical(), R"(["a","b"])");
}

TEST(Grid, the_arm_axis_is_called_arm_by_default)
{
    EXPECT_THAT(labels(expand_text("grid: {arms: {values: {full: {}}}}")), ElementsAre("arm=full"));
}

TEST(Grid, points_that_mean_the_same_fold)
{
    Grid const grid = expand_text("grid: {product: {noise.type: [uniform, artifact], noise.rate: [0, 0.1]}}");
    EXPECT_THAT(labels(grid), ElementsAre("noise.type=none noise.rate=0", "noise.type=uniform noise.rate=0.1",
                                          "noise.type=artifact noise.rate=0.1"));
    EXPECT_EQ(grid.expanded, 4U);
    EXPECT_EQ(grid.runs[0].folded, 1U);
    EXPECT_EQ(grid.runs[1].folded, 0U);
    EXPECT_THAT(grid.axes[0].values, ElementsAre("none", "uniform", "artifact"));
}

TEST(Grid, arms_never_fold_into_each_other)
{
    Grid const grid = expand_text(
        "grid:\n  product: {noise.type: [uniform, artifact], noise.rate: [0]}\n  arms: {values: {a: {}, b: {}}}\n");
    EXPECT_THAT(labels(grid), ElementsAre("noise.type=none noise.rate=0 arm=a", "noise.type=none noise.rate=0 arm=b"));
    EXPECT_EQ(grid.runs[0].folded, 1U);
    EXPECT_EQ(grid.runs[1].folded, 1U);
}

TEST(Grid, include_adds_points_at_the_end)
{
    Grid const grid = expand_text(
        "grid:\n  product: {seed: [1], noise.rate: [0.1]}\n  arms: {values: {full: {}, half: {signals.off: [x]}}}\n"
        "  include:\n    - {seed: 3, noise.rate: 0.2, arm: half}\n    - {seed: 1, noise.rate: 0.1, arm: full}\n");
    EXPECT_THAT(labels(grid), ElementsAre("seed=1 noise.rate=0.1 arm=full", "seed=1 noise.rate=0.1 arm=half",
                                          "seed=3 noise.rate=0.2 arm=half"));
    EXPECT_EQ(grid.runs[2].parameters.find("signals.off")->canonical(), R"(["x"])");
    EXPECT_EQ(grid.runs[0].folded, 1U);  // the second point was there already
}

TEST(Grid, exclude_drops_matching_points)
{
    Grid const grid = expand_text(
        "grid:\n  product: {seed: [1, 2], noise.rate: [0, 0.10]}\n  exclude: [{seed: 2, noise.rate: .1}]\n"
        "  include: [{seed: 2, noise.rate: 0.3}]\n");
    EXPECT_THAT(labels(grid), ElementsAre("seed=1 noise.rate=0", "seed=1 noise.rate=0.1", "seed=2 noise.rate=0",
                                          "seed=2 noise.rate=0.3"));
    EXPECT_EQ(grid.expanded, 4U);
}

TEST(Grid, exclude_matches_values_as_shown_too)
{
    Grid const grid = expand_text(
        "grid: {product: {noise.type: [uniform, artifact], noise.rate: [0, 0.1]}, exclude: [{noise.type: none}]}");
    EXPECT_THAT(labels(grid), ElementsAre("noise.type=uniform noise.rate=0.1", "noise.type=artifact noise.rate=0.1"));
}

TEST(Grid, only_keeps_any_value_of_an_axis_and_all_axes)
{
    std::string const text = "grid: {product: {seed: [1, 2, 3], noise.rate: [0.1, 0.2]}}";
    EXPECT_THAT(labels(expand_text(text, {"seed=1", "seed=3", "noise.rate=0.20"})),
                ElementsAre("seed=1 noise.rate=0.2", "seed=3 noise.rate=0.2"));
    Grid const grid = expand_text(text, {"seed=2"});
    EXPECT_EQ(grid.expanded, 6U);
    EXPECT_THAT(grid.axes[0].values, ElementsAre("2"));
}

TEST(Grid, values_have_a_text)
{
    EXPECT_EQ(value_text(config::parse_yaml("[b, 0.10]", "x")), R"(["b",0.1])");
    EXPECT_EQ(value_text(config::parse_yaml("two words", "x")), "two words");
    EXPECT_EQ(value_text(config::parse_yaml("1e-2", "x")), "0.01");
    EXPECT_EQ(value_text(config::Node{}), "null");
}

// 3 seeds x 2 types x 3 rates x 2 sizes x 2 arms = 72, less 3 x 2 x 2 excluded, plus 1 included; of the 24 at rate 0,
// the two types fold: 12 fewer.
TEST(Grid, the_documented_example_expands)
{
    std::ifstream stream(ABLATRIX_SOURCE_DIR "/docs/experiment-file.md");
    std::string const page{std::istreambuf_iterator<char>(stream), {}};
    std::size_t const begin = page.find("```yaml\ngrid:");
    ASSERT_NE(begin, std::string::npos);
    std::string const text = page.substr(begin + 8, page.find("```", begin + 8) - begin - 8);
    Grid const grid = expand_text(text);
    EXPECT_EQ(grid.expanded, 61U);
    EXPECT_EQ(grid.runs.size(), 49U);
}

TEST(Grid, a_hundred_thousand_points_expand)
{
    std::string seeds = "0", sizes = "1";
    for (int i = 1; i < 1000; ++i)
        seeds += ", " + std::to_string(i);
    for (int i = 2; i <= 100; ++i)
        sizes += ", " + std::to_string(i);
    Grid const grid = expand_text("grid: {product: {seed: [" + seeds + "], data.n_train: [" + sizes + "]}}");
    ASSERT_EQ(grid.runs.size(), 100000U);
    EXPECT_EQ(grid.runs.back().label, "seed=999 data.n_train=100");
}

}  // namespace ablatrix::grid
