#include <cstddef>
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/config/node.hpp>

namespace ablatrix::config {

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

Node parse(std::string const& text)
{
    return parse_yaml(text, "x.yaml");
}
std::function<void()> parsing(std::string const& text)
{
    return [text] { parse(text); };
}
auto fails_with(std::string const& part)
{
    return ThrowsMessage<ConfigError>(HasSubstr(part));
}

}  // namespace

TEST(Yaml, every_value_and_key_knows_its_place)
{
    Node const root = parse("job: ecg\nnoise:\n  rate:  0.1\n  list: [a,\n    b]\n");
    EXPECT_EQ(root.find("noise.rate")->mark().text(), "x.yaml:3:10");
    EXPECT_EQ(root.find("noise.rate")->key_mark().text(), "x.yaml:3:3");
    EXPECT_EQ(root.find("noise.list")->items()[1].mark().text(), "x.yaml:5:5");
}

TEST(Yaml, reads_yaml_1_2_scalars)
{
    using Type = Node::ScalarType;
    EXPECT_EQ(parse("true").scalar_type(), Type::boolean);
    EXPECT_EQ(parse("-12").scalar_type(), Type::integer);
    EXPECT_EQ(parse("1e-3").scalar_type(), Type::real);
    EXPECT_EQ(parse("1.").scalar_type(), Type::real);
    EXPECT_EQ(parse(".inf").scalar_type(), Type::real);
    for (std::string const text : {"'3'", "010", "0x1F", "1_000", "1e", ".", "-", "3 4", "12:30:45", "nan", "!!str 3"})
        EXPECT_EQ(parse(text == "-" ? "'-'" : text).scalar_type(), Type::text) << text;
    EXPECT_EQ(parse("a:").find("a")->kind(), Node::Kind::null);
    EXPECT_EQ(parse("").kind(), Node::Kind::null);
}

TEST(Yaml, doubtful_booleans_are_errors_with_advice)
{
    for (std::string const word : {"yes", "No", "ON", "off", "True"})
        EXPECT_THAT(parsing("switch: " + word), fails_with("in quotes for the text")) << word;
    EXPECT_THAT(parsing("a: 1\nb: [off]"), fails_with("(x.yaml:2:5)"));
    EXPECT_EQ(parse("off: 1\nb: 'off'").find("b")->text(), "off");
}

TEST(Yaml, malformed_text_names_place_and_way_out)
{
    EXPECT_THAT(parsing("a: [1, 2\n"), fails_with("malformed YAML"));
    EXPECT_THAT(parsing("a: 1\n b: 2\n"), AllOf(fails_with("x.yaml:2:"), fails_with("Check the indentation")));
    EXPECT_THAT(parsing("a:\n\tb: 1\n"), fails_with("Line 2 is indented with a tab"));
    EXPECT_THAT(parsing("a: \"open\n"), fails_with("a quote that is never closed (x.yaml:1:4)"));
    EXPECT_THAT(parsing("a: &x 'it''s\n"), fails_with("a quote that is never closed"));
    EXPECT_NO_THROW(parse("a: &x 'it''s \\'\nb: !!str \"\\\"\"\n"));
    EXPECT_THAT(parsing("a: *nobody\n"), fails_with("x.yaml:1:4"));
    EXPECT_THAT(parsing("a: 1\n---\nb: 2\n"), fails_with("second YAML document"));
    EXPECT_THAT(parsing("a: !!binary aGk=\n"), fails_with("YAML tags"));
    EXPECT_THAT(parsing("? [a, b]\n: 1\n"), fails_with("a key must be a single word"));
    EXPECT_THAT(parsing(std::string(129, 'k') + ": 1\n"), fails_with("a key of more than 128 bytes (x.yaml:1:1)"));
    EXPECT_THAT(parsing("~: 1\n"), fails_with("a key must be a single word"));
    EXPECT_THAT(parsing(std::string{"a: 1\nb\0c", 8}), fails_with("zero byte: this is not a text file (x.yaml:2:2)"));
}

TEST(Yaml, duplicate_keys_are_errors)
{
    EXPECT_THAT(parsing("arms:\n  full: {}\n  full: {}\n"),
                fails_with("duplicate key 'full', first given at x.yaml:2:3 (x.yaml:3:3)"));
    EXPECT_NO_THROW(parse("a: {x: 1}\nb: {x: 1}\n"));
}

TEST(Yaml, aliases_expand)
{
    Node const root = parse("a: &list [1, {b: 2}]\nc: *list\n");
    EXPECT_EQ(root.find("c")->canonical(), "[1,{\"b\":2}]");
    EXPECT_THAT(parsing("a: &self [*self]\n"), fails_with("alias"));
    EXPECT_THAT(parsing("a: &m {x: 1}\nb:\n  <<: *m\n"), fails_with("merge keys"));
}

TEST(Yaml, exploding_aliases_are_refused)
{
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        std::string const number = std::to_string(i);
        std::string const last = std::string{"*a"}.append(std::to_string(i - 1));
        text.append("a").append(number).append(": &a").append(number).append(" [").append(last);
        for (int j = 0; j < 9; ++j)
            text += ", " + last;
        text += "]\n";
    }
    EXPECT_THAT(parsing(text), fails_with("aliases in this file expand"));
}

TEST(Yaml, deep_nesting_is_refused)
{
    EXPECT_NO_THROW(parse(std::string(60, '[') + std::string(60, ']')));
    EXPECT_THAT(parsing(std::string(65, '[') + std::string(65, ']')), fails_with("nested more than 64 deep"));
    EXPECT_THROW(parse(std::string(100000, '[')), ConfigError);
    std::string dashes;
    for (int i = 0; i < 10000; ++i)
        dashes += "- ";
    EXPECT_THROW(parse(dashes + "x"), ConfigError);
}

TEST(Yaml, files_that_cannot_be_read_are_named)
{
    EXPECT_THAT([] { load_yaml("/no/such/file.yaml"); }, fails_with("/no/such/file.yaml"));
    EXPECT_THAT([] { load_yaml("/"); }, fails_with("folder"));
    std::string const file = testing::TempDir() + "ablatrix_load.yaml";
    std::ofstream(file) << "a: 1\n";
    EXPECT_EQ(load_yaml(file).canonical(), R"({"a":1})");
}

TEST(ApplySet, sets_values_of_any_kind)
{
    Node root = parse("a: {b: 1}\n");
    apply_set(root, "a.b=2.5");
    apply_set(root, " a.c = [x, {y: 1}]");
    apply_set(root, "d=p=q");
    apply_set(root, "e=");
    EXPECT_EQ(root.canonical(), R"({"a":{"b":2.5,"c":["x",{"y":1}]},"d":"p=q","e":null})");
    EXPECT_EQ(root.find("a.b")->mark().text(), "--set a.b=2.5");
}

TEST(ApplySet, names_a_text_without_key_or_equals)
{
    Node root;
    EXPECT_THAT([&] { apply_set(root, "a.b"); }, fails_with("(--set a.b). Write --set path=value"));
    EXPECT_THAT([&] { apply_set(root, "=3"); }, fails_with("--set =3"));
    EXPECT_THAT([&] { apply_set(root, "a=[1"); }, fails_with("(--set a=[1)"));
    EXPECT_THAT([&] { apply_set(root, "a..b=1"); }, fails_with("not a dotted path"));
}

}  // namespace ablatrix::config
