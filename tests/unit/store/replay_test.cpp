#include <ablatrix/store/journal.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/filled_file.hpp"
#include "unit/store/sample_layout.hpp"

// What journals give back. The undisturbed file is the second witness.

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

class ReplayTest : public testing::Test
{
  protected:
    fs::path path() const { return folder_.path() / "result.h5"; }
    fs::path undisturbed() const { return folder_.path() / "undisturbed.h5"; }
    fs::path journal(int start) const
    {
        return journal_folder(path()) / ("rank-0-start-" + std::to_string(start) + ".log");
    }

    /// A finished file, and a copy of it.
    void create_filled() const
    {
        test::create_filled(path());
        fs::copy_file(path(), undisturbed());
    }
    std::vector<Difference> differences(fs::path const& other) const
    {
        return diff(ResultFile::open_readonly(undisturbed()), ResultFile::open_readonly(other));
    }

    test::TemporaryFolder folder_;
};

TEST_F(ReplayTest, takes_nothing_for_a_whole_file)
{
    create_filled();

    auto const file = ResultFile::open(path(), {});

    EXPECT_FALSE(file.replayed().any());
    EXPECT_THAT(file.replayed().journals.damage, IsEmpty());
    // 4 runs, 2 x 2 truths, 2 x 6 columns, 4 tasks, and the layout
    EXPECT_EQ(file.replayed().journals.records, 4U + 4U + 12U + 4U + 1U);
}

TEST_F(ReplayTest, brings_rows_back_that_were_lost_or_damaged)
{
    create_filled();
    test::tamper(path(), "/runs/status", 0, std::uint8_t{0});
    test::tamper(path(), "/metrics/test/values", 2, 0.125);
    test::tamper(path(), "/items/detection/status", 1, std::uint8_t{0});
    test::tamper(path(), "/items/detection/values", 3, 7.0);
    test::tamper(path(), "/items/test/values", 4, std::int32_t{9});
    test::tamper(path(), "/stages/status", 1, std::uint8_t{0});
    ASSERT_THAT(differences(path()), testing::Not(IsEmpty()));

    {
        auto const file = ResultFile::open(path(), {});
        EXPECT_EQ(file.replayed().runs, 2U);
        EXPECT_EQ(file.replayed().truths, 1U);
        EXPECT_EQ(file.replayed().columns, 2U);
        EXPECT_EQ(file.replayed().tasks, 1U);
    }

    EXPECT_THAT(differences(path()), IsEmpty());
    EXPECT_EQ(ResultFile::open_readonly(path()).read_stage(1).status, 1);
}

TEST_F(ReplayTest, the_newest_record_of_a_row_counts)
{
    ResultFile::create(path(), test::sample_layout(2), test::sample_provenance(), {});
    {
        auto file = ResultFile::open(path(), {});
        RunRecord failed;
        failed.status = RunStatus::failed;
        failed.error = "no memory";
        file.write_run(0, failed, {});
        file.write_run(1, failed, {});
    }
    {
        auto file = ResultFile::open(path(), {});
        file.write_run(0, test::sample_record(), test::sample_metrics(file.layout()));
    }
    test::tamper(path(), "/runs/status", 0, std::uint8_t{0});
    test::tamper(path(), "/runs/status", 1, std::uint8_t{0});

    auto const file = ResultFile::open(path(), {});

    EXPECT_EQ(file.replayed().runs, 2U);
    EXPECT_TRUE(file.run_verified(0));
    EXPECT_EQ(file.run_status(1), RunStatus::failed);
    EXPECT_EQ(file.read_run(1).error, "no memory");
}

TEST_F(ReplayTest, a_torn_tail_costs_the_torn_row_alone)
{
    create_filled();
    fs::resize_file(journal(1), fs::file_size(journal(1)) - 70);  // the mark of closing, and into the last task's row
    fs::remove(path());

    auto const replayed = rebuild(journal_folder(path()), path());

    EXPECT_EQ(replayed.journals.torn, 1U);
    EXPECT_EQ(replayed.tasks, 3U);
    EXPECT_THAT(replayed.journals.damage, IsEmpty());
    EXPECT_THAT(differences(path()), IsEmpty());
}

TEST_F(ReplayTest, a_damaged_record_is_named_and_does_not_hide_the_others)
{
    create_filled();
    {
        std::fstream stream(journal(1), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(300);
        stream.put('\xff');
    }
    fs::remove(path());

    auto const replayed = rebuild(journal_folder(path()), path());

    ASSERT_THAT(replayed.journals.damage, SizeIs(2));
    EXPECT_THAT(replayed.journals.damage[0], HasSubstr("rank-0-start-1.log': "));
    EXPECT_THAT(replayed.journals.damage[1], HasSubstr("1 record is lost"));
    EXPECT_EQ(replayed.runs + replayed.truths + replayed.columns + replayed.tasks, 4U + 4U + 12U + 4U - 1U);
}

TEST_F(ReplayTest, rebuilds_an_equal_file_from_journals_alone)
{
    create_filled();
    fs::remove(path());

    auto const replayed = rebuild(journal_folder(path()), path());

    EXPECT_EQ(replayed.runs, 4U);
    EXPECT_THAT(differences(path()), IsEmpty());
    auto const file = ResultFile::open(path(), {});
    EXPECT_FALSE(file.replayed().any());
    EXPECT_EQ(file.provenance().facts, test::sample_provenance().facts);
    EXPECT_EQ(file.read_stage(3).bytes, 128);
    EXPECT_EQ(file.read_run(1).start_s, test::sample_record(1).start_s);
}

TEST_F(ReplayTest, does_not_rebuild_over_a_file_or_from_nothing)
{
    create_filled();

    EXPECT_THAT([&] { rebuild(journal_folder(path()), path()); }, ThrowsMessage<ResultFileError>(HasSubstr("exists")));
    EXPECT_THAT([&] { rebuild(folder_.path() / "nowhere", folder_.path() / "new.h5"); },
                ThrowsMessage<ResultFileError>(HasSubstr("there are no journals")));
    EXPECT_FALSE(fs::exists(folder_.path() / "new.h5"));
}

TEST_F(ReplayTest, a_missing_or_damaged_file_names_rebuild_when_there_are_journals)
{
    create_filled();
    fs::resize_file(path(), 5000);
    EXPECT_THAT([&] { ResultFile::open(path(), {}); },
                ThrowsMessage<ResultFileError>(HasSubstr("'ablatrix rebuild " + path().native() + "'")));

    fs::remove(path());
    EXPECT_THAT([&] { ResultFile::open_readonly(path()); },
                ThrowsMessage<ResultFileError>(HasSubstr("ablatrix rebuild")));
    EXPECT_THAT([&] { ResultFile::create(path(), test::sample_layout(4), test::sample_provenance(), {}); },
                ThrowsMessage<ResultFileError>(HasSubstr("ablatrix rebuild")));
    EXPECT_FALSE(fs::exists(path()));
}

TEST_F(ReplayTest, refuses_the_journals_of_another_file)
{
    create_filled();
    auto const other = folder_.path() / "other.h5";
    ResultFile::create(other, test::sample_layout(2), test::sample_provenance(), {});
    fs::copy(journal_folder(path()), journal_folder(other));

    EXPECT_THAT([&] { ResultFile::open(other, {}); },
                ThrowsMessage<ResultFileError>(HasSubstr("is of another result file")));
}

TEST_F(ReplayTest, writes_a_lost_layout_again)
{
    create_filled();
    fs::remove(journal_folder(path()) / "layout.log");
    EXPECT_THAT([&] { rebuild(journal_folder(path()), folder_.path() / "new.h5"); },
                ThrowsMessage<ResultFileError>(HasSubstr("layout.log is missing")));

    ResultFile::open(path(), {}).close();

    EXPECT_EQ(rebuild(journal_folder(path()), folder_.path() / "new.h5").runs, 4U);
    EXPECT_THAT(differences(folder_.path() / "new.h5"), IsEmpty());
}

TEST_F(ReplayTest, a_flipped_bit_in_a_stored_name_is_noticed)
{
    create_filled();
    {
        auto file = h5::File::open(path(), {});
        auto axis = file.open_dataset("/axes/seed");
        auto const box = h5::Box::rows(axis.shape(), 2);
        auto bytes = axis.read_bytes(box);
        bytes.front() ^= std::byte{1};
        axis.write_bytes(box, bytes);
    }

    EXPECT_THAT([&] { ResultFile::open_readonly(path()); },
                ThrowsMessage<ResultFileError>(HasSubstr("do not match their checksum")));
}

}  // namespace
}  // namespace ablatrix::store
