#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/grid/grid.hpp>

#include "unit/grid/expand_text.hpp"

namespace ablatrix::grid {

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Expansion of a grid whose section is written on line 2.
std::function<void()> expanding(std::string const& section, std::vector<std::string> const& only = {})
{
    return [section, only] { expand_text("job: ecg\ngrid: " + section + "\n", only); };
}

auto fails_with(std::string const& part)
{
    return ThrowsMessage<config::ConfigError>(HasSubstr(part));
}

}  // namespace

TEST(GridErrors, unknown_parameter)
{
    EXPECT_THAT(expanding("{product: {noise.rat: [0]}}"),
                AllOf(fails_with("unknown parameter 'noise.rat' in the grid (x.yaml:2:18)"),
                      fails_with("Did you mean 'noise.rate'?")));
    EXPECT_THAT(expanding("{product: {magic: [0]}}"), fails_with("Known parameters: seed, noise.type"));
    EXPECT_THAT(expanding("{product: {noise: [0]}}"), fails_with("'noise' is a section, not a parameter"));
    EXPECT_THAT(expanding("{zip: [{sed: [1]}]}"), fails_with("Did you mean 'seed'?"));
    EXPECT_THAT(expanding("{arms: {values: {a: {signals.of: [x]}}}}"), fails_with("Did you mean 'signals.off'?"));
}

TEST(GridErrors, empty_grid)
{
    for (std::string const empty : {"", "{}", "{product: {}}", "{zip: []}"})
        EXPECT_THAT(expanding(empty), AllOf(fails_with("the grid is empty"), fails_with("remove the section")))
            << empty;
    EXPECT_THAT(expanding("{product: {seed: [1]}, exclude: [{seed: 1}]}"), fails_with("exclude drops every point"));
    EXPECT_THAT(expanding("{product: {seed: []}}"), fails_with("axis 'seed' has no values (x.yaml:2:"));
    EXPECT_THAT(expanding("{product: {seed: }}"), fails_with("axis 'seed' has no values"));
    EXPECT_THAT(expanding("{arms: {values: {}}}"), fails_with("no arms"));
    EXPECT_THAT(expanding("{zip: [{}]}"), fails_with("without axes"));
}

TEST(GridErrors, wrong_shapes)
{
    EXPECT_THAT(expanding("[seed]"), fails_with("expected a map"));
    EXPECT_THAT(expanding("{product: {seed: 3}}"), fails_with("Write [3], or move a fixed value to parameters"));
    EXPECT_THAT(expanding("{zip: {seed: [1]}}"), fails_with("Write zip: [{...}]"));
    EXPECT_THAT(expanding("{zip: [{noise: {rate: [1]}}]}"), fails_with("'noise' is a section"));
    EXPECT_THAT(expanding("{products: {seed: [1]}}"),
                fails_with("unknown key 'products' (x.yaml:2:8). Did you mean 'product'?"));
    EXPECT_THAT(expanding("{arms: {axis: a, vales: {}}}"), fails_with("Did you mean 'values'?"));
}

TEST(GridErrors, unequal_zip_lengths)
{
    EXPECT_THAT(expanding("{zip: [{seed: [1, 2], data.n_train: [5]}]}"),
                fails_with("zipped axes differ in length: 'seed' has 2 values, 'data.n_train' has 1"));
}

TEST(GridErrors, duplicates)
{
    EXPECT_THAT(expanding("{product: {noise.rate: [0.1, 0.2, 0.10]}}"),
                fails_with("duplicate value 0.1 of axis 'noise.rate' (x.yaml:2:41)"));
    EXPECT_THAT(expanding("{zip: [{seed: [1, 1], data.n_train: [5, 5]}]}"), fails_with("duplicate value 1, 5"));
    EXPECT_THAT(expanding("{product: {seed: [1]}, zip: [{seed: [1]}]}"), fails_with("axis 'seed' is given twice"));
    EXPECT_THAT(expanding("{arms: {values: {full: {}, full: {}}}}"), fails_with("duplicate key 'full'"));
    EXPECT_THAT(expanding("{arms: {values: {full: {noise.rate: 0, noise: {rate: 1}}}}}"),
                fails_with("set twice in one arm"));
}

TEST(GridErrors, arms_that_clash)
{
    EXPECT_THAT(expanding("{arms: {axis: seed, values: {full: {}}}}"), fails_with("has the name of a parameter"));
    EXPECT_THAT(expanding("{product: {seed: [1]}, arms: {values: {full: {seed: 2}}}}"),
                fails_with("arm 'full' overrides the axis 'seed'"));
    EXPECT_THAT(expanding("{arms: {values: {two words: {}}}}"), fails_with("cannot name an arm"));
}

TEST(GridErrors, include_and_exclude_points)
{
    std::string const axes = "{product: {seed: [1, 2]}, arms: {values: {full: {}, half: {}}}, ";
    EXPECT_THAT(expanding(axes + "include: [{seed: 3}]}"), fails_with("does not name the axis 'arm'"));
    EXPECT_THAT(expanding(axes + "include: [{seed: 3, arm: ful}]}"), fails_with("unknown arm 'ful'"));
    EXPECT_THAT(expanding(axes + "include: [{sead: 3, arm: full}]}"), fails_with("Did you mean 'seed'?"));
    EXPECT_THAT(expanding(axes + "exclude: [{seed: 7}]}"), fails_with("this exclude matches no point"));
    EXPECT_THAT(expanding(axes + "exclude: [{sed: 1}]}"), fails_with("the grid has no axis 'sed'"));
    EXPECT_THAT(expanding(axes + "exclude: [{arm: hal}]}"), fails_with("Did you mean 'half'?"));
    EXPECT_THAT(expanding(axes + "exclude: [{}]}"), fails_with("would drop every run"));
}

TEST(GridErrors, only_that_matches_nothing)
{
    std::string const axes =
        "{product: {seed: [1, 2]}, arms: {values: {full: {}, half: {}}}, exclude: [{seed: 1, arm: half}]}";
    EXPECT_THAT(expanding(axes, {"seed"}), fails_with("(--only seed). Write --only axis=value"));
    EXPECT_THAT(expanding(axes, {"sed=1"}), fails_with("Did you mean 'seed'?"));
    EXPECT_THAT(expanding(axes, {"seed=9"}), fails_with("no run has seed=9 (--only seed=9). Its values: 1, 2"));
    EXPECT_THAT(expanding(axes, {"arm=hlaf"}), fails_with("Did you mean 'half'?"));
    EXPECT_THAT(expanding(axes, {"seed=1", "arm=half"}), fails_with("Each value occurs, but not together"));
    EXPECT_THAT([] { expand_text("job: ecg", {"seed=1"}); }, fails_with("the experiment has no grid"));
}

TEST(GridErrors, too_many_points)
{
    std::string values = "0";
    for (int i = 1; i < 1001; ++i)
        values += ", " + std::to_string(i);
    EXPECT_THAT(expanding("{product: {seed: [" + values + "], data.n_train: [" + values + "]}}"),
                fails_with("more than 1000000 points"));
}

}  // namespace ablatrix::grid
