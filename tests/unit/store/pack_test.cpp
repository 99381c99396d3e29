#include <ablatrix/store/pack.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/filled_file.hpp"

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class PackTest : public testing::Test
{
  protected:
    PackTest() { test::create_filled(path()); }
    fs::path path() const { return folder_.path() / "result.h5"; }
    fs::path packed() const { return folder_.path() / "packed.h5"; }

    test::TemporaryFolder folder_;
};

TEST_F(PackTest, the_copy_is_equal_and_verifies)
{
    auto const size = pack(path(), packed());

    EXPECT_EQ(size.before, fs::file_size(path()));
    EXPECT_EQ(size.after, fs::file_size(packed()));
    auto const copy = ResultFile::open_readonly(packed());
    EXPECT_THAT(diff(ResultFile::open_readonly(path()), copy), IsEmpty());
    EXPECT_THAT(verify(copy).damage, IsEmpty());
    EXPECT_EQ(copy.provenance().facts, test::sample_provenance().facts);
    EXPECT_EQ(copy.read_stage(2).bytes, 128);
    EXPECT_EQ(h5::File::open_readonly(packed()).open_dataset("/runs/status").text_attribute("description"),
              "0 pending, 1 done, 2 failed");
}

TEST_F(PackTest, repeated_values_take_less_space)
{
    fs::remove(path());
    fs::remove_all(journal_folder(path()));
    ResultFile::create(path(), test::sample_layout(3000), test::sample_provenance(), {});

    auto const size = pack(path(), packed());

    EXPECT_LT(size.after, size.before / 4);
}

TEST_F(PackTest, the_copy_is_for_reading_only)
{
    pack(path(), packed());

    EXPECT_THAT([&] { ResultFile::open(packed(), {}); }, ThrowsMessage<ResultFileError>(HasSubstr("it is packed")));
}

TEST_F(PackTest, replaces_only_the_file_that_it_packs)
{
    pack(path(), packed());
    EXPECT_THAT([&] { pack(path(), packed()); }, ThrowsMessage<ResultFileError>(HasSubstr("exists")));

    pack(path(), path());

    EXPECT_TRUE(h5::File::open_readonly(path()).has_attribute("packed"));
    EXPECT_THAT(diff(ResultFile::open_readonly(path()), ResultFile::open_readonly(packed())), IsEmpty());
}

TEST_F(PackTest, does_not_pack_a_damaged_file_or_one_that_is_being_written)
{
    {
        auto const writer = ResultFile::open(path(), {});
        EXPECT_THAT([&] { pack(path(), packed()); },
                    ThrowsMessage<ResultFileError>(HasSubstr("being written by another process")));
    }
    test::tamper(path(), "/metrics/test/values", 2, 0.125);

    EXPECT_THAT([&] { pack(path(), packed()); }, ThrowsMessage<ResultFileError>(HasSubstr("is damaged (run 2")));
    EXPECT_FALSE(fs::exists(packed()));
}

}  // namespace
}  // namespace ablatrix::store
