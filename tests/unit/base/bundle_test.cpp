#include <ablatrix/base/bundle.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::base {

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Bundle example()
{
    Bundle bundle;
    bundle.put("scores", std::vector<double>{0.5, -1, 2, 3, 4, 5}, {2, 3});
    bundle.put("names", std::vector<std::string>{"a", "", "third"});
    bundle.put("label", std::vector<std::int32_t>{1, -1});
    bundle.put("item", std::vector<std::int64_t>{std::int64_t{1} << 40U});
    bundle.put("flag", std::vector<std::uint8_t>{0, 1});
    bundle.put("vectors", std::vector<float>{}, {0, 8});
    bundle.put_scalar("classes", 2);
    return bundle;
}

std::vector<std::byte> bytes_of(std::string const& text)
{
    std::vector<std::byte> out;
    for (char const c : text)
        out.push_back(static_cast<std::byte>(c));
    return out;
}

std::string number(std::uint64_t value, std::size_t bytes = 8)
{
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i)
        out += static_cast<char>(value >> (8 * i));
    return out;
}

/// A bundle of one array named "a", with everything after its name given.
std::vector<std::byte> one_array(std::string const& rest)
{
    return bytes_of("ABLB" + number(1, 4) + number(1) + number(1) + "a" + rest);
}

}  // namespace

TEST(Bundle, gives_back_what_was_put)
{
    Bundle const bundle = example();
    EXPECT_THAT(bundle.get<double>("scores"), testing::ElementsAre(0.5, -1, 2, 3, 4, 5));
    EXPECT_THAT(bundle.shape("scores"), testing::ElementsAre(2, 3));
    EXPECT_THAT(bundle.shape("names"), testing::ElementsAre(3));
    EXPECT_EQ(bundle.scalar("classes"), 2);
    EXPECT_TRUE(bundle.contains("vectors"));
    EXPECT_FALSE(bundle.contains("vector"));
}

TEST(Bundle, replaces_an_array_of_the_same_name)
{
    Bundle bundle = example();
    bundle.put("scores", std::vector<float>{1});
    EXPECT_THAT(bundle.get<float>("scores"), testing::ElementsAre(1));
}

TEST(Bundle, refuses_a_shape_that_its_values_do_not_fill)
{
    Bundle bundle;
    EXPECT_THROW(bundle.put("a", std::vector<double>{1, 2}, {3}), ContractError);
    EXPECT_THROW(bundle.put("a", std::vector<double>{1, 2}, {-2, -1}), ContractError);
    std::int64_t const huge = std::int64_t{1} << 32U;
    EXPECT_THROW(bundle.put("a", std::vector<double>{}, {huge, huge}), ContractError);
}

TEST(Bundle, names_what_is_there_when_asked_for_something_else)
{
    Bundle const bundle = example();
    EXPECT_THAT([&] { bundle.get<double>("score"); },
                ThrowsMessage<Error>(HasSubstr("flag, item, label, names, scores")));
    EXPECT_THAT([&] { bundle.get<float>("scores"); }, ThrowsMessage<Error>(HasSubstr("double")));
    EXPECT_THAT([&] { bundle.scalar("scores"); }, ThrowsMessage<Error>(HasSubstr("6 values")));
}

TEST(Bundle, survives_serialising)
{
    Bundle const bundle = example();
    EXPECT_EQ(Bundle::parse(bundle.serialise()), bundle);
    EXPECT_EQ(Bundle::parse(Bundle{}.serialise()), Bundle{});
}

TEST(Bundle, equal_contents_serialise_to_equal_bytes)
{
    Bundle one, two;
    one.put_scalar("a", 1);
    one.put_scalar("b", 2);
    two.put_scalar("b", 2);
    two.put_scalar("a", 1);
    EXPECT_EQ(one.serialise(), two.serialise());
}

// Written out by hand from the format in src/base/bundle.cpp.
TEST(Bundle, has_the_documented_bytes)
{
    Bundle bundle;
    bundle.put("a", std::vector<std::uint8_t>{7});
    EXPECT_EQ(bundle.serialise(), one_array(std::string(1, '\4') + number(1) + number(1) + '\7'));
}

TEST(Bundle, refuses_hostile_bytes_before_allocating)
{
    std::uint64_t const huge = std::uint64_t{1} << 62U;
    std::string const doubles(1, '\1');
    std::string const strings(1, '\5');
    EXPECT_THROW(Bundle::parse({}), Error);
    EXPECT_THROW(Bundle::parse(bytes_of("ABLX" + number(1, 4) + number(0))), Error);
    EXPECT_THROW(Bundle::parse(bytes_of("ABLB" + number(2, 4) + number(0))), Error);                 // version
    EXPECT_THROW(Bundle::parse(bytes_of("ABLB" + number(1, 4) + number(huge))), Error);              // arrays
    EXPECT_THROW(Bundle::parse(bytes_of("ABLB" + number(1, 4) + number(1) + number(huge))), Error);  // name
    EXPECT_THROW(Bundle::parse(bytes_of("ABLB" + number(1, 4) + number(0) + "x")), Error);           // left over
    EXPECT_THROW(Bundle::parse(one_array("\x09" + number(1) + number(0))), Error);                   // type
    EXPECT_THROW(Bundle::parse(one_array(doubles + number(huge) + number(1))), Error);               // rank
    EXPECT_THROW(Bundle::parse(one_array(doubles + number(0))), Error);                              // rank 0
    EXPECT_THROW(Bundle::parse(one_array(doubles + number(1) + number(huge))), Error);               // length
    EXPECT_THROW(Bundle::parse(one_array(doubles + number(1) + number(~std::uint64_t{0}))), Error);  // negative
    EXPECT_THROW(Bundle::parse(one_array(doubles + number(2) + number(huge) + number(8))), Error);   // overflow
    EXPECT_THROW(Bundle::parse(one_array(strings + number(1) + number(huge))), Error);
    EXPECT_THROW(Bundle::parse(one_array(strings + number(1) + number(1) + number(huge))), Error);
}

TEST(Bundle, refuses_names_out_of_order)
{
    std::string const array = number(1) + "b" + std::string(1, '\1') + number(1) + number(0);
    EXPECT_THROW(Bundle::parse(bytes_of("ABLB" + number(1, 4) + number(2) + array + array)), Error);
}

TEST(Bundle, counts_its_memory)
{
    Bundle bundle;
    std::size_t const empty = bundle.memory_bytes();
    bundle.put("x", std::vector<double>(1000));
    EXPECT_GE(bundle.memory_bytes(), empty + 8000);
    EXPECT_LE(bundle.memory_bytes(), empty + 8500);
}

}  // namespace ablatrix::base
