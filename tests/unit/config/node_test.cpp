#include <ablatrix/config/node.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::config {

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Node parse(std::string const& text)
{
    return parse_yaml(text, "x.yaml");
}
Node plain(std::string const& text)
{
    return Node::scalar(text, {});
}

}  // namespace

TEST(ConfigError, reads_problem_place_way_out)
{
    EXPECT_STREQ(ConfigError("unknown key 'sead'", {"sweep.yaml", 14, 3}, "a.sead", "Did you mean 'seed'?").what(),
                 "unknown key 'sead' (sweep.yaml:14:3). Did you mean 'seed'?");
    EXPECT_STREQ(ConfigError("expected text", {"--set a.b=1", 0, 0}, "a.b").what(),
                 "expected text (--set a.b=1, key 'a.b')");
    EXPECT_STREQ(ConfigError("empty", {}).what(), "empty");
    ConfigError const error = ConfigError("bad", {"x.yaml", 1, 2}, "k").in("run seed=1");
    EXPECT_STREQ(error.what(), "bad (x.yaml:1:2, key 'k') [run seed=1]");
    EXPECT_EQ(error.mark().line, 1);
    EXPECT_EQ(error.key(), "k");
}

TEST(Node, finds_dotted_paths)
{
    Node const root = parse("noise: {rate: 0.1, type: uniform}\nflat.key: 3\n");
    EXPECT_EQ(root.find("noise.rate")->text(), "0.1");
    EXPECT_EQ(root.find("flat.key")->text(), "3");
    EXPECT_EQ(root.find("noise.missing"), nullptr);
    EXPECT_EQ(root.find("noise.rate.deeper"), nullptr);
    EXPECT_EQ(root.find("")->kind(), Node::Kind::map);
}

TEST(Node, copies_are_independent)
{
    Node const original = parse("a: {b: 1}\nc: 2\n");
    Node copy = original;
    copy.assign("a.b", plain("9"));
    copy.assign("a.new.deep", plain("x"));
    EXPECT_EQ(original.canonical(), R"({"a":{"b":1},"c":2})");
    EXPECT_EQ(copy.canonical(), R"({"a":{"b":9,"new":{"deep":"x"}},"c":2})");
}

TEST(Node, assign_refuses_paths_through_values)
{
    Node root = parse("a: 1\n");
    EXPECT_THAT([&] { root.assign("a.b", plain("2")); }, ThrowsMessage<ConfigError>(HasSubstr("inside the number 1")));
    EXPECT_THROW(root.assign("", plain("2")), ConfigError);
    EXPECT_THROW(root.assign("b..c", plain("2")), ConfigError);
    EXPECT_THROW(root.assign("b.", plain("2")), ConfigError);
    EXPECT_EQ(root.canonical(), R"({"a":1})");
}

TEST(Node, assign_replaces_a_key_that_holds_dots)
{
    Node root = parse("product: {noise.rate: [0]}\n");
    root.assign("product.noise.rate", parse("[0.1]"));
    EXPECT_EQ(root.canonical(), R"({"product":{"noise.rate":[0.1]}})");
}

TEST(Node, merges_maps_and_replaces_the_rest)
{
    Node base = parse("a: {x: 1, y: [1, 2]}\nb: 1\n");
    base.merge(parse("a: {y: [3], z: 4}\nb: {c: 5}\n"));
    EXPECT_EQ(base.canonical(), R"({"a":{"x":1,"y":[3],"z":4},"b":{"c":5}})");
    base.merge(base);
    EXPECT_EQ(base.canonical(), R"({"a":{"x":1,"y":[3],"z":4},"b":{"c":5}})");
}

TEST(Node, canonical_text_ignores_order_and_spelling_of_numbers)
{
    EXPECT_EQ(parse("b: 0.10\na: 1\n").canonical(), parse("{a: +1, b: .1}").canonical());
    EXPECT_EQ(parse("[0, -0, 0.0, -0.0, 1e3, 1000.0]").canonical(), "[0,0,0,0,1000,1000]");
    EXPECT_EQ(parse("[~, null, '', true, \"true\", a b]").canonical(), R"([null,null,"",true,"true","a b"])");
    EXPECT_NE(parse("'1'").canonical(), parse("1").canonical());
    // Beyond 64 bits, and beyond double: kept apart, not rounded together.
    EXPECT_NE(parse("100000000000000000001").canonical(), parse("100000000000000000002").canonical());
    EXPECT_NE(parse("1e999").canonical(), parse("2e999").canonical());
    EXPECT_EQ(parse("\"a\\n\\\"b\\\"\"").canonical(), R"("a\n\"b\"")");
}

TEST(Node, yaml_text_reads_back)
{
    Node const root = parse(
        "name: 'null'\nnumber: \"3\"\nempty: ''\nlist: [1, [a, b], {c: d}]\nmaps:\n  - {x: 1, y: {}}\n  - []\n"
        "text: \"two\\nlines: # - [\"\nnothing:\n'odd key: ': 1\nswitch: \"off\"\ndash: '-'\n");
    EXPECT_EQ(parse(root.to_yaml()).canonical(), root.canonical());
    EXPECT_EQ(parse("a: {b: 1, c: [x, y]}").to_yaml(), "a:\n  b: 1\n  c: [x, y]\n");
    EXPECT_EQ(Node{}.to_yaml(), "null\n");
}

TEST(Node, scalars_that_yaml_reads_otherwise_count_as_quoted)
{
    for (std::string const text : {"", "~", "null", "off", "No", "TRUE"}) {
        Node const node = plain(text);
        EXPECT_TRUE(node.quoted()) << text;
        EXPECT_EQ(parse(node.to_yaml()).text(), text);
    }
    EXPECT_FALSE(plain("text").quoted());
}

TEST(Node, refuses_to_be_read_as_another_kind)
{
    Node const list = parse("[1]");
    EXPECT_THAT([&] { list.text(); }, ThrowsMessage<ConfigError>(HasSubstr("found a list (x.yaml:1:1)")));
    EXPECT_THROW(list.entries(), ConfigError);
    EXPECT_THROW(parse("a: 1").items(), ConfigError);
    EXPECT_TRUE(Node{}.items().empty());
    EXPECT_TRUE(Node{}.entries().empty());
}

}  // namespace ablatrix::config
