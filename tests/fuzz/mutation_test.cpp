#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>

#include "fuzz/entries.hpp"
#include "fuzz/mutate.hpp"

namespace ablatrix::fuzz {

namespace {

void report(std::uint64_t index, std::string const& input)
{
    ADD_FAILURE() << "mutation " << index << " of " << input.size() << " bytes: " << testing::PrintToString(input);
}

std::vector<std::string> yaml_seeds()
{
    return {
        "name: quickstart\njob: ecg\nparameters:\n  noise: {type: uniform, rate: 0.1}\n  data:\n    n_train: 500\n",
        "grid:\n  product: {seed: [1, 2], noise.rate: [0, 0.10, .2]}\n  zip:\n    - a: [1, 2]\n      b: ['x', "
        "\"y\\n\"]\n",
        "base: &a [1, 2, {c: ~}]\ncopy: *a\ntext: |\n  two\n  lines\nfolded: >-\n  one\n  line\n",
        "---\n# comment\n? key\n: value\nempty: {}\nlist: []\nquoted: \"null\"\nbig: 123456789012345678901234567890\n",
    };
}

std::string serialised(base::Bundle const& bundle)
{
    auto const bytes = bundle.serialise();
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

std::vector<std::string> bundle_seeds()
{
    base::Bundle all;
    all.put("f", std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
    all.put("d", std::vector<double>{1.5});
    all.put("i", std::vector<std::int32_t>{-1, 7});
    all.put("l", std::vector<std::int64_t>{1, 2, 3});
    all.put("u", std::vector<std::uint8_t>{0, 1}, {1, 2, 1});
    all.put("s", std::vector<std::string>{"", "two", "three\n"});
    base::Bundle empty;
    base::Bundle hollow;
    hollow.put("none", std::vector<double>{}, {0, 5});
    return {serialised(all), serialised(empty), serialised(hollow)};
}

}  // namespace

TEST(Mutations, yaml_is_a_tree_or_a_config_error)
{
    auto const seeds = yaml_seeds();
    for (std::string const& seed : seeds)
        ASSERT_NO_THROW(check_yaml(seed));
    for_each_mutation(seeds, 4000, "yaml", check_yaml, report);
}

TEST(Mutations, bytes_are_a_bundle_or_an_error)
{
    auto const seeds = bundle_seeds();
    for_each_mutation(
        seeds, 20000, "bundle", [](std::string const& text) { check_bundle(as_bytes(text)); }, report);
}

TEST(Mutations, every_prefix_of_a_bundle_is_refused)
{
    std::string const whole = bundle_seeds().front();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::string const part = whole.substr(0, size);
        EXPECT_THROW(base::Bundle::parse(as_bytes(part)), Error) << size << " bytes";
    }
}

TEST(Mutations, equal_numbers_give_equal_inputs)
{
    auto const seeds = yaml_seeds();
    EXPECT_EQ(Mutator("x", 3).mutate(seeds), Mutator("x", 3).mutate(seeds));
    EXPECT_NE(Mutator("x", 3).mutate(seeds), Mutator("x", 4).mutate(seeds));
}

}  // namespace ablatrix::fuzz
