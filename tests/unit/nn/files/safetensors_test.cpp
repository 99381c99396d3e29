#include <ablatrix/nn/safetensors.hpp>

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Safetensors parse(std::string const& file)
{
    return Safetensors::parse(bytes_of(file), "weights");
}

std::string refusal(std::string_view header, std::string_view data = "")
{
    std::string const file = file_of(header, data);
    return message_of([&] { parse(file); });
}

std::string text_of(TensorView const& view)
{
    return {reinterpret_cast<char const*>(view.bytes.data()), view.bytes.size()};
}

/// One tensor "a" of the given entry with 8 bytes of data.
std::string refusal_of_entry(std::string const& entry)
{
    return refusal("{\"a\":" + entry + "}", "01234567");
}

}  // namespace

TEST(Safetensors, gives_types_shapes_and_bytes_of_a_file_made_by_hand)
{
    std::string const file =
        file_of(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                R"("a":{"shape":[3],"data_offsets":[8,14],"dtype":"BF16"}}   )",
                "abcdefghABCDEF");
    auto const read = parse(file);
    ASSERT_EQ(read.tensors().size(), 2U);
    auto const& a = read.tensors().at("a");
    auto const& b = read.tensors().at("b");
    EXPECT_EQ(a.type, DType::bf16);
    EXPECT_THAT(a.shape, ElementsAre(3));
    EXPECT_EQ(text_of(a), "ABCDEF");
    EXPECT_EQ(b.type, DType::f32);
    EXPECT_THAT(b.shape, ElementsAre(2, 1));
    EXPECT_EQ(text_of(b), "abcdefgh");
    EXPECT_THAT(read.metadata(), ElementsAre(std::pair{"format", "pt"}));
}

TEST(Safetensors, reads_every_type_of_the_format_by_its_name_and_size)
{
    std::vector<std::pair<std::string, std::size_t>> const types{
        {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1},
        {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U8", 1},      {"BOOL", 1}};
    for (auto const& [name, size] : types) {
        std::string const file = file_of(
            "{\"x\":{\"dtype\":\"" + name + "\",\"shape\":[2],\"data_offsets\":[0," + std::to_string(2 * size) + "]}}",
            std::string(2 * size, 'x'));
        auto const read = parse(file);
        EXPECT_EQ(name_of(read.tensors().at("x").type), name);
        EXPECT_EQ(item_size(read.tensors().at("x").type), size) << name;
    }
}

TEST(Safetensors, allows_scalars_empty_tensors_and_files_without_tensors)
{
    std::string const file = file_of(
        R"({"s":{"dtype":"I16","shape":[],"data_offsets":[0,2]},"e":{"dtype":"F32","shape":[0,7],"data_offsets":[2,2]}})",
        "zz");
    auto const read = parse(file);
    EXPECT_TRUE(read.tensors().at("s").shape.empty());
    EXPECT_TRUE(read.tensors().at("e").bytes.empty());
    EXPECT_TRUE(parse(file_of("{}", "")).tensors().empty());
}

TEST(Safetensors, refuses_headers_longer_than_the_file_or_than_100_MB)
{
    EXPECT_THAT(message_of([] { parse("1234567"); }), HasSubstr("cut off"));
    EXPECT_THAT(message_of([] { parse(""); }), HasSubstr("cut off"));
    std::string huge = file_of("{}", "");
    huge.replace(0, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_THAT(message_of([&] { parse(huge); }), HasSubstr("cut off"));
    std::string const long_header = file_of("{" + std::string(100'000'000, ' ') + "}", "");
    EXPECT_THAT(message_of([&] { parse(long_header); }), HasSubstr("more than 100 MB"));
}

TEST(Safetensors, refuses_headers_that_are_no_json_object)
{
    EXPECT_THAT(refusal(" {}"), HasSubstr("does not start with '{'"));
    EXPECT_THAT(refusal("[]"), HasSubstr("does not start with '{'"));
    EXPECT_THAT(refusal(""), HasSubstr("does not start with '{'"));
    EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON at byte"));
    EXPECT_THAT(refusal("{} {}"), HasSubstr("not valid JSON at byte"));
    EXPECT_THAT(refusal(std::string_view{"{}\0", 3}), HasSubstr("NUL byte"));
    EXPECT_THAT(refusal("{\"\xff\":1}"), HasSubstr("not valid JSON at byte"));
    EXPECT_THAT(refusal(R"({"a":null})"), HasSubstr("null"));
    EXPECT_THAT(refusal(R"({"a":3})"), HasSubstr("number"));
    EXPECT_THAT(refusal(R"({"a":[]})"), HasSubstr("a list"));
    EXPECT_THAT(refusal(R"({"a":"b"})"), HasSubstr("a text"));
    EXPECT_THAT(refusal(R"({"__metadata__":{"k":{}}})"), HasSubstr("an object"));
    EXPECT_THAT(refusal(R"({"__metadata__":{"k":1}})"), HasSubstr("a number"));
}

TEST(Safetensors, refuses_names_keys_and_metadata_given_twice)
{
    std::string const entry = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
    EXPECT_THAT(refusal("{\"a\":" + entry + ",\"a\":" + entry + "}", "0123"), HasSubstr("names \"a\" twice"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]})"),
                HasSubstr("dtype twice (in \"a\")"));
    EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})"), HasSubstr("__metadata__ twice"));
    EXPECT_THAT(refusal(R"({"__metadata__":{"k":"1","k":"2"}})"), HasSubstr("metadata \"k\" twice"));
}

TEST(Safetensors, refuses_entries_of_another_form)
{
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1]})"), HasSubstr("lacks dtype, shape or data_offsets"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1],"data_offsets":[0,8],"stride":[1]})"),
                HasSubstr("unknown key \"stride\""));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"U16","shape":[4],"data_offsets":[0,8]})"), HasSubstr("type \"U16\""));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":["F64"],"shape":[1],"data_offsets":[0,8]})"), HasSubstr("a list"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[[1]],"data_offsets":[0,8]})"), HasSubstr("a list"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":["1"],"data_offsets":[0,8]})"), HasSubstr("a text"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":1,"data_offsets":[0,8]})"), HasSubstr("a number"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1],"data_offsets":[0]})"), HasSubstr("not two"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1],"data_offsets":[0,8,8]})"), HasSubstr("not two"));
}

TEST(Safetensors, takes_only_whole_numbers_that_fit)
{
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[-1],"data_offsets":[0,8]})"), HasSubstr("negative"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1.0],"data_offsets":[0,8]})"), HasSubstr("whole one"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[1],"data_offsets":[0,8e0]})"), HasSubstr("whole one"));
    // 2^64 does not fit, and a parser that falls back to doubles would take it.
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[18446744073709551616],"data_offsets":[0,8]})"),
                HasSubstr("whole one"));
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[9223372036854775808],"data_offsets":[0,8]})"),
                HasSubstr("2^63"));
    // 8 * 2^61 * 8 = 2^67: the product wraps to 0 where it is not checked.
    EXPECT_THAT(refusal_of_entry(R"({"dtype":"F64","shape":[2305843009213693952,8],"data_offsets":[0,0]})"),
                HasSubstr("more than 2^64 bytes"));
    std::string ones = "1";
    for (int i = 1; i < 33; ++i)
        ones += ",1";
    EXPECT_THAT(refusal_of_entry("{\"dtype\":\"F64\",\"shape\":[" + ones + "],\"data_offsets\":[0,8]}"),
                HasSubstr("more than 32 dimensions"));
}

TEST(Safetensors, lets_tensors_tile_the_data_exactly)
{
    auto const two = [](std::string const& a, std::string const& b) {
        return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
               R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b + "}}";
    };
    EXPECT_EQ(refusal(two("[2,4]", "[0,2]"), "0123"), "no error");
    EXPECT_THAT(refusal(two("[0,2]", "[1,3]"), "012"), HasSubstr("\"b\" overlaps"));
    EXPECT_THAT(refusal(two("[0,2]", "[0,2]"), "01"), HasSubstr("overlaps"));
    EXPECT_THAT(refusal(two("[0,2]", "[3,5]"), "01234"), HasSubstr("hole before \"b\""));
    EXPECT_THAT(refusal(two("[1,3]", "[3,5]"), "01234"), HasSubstr("hole before \"a\""));
    EXPECT_THAT(refusal(two("[0,2]", "[2,4]"), "01234"), HasSubstr("need 4 bytes, but the file holds 5"));
    EXPECT_THAT(refusal(two("[0,2]", "[2,4]"), "012"), HasSubstr("need 4 bytes, but the file holds 3"));
    EXPECT_THAT(refusal(two("[0,2]", "[4,2]"), "0123"), HasSubstr("run backwards"));
    EXPECT_THAT(refusal(two("[0,2]", "[2,3]"), "012"), HasSubstr("spans 1 bytes, but its shape needs 2"));
}

TEST(Safetensors, maps_a_file_so_that_writing_in_place_changes_nobody_elses_bytes)
{
    test::TemporaryFolder const folder;
    auto const path = folder.path() / "model.safetensors";
    std::string const file = file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abcd");
    write_file(path, file);
    auto const read = Safetensors::open(folder.path());
    EXPECT_THAT(read.files(), ElementsAre(path));
    auto* const bytes = const_cast<std::byte*>(read.tensors().at("a").bytes.data());
    bytes[0] = std::byte{'X'};
    EXPECT_EQ(text_of(read.tensors().at("a")), "Xbcd");
    EXPECT_EQ(read_file(path), file);
    EXPECT_EQ(text_of(Safetensors::open(path).tensors().at("a")), "abcd");
}

TEST(Safetensors, keeps_views_alive_with_any_copy)
{
    test::TemporaryFolder const folder;
    write_file(folder.path() / "model.safetensors",
               file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abcd"));
    auto first = std::make_unique<Safetensors>(Safetensors::open(folder.path()));
    Safetensors const second = *first;
    auto const view = first->tensors().at("a");
    first.reset();
    EXPECT_EQ(text_of(view), "abcd");
}

TEST(Safetensors, says_what_is_missing_and_how_to_convert_a_pickle)
{
    test::TemporaryFolder const folder;
    EXPECT_THAT(message_of([&] { Safetensors::open(folder.path()); }), HasSubstr("neither model.safetensors nor"));
    EXPECT_THAT(message_of([&] { Safetensors::open(folder.path() / "x.safetensors"); }), HasSubstr("cannot be read"));
    write_file(folder.path() / "pytorch_model.bin", "PK");
    auto const message = message_of([&] { Safetensors::open(folder.path()); });
    EXPECT_THAT(message, HasSubstr("pytorch_model.bin"));
    EXPECT_THAT(message, HasSubstr("safetensors.torch"));
    EXPECT_THAT(message, HasSubstr("glob.glob(\"pytorch_model*.bin\")")) << "shards too, and no tensor is left out";
    EXPECT_EQ(message_of([&] { Safetensors::open(folder.path() / "pytorch_model.bin"); }), message);
    write_file(folder.path() / "model.safetensors", file_of("{}", ""));
    EXPECT_TRUE(Safetensors::open(folder.path()).tensors().empty()) << "the pickle beside it does not matter";
}

TEST(Safetensors, does_not_wait_for_a_pipe)
{
    test::TemporaryFolder const folder;
    auto const path = folder.path() / "model.safetensors";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(message_of([&] { Safetensors::open(path); }), HasSubstr("not a plain file"));
}

class Shards : public testing::Test
{
  protected:
    Shards()
    {
        write_file(path("one.safetensors"), file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "aa"));
        write_file(path("two.safetensors"), file_of(R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", "bbb"));
    }
    std::filesystem::path path(std::string const& name) const { return folder_.path() / name; }
    void index(std::string const& text) const { write_file(path("model.safetensors.index.json"), text); }
    void map(std::string const& weight_map) const { index("{\"weight_map\":" + weight_map + "}"); }
    Safetensors open() const { return Safetensors::open(folder_.path()); }
    std::string refusal() const
    {
        return message_of([&] { open(); });
    }

  private:
    test::TemporaryFolder folder_;
};

TEST_F(Shards, are_one_checkpoint)
{
    index(R"({"metadata":{"total_size":5,"more":[1.5,null,{"weight_map":true}]},"x":-1,)"
          R"("weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
    auto const read = open();
    EXPECT_EQ(text_of(read.tensors().at("a")), "aa");
    EXPECT_EQ(text_of(read.tensors().at("b")), "bbb");
    EXPECT_THAT(read.files(), ElementsAre(path("one.safetensors"), path("two.safetensors")));
}

TEST_F(Shards, are_plain_names_beside_the_index)
{
    for (std::string const name : {"../one.safetensors", "/one.safetensors", "sub/one.safetensors",
                                   "..\\\\one.safetensors", "..", "", "one.bin", "one.safetensors\\u0000.safetensors"})
    {
        map("{\"a\":\"" + name + "\"}");
        EXPECT_THAT(refusal(), HasSubstr("only .safetensors files beside the index")) << name;
    }
}

TEST_F(Shards, hold_every_mapped_tensor_and_no_other)
{
    map(R"({"a":"one.safetensors","c":"one.safetensors"})");
    EXPECT_THAT(refusal(), HasSubstr("maps tensor \"c\" to one.safetensors, which does not hold it"));
    map(R"({"x":"one.safetensors"})");
    EXPECT_THAT(refusal(), HasSubstr("holds tensor \"a\", which the index does not look for there"));
    map(R"({"a":"two.safetensors","b":"two.safetensors","x":"one.safetensors"})");
    EXPECT_THAT(refusal(), HasSubstr("one.safetensors: holds tensor \"a\""));
    map(R"({"a":"none.safetensors"})");
    EXPECT_THAT(refusal(), HasSubstr("none.safetensors: cannot be read"));
}

TEST_F(Shards, come_from_an_index_of_the_known_form)
{
    std::vector<std::pair<std::string, std::string>> const cases{
        {"{}", "has no weight_map"},
        {"[]", "a list"},
        {"3", "must map"},
        {"{", "not valid JSON"},
        {R"({"weight_map":3})", "must map"},
        {R"({"weight_map":["one.safetensors"]})", "a list"},
        {R"({"weight_map":{"a":1}})", "must map"},
        {R"({"weight_map":{"a":{}}})", "not file names"},
        {R"({"weight_map":{"a":["one.safetensors"]}})", "a list"},
        {R"({"weight_map":{"a":"one.safetensors","a":"one.safetensors"}})", "\"a\" twice"},
        {R"({"weight_map":{},"weight_map":{}})", "weight_map twice"},
    };
    for (auto const& [text, problem] : cases) {
        index(text);
        EXPECT_THAT(refusal(), HasSubstr(problem)) << text;
    }
}

}  // namespace ablatrix::nn
