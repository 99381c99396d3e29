#include <ablatrix/config/reader.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::config {

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Reader reader_of(std::string const& text)
{
    return Reader(parse_yaml(text, "x.yaml"), "graph");
}

template <typename T>
std::function<void()> reading(std::string const& value)
{
    return [value] { reader_of("k: " + value).require<T>("k"); };
}

auto fails_with(std::string const& part)
{
    return ThrowsMessage<ConfigError>(HasSubstr(part));
}

}  // namespace

TEST(Reader, reads_typed_values)
{
    Reader reader = reader_of("i: 15\nd: 0.5\nwhole: 2\ns: uniform\nb: true\nl: [1, 2]\nt: ['3', x]\nn:\n");
    EXPECT_EQ(reader.get("i", 1), 15);
    EXPECT_EQ(reader.get("i", std::int64_t{1}), 15);
    EXPECT_EQ(reader.get("d", 0.0), 0.5);
    EXPECT_EQ(reader.get("whole", 0.0), 2.0);
    EXPECT_EQ(reader.get("s", "none"), "uniform");
    EXPECT_TRUE(reader.get("b", false));
    EXPECT_THAT(reader.require<std::vector<double>>("l"), ElementsAre(1, 2));
    EXPECT_THAT(reader.require<std::vector<std::string>>("t"), ElementsAre("3", "x"));
    EXPECT_EQ(reader.get("missing", 7), 7);
    EXPECT_EQ(reader.get("n", 7), 7);
    EXPECT_EQ(reader.find<int>("missing"), std::nullopt);
    EXPECT_TRUE(reader.has("i"));
    EXPECT_FALSE(reader.has("n"));
    reader.finish();
}

TEST(Reader, types_are_strict)
{
    EXPECT_THAT(reading<int>("1.5"),
                fails_with("expected an integer, found the number 1.5 (x.yaml:1:4, key 'graph.k')"));
    EXPECT_THAT(reading<int>("'3'"), AllOf(fails_with("found the text '3'"), fails_with("Remove the quotes")));
    EXPECT_THAT(reading<int>("010"), fails_with("expected an integer"));
    EXPECT_THAT(reading<int>("3000000000"), fails_with("between -2147483648 and 2147483647"));
    EXPECT_THAT(reading<std::int64_t>("9223372036854775808"), fails_with("expected an integer between"));
    EXPECT_THAT(reading<double>("abc"), fails_with("expected a number, found the text 'abc'"));
    EXPECT_THAT(reading<double>(".nan"), fails_with("a finite number"));
    EXPECT_THAT(reading<double>("1e999"), fails_with("a finite number"));
    EXPECT_THAT(reading<bool>("1"), fails_with("expected true or false, found the number 1"));
    EXPECT_THAT(reading<bool>("'true'"), fails_with("expected true or false"));
    EXPECT_THAT(reading<std::string>("3"), fails_with("Write \"3\" in quotes"));
    EXPECT_THAT(reading<std::string>("[a]"), fails_with("expected text, found a list"));
    EXPECT_THAT(reading<std::vector<int>>("3"), fails_with("Write [3] for a list of one"));
    EXPECT_THAT(reading<std::vector<int>>("[1, x]"), fails_with("x.yaml:1:8, key 'graph.k[1]'"));
}

TEST(Reader, missing_required_keys_are_errors)
{
    EXPECT_THAT([] { reader_of("a: 1").require<int>("k"); }, fails_with("missing key 'k' (x.yaml:1:1)"));
    EXPECT_THAT(reading<int>(""), fails_with("missing key 'k'"));
}

TEST(Reader, unknown_keys_are_errors_with_a_hint_and_the_accepted_keys)
{
    Reader reader = reader_of("k: 1\nsub:\n  kk: 3\n");
    reader.get("k", 1);
    Reader& sub = reader.child("sub");
    sub.get("k", 15);
    sub.get("other", 1);
    EXPECT_THAT([&] { reader.finish(); },
                fails_with("unknown key 'kk' (x.yaml:3:3). Did you mean 'k'? Accepted keys: k, other"));
}

TEST(Reader, a_missing_child_reads_as_empty)
{
    Reader reader = reader_of("a: 1");
    EXPECT_EQ(reader.child("noise").get("rate", 0.25), 0.25);
    EXPECT_THAT([] { reader_of("noise: 3").child("noise"); },
                fails_with("expected a map of keys and values, found the number 3"));
    EXPECT_THROW(reader_of("[1]"), ConfigError);
}

TEST(Reader, choices_are_checked)
{
    std::vector<std::string> const allowed = {"uniform", "artifact"};
    EXPECT_EQ(reader_of("type: artifact").choice("type", "uniform", allowed), "artifact");
    EXPECT_EQ(reader_of("").choice("type", "uniform", allowed), "uniform");
    EXPECT_THAT([&] { reader_of("type: unifrom").choice("type", "uniform", allowed); },
                fails_with("unknown value 'unifrom' (x.yaml:1:7, key 'graph.type'). Did you mean 'uniform'? Possible "
                           "values: uniform, artifact"));
}

TEST(Reader, ranges_are_checked)
{
    EXPECT_EQ(reader_of("r: 1").number("r", 0, 0, 1), 1);
    EXPECT_THAT([] { reader_of("r: 1.5").number("r", 0, 0, 1); },
                fails_with("must be between 0 and 1, found the number 1.5"));
    EXPECT_THAT([] { reader_of("k: 0").integer("k", 15, 1, 100); }, fails_with("must be between 1 and 100"));
    EXPECT_EQ(reader_of("").integer("k", 15, 1, 100), 15);
}

TEST(Reader, fail_names_the_value)
{
    EXPECT_THAT([] { reader_of("a: 1\nb: 2").fail("b", "too large", "Lower it"); },
                ThrowsMessage<ConfigError>("too large (x.yaml:2:4, key 'graph.b'). Lower it"));
}

}  // namespace ablatrix::config
