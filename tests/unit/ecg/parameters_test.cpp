#include "jobs/ecg/parameters.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::ecg {
namespace {

using testing::HasSubstr;

Parameters read(std::string const& yaml)
{
    return read_parameters(config::parse_yaml(yaml, "x.yaml"));
}

std::string message_of(std::string const& yaml)
{
    try {
        read(yaml);
    }
    catch (config::ConfigError const& error) {
        return error.what();
    }
    return "no error";
}

void visit_leaves(config::Node const& node, std::string const& path,
                  std::function<void(std::string const&)> const& visit)
{
    if (node.kind() != config::Node::Kind::map) return visit(path);
    for (auto const& [key, value] : node.entries())
        visit_leaves(value, path.empty() ? key : path + "." + key, visit);
}

TEST(EcgParameters, defaults_read_back_to_themselves)
{
    auto const defaults = default_parameters();
    auto const reread = config::parse_yaml(defaults.to_yaml(), "defaults.yaml");
    EXPECT_EQ(reread.canonical(), defaults.canonical());
    EXPECT_NO_THROW(read_parameters(reread));
    EXPECT_EQ(read_parameters(reread).graph.k, 15);
    EXPECT_DOUBLE_EQ(read_parameters(reread).signals.weights[1], 0.30);
    EXPECT_EQ(read_parameters(reread).cleaning.methods, Parameters{}.cleaning.methods);
}

TEST(EcgParameters, every_leaf_of_the_defaults_is_read)
{
    // A key that nobody reads would be silently ignored (ecg.md T9): a map in its place must be a type error.
    auto const defaults = default_parameters();
    std::size_t leaves = 0;
    visit_leaves(defaults, {}, [&](std::string const& path) {
        auto broken = defaults;
        broken.assign(path, config::parse_yaml("{not: {a: value}}", "broken.yaml"));
        EXPECT_THROW(read_parameters(broken), config::ConfigError) << path;
        ++leaves;
    });
    EXPECT_GT(leaves, 50U);
}

TEST(EcgParameters, an_unknown_key_is_an_error_with_its_place_and_a_guess)
{
    auto const message = message_of("graph:\n  kk: 3\n");
    EXPECT_THAT(message, HasSubstr("x.yaml:2:3"));
    EXPECT_THAT(message, HasSubstr("Did you mean 'k'"));
}

TEST(EcgParameters, the_nli_signal_must_stay_off)
{
    auto const message = message_of("signals:\n  nli: true\n");
    EXPECT_THAT(message, HasSubstr("x.yaml:2:8"));
    EXPECT_THAT(message, HasSubstr("nli"));
}

TEST(EcgParameters, bad_values_are_errors_at_their_place)
{
    for (std::string const yaml :
         {"noise: {rate: 1.5}", "noise: {type: gaussian}", "classifier: {folds: 1}", "graph: {k: 0}", "graph: {tau: 0}",
          "seed: -1", "cleaning: {fractions: []}", "cleaning: {fractions: [0]}", "cleaning: {fractions: [0.1, 0.1]}",
          "cleaning: {methods: [nothing]}", "cleaning: {methods: [none, none]}", "graph: {k: 3, k_outlier: 4}",
          "data: {source: table}", "noise: {type: annotator}", "noise: {type: real}",
          "data: {synthetic: {words_min: 9, words_max: 3}}",
          "signals: {neighbourhood: false, artifact: false, stability: false, dynamics: false}"})
    {
        EXPECT_THAT(message_of(yaml), HasSubstr("x.yaml:1:")) << yaml;
    }
}

}  // namespace
}  // namespace ablatrix::ecg
