#include <ablatrix/h5/file.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "unit/store/small_mount.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::h5 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

static_assert(std::is_nothrow_move_constructible_v<Handle> && !std::is_copy_constructible_v<Handle>);

class FileTest : public testing::Test
{
  protected:
    std::filesystem::path path() const { return folder_.path() / "file.h5"; }
    /// A file with one dataset, closed.
    template <Number T>
    void create_with(std::string const& name, Shape const& shape, T fill) const
    {
        auto file = File::create(path());
        file.create_dataset<T>(name, shape, fill);
        file.close();
    }
    test::TemporaryFolder folder_;
};

TEST_F(FileTest, fills_a_dataset_when_it_is_created)
{
    create_with<std::int32_t>("/a/b/values", {2, 3}, -7);

    auto const dataset = File::open_readonly(path()).open_dataset("/a/b/values");

    EXPECT_EQ(dataset.shape(), (Shape{2, 3}));
    EXPECT_THAT(dataset.read<std::int32_t>(), ElementsAre(-7, -7, -7, -7, -7, -7));
}

TEST_F(FileTest, allocates_space_on_disk_at_creation)
{
    create_with<double>("values", {1000, 1000}, std::numeric_limits<double>::quiet_NaN());

    EXPECT_GE(std::filesystem::file_size(path()), 8'000'000U);
}

TEST_F(FileTest, writes_a_box_of_a_three_dimensional_dataset)
{
    create_with<double>("values", {2, 2, 3}, 0.0);
    {
        auto file = File::open(path(), {});
        auto dataset = file.open_dataset("values");
        std::vector<double> const values{1, 2, 3, 4};
        dataset.write<double>({{1, 0, 1}, {1, 2, 2}}, values);
    }

    auto const dataset = File::open_readonly(path()).open_dataset("values");

    EXPECT_THAT(dataset.read<double>(), ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 4));
    EXPECT_THAT(dataset.read<double>({{1, 1, 0}, {1, 1, 3}}), ElementsAre(0, 3, 4));
    EXPECT_THAT(dataset.read<double>(Box::rows(dataset.shape(), 1)), ElementsAre(0, 1, 2, 0, 3, 4));
}

TEST_F(FileTest, keeps_the_bits_of_special_numbers)
{
    std::vector<double> const values{std::numeric_limits<double>::quiet_NaN(), -0.0,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::denorm_min()};
    create_with<double>("values", {4}, 0.0);
    {
        auto file = File::open(path(), {});
        auto dataset = file.open_dataset("values");
        dataset.write<double>(dataset.whole(), values);
    }

    auto const read = File::open_readonly(path()).open_dataset("values").read<double>();

    EXPECT_TRUE(std::isnan(read[0]));
    EXPECT_TRUE(read[1] == 0 && std::signbit(read[1]));
    EXPECT_EQ(read[2], values[2]);
    EXPECT_EQ(read[3], values[3]);
}

TEST_F(FileTest, stores_numbers_little_endian)
{
    create_with<std::uint64_t>("values", {1}, 0x0102030405060708U);

    auto const dataset = File::open_readonly(path()).open_dataset("values");

    EXPECT_EQ(dataset.element_bytes(), 8U);
    EXPECT_EQ(dataset.read_bytes(dataset.whole()).front(), std::byte{8});
}

TEST_F(FileTest, reads_and_writes_nothing_in_an_empty_dataset)
{
    create_with<double>("values", {3, 0}, 0.0);
    auto file = File::open(path(), {});
    auto dataset = file.open_dataset("values");

    dataset.write<double>(Box::rows(dataset.shape(), 1), {});

    EXPECT_TRUE(dataset.read<double>().empty());
}

TEST_F(FileTest, pads_texts_to_the_longest)
{
    std::vector<std::string> const texts{"margin", "", "self-confidence \xE2\x9C\x93"};
    {
        auto file = File::create(path());
        file.create_texts("names", {3}, texts);
        file.create_text("note", "one\ntwo");
        file.create_text("empty", "");
    }

    auto const file = File::open_readonly(path());

    EXPECT_EQ(file.open_dataset("names").element_bytes(), 19U);
    EXPECT_EQ(file.open_dataset("names").read_texts(), texts);
    EXPECT_EQ(file.read_text("note"), "one\ntwo");
    EXPECT_EQ(file.read_text("empty"), "");
}

TEST_F(FileTest, keeps_attributes)
{
    {
        auto file = File::create(path());
        file.set_attribute("format", std::string("mine"));
        file.set_attribute("empty", std::string());
        file.set_attribute("version", std::int64_t{-3});
        auto group = file.create_group("/g");
        group.set_attribute("names", std::vector<std::string>{"seed", "noise.rate"});
        group.set_attribute("none", std::vector<std::string>{});
    }

    auto const file = File::open_readonly(path());

    EXPECT_EQ(file.text_attribute("format"), "mine");
    EXPECT_EQ(file.text_attribute("empty"), "");
    EXPECT_EQ(file.int_attribute("version"), -3);
    EXPECT_THAT(file.open_group("/g").texts_attribute("names"), ElementsAre("seed", "noise.rate"));
    EXPECT_TRUE(file.open_group("/g").texts_attribute("none").empty());
    EXPECT_TRUE(file.has_attribute("version"));
    EXPECT_FALSE(file.has_attribute("versions"));
}

TEST_F(FileTest, lists_and_looks_up_objects)
{
    {
        auto file = File::create(path());
        file.create_dataset<std::uint8_t>("/g/b", {1}, std::uint8_t{0});
        file.create_dataset<std::uint8_t>("/g/a", {1}, std::uint8_t{0});
    }

    auto const file = File::open_readonly(path());

    EXPECT_THAT(file.open_group("/g").names(), ElementsAre("a", "b"));
    EXPECT_TRUE(file.contains("/g/a"));
    EXPECT_FALSE(file.contains("/g/c"));
    EXPECT_FALSE(file.contains("/h/a"));
}

TEST_F(FileTest, equal_contents_give_equal_bytes)
{
    auto const content = [&] {
        std::ifstream stream(path(), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    create_with<double>("/g/values", {10}, 1.5);
    auto const first = content();
    std::filesystem::remove(path());
    create_with<double>("/g/values", {10}, 1.5);

    EXPECT_EQ(content(), first);
}

TEST_F(FileTest, errors_name_the_file_and_keep_the_hdf5_stack)
{
    try {
        File::open_readonly(path());
        FAIL() << "opened a file that does not exist";
    }
    catch (H5Error const& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot open '" + path().native() + "'"));
        EXPECT_GE(error.stack().size(), 2U);
        EXPECT_TRUE(error.mentions("No such file or directory"));
        EXPECT_FALSE(error.mentions("truncated"));
    }
}

TEST_F(FileTest, errors_are_not_printed)
{
    testing::internal::CaptureStderr();

    EXPECT_THROW(File::open_readonly(path()), H5Error);

    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(FileTest, a_box_outside_of_the_dataset_is_an_error)
{
    create_with<double>("values", {2}, 0.0);
    auto const file = File::open_readonly(path());

    EXPECT_THROW(file.open_dataset("values").read<double>({{1}, {2}}), H5Error);
}

TEST_F(FileTest, numbers_are_not_read_as_text)
{
    create_with<double>("values", {2}, 0.0);
    auto const file = File::open_readonly(path());

    EXPECT_THROW(file.open_dataset("values").read_texts(), H5Error);
}

TEST_F(FileTest, a_write_reaches_the_operating_system_at_once)
{
    create_with<std::int64_t>("values", {4}, 0);
    auto writer = File::open(path(), {});
    auto dataset = writer.open_dataset("values");
    std::int64_t const value = 42;

    dataset.write<std::int64_t>({{2}, {1}}, std::span(&value, 1));

    // Read past HDF5, as another process would see it: the writer has neither flushed nor closed.
    std::ifstream stream(path(), std::ios::binary);
    std::string const content(std::istreambuf_iterator<char>(stream), {});
    EXPECT_NE(content.find(std::string("\x2A\0\0\0\0\0\0\0", 8)), std::string::npos);
}

TEST_F(FileTest, a_full_disk_is_an_error_and_leaves_the_library_usable)
{
    test::SmallMount const mount("size=256k");
    if (!mount.is_mounted()) GTEST_SKIP() << "cannot mount a tmpfs here (needs root)";
    std::optional<H5Error> error;
    try {
        auto file = File::create(mount.path() / "file.h5");
        file.create_dataset<double>("values", {1'000'000}, 1.0);
        file.close();
    }
    catch (H5Error const& caught) {
        error = caught;
    }

    ASSERT_TRUE(error.has_value());
    EXPECT_TRUE(error->mentions("No space left on device"));
    create_with<double>("values", {2}, 3.0);
    EXPECT_THAT(File::open_readonly(path()).open_dataset("values").read<double>(), ElementsAre(3, 3));
}

TEST(Library, tells_its_version_and_is_parallel)
{
    EXPECT_THAT(library_version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
    EXPECT_TRUE(is_parallel());
}

}  // namespace
}  // namespace ablatrix::h5
