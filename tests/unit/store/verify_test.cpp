#include <ablatrix/store/verify.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/filled_file.hpp"
#include "unit/store/sample_layout.hpp"

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

class VerifyTest : public testing::Test
{
  protected:
    fs::path path() const { return folder_.path() / "result.h5"; }
    VerifyReport report() const { return verify(ResultFile::open_readonly(path())); }

    test::TemporaryFolder folder_;
};

TEST_F(VerifyTest, counts_the_rows_of_every_table)
{
    ResultFile::create(path(), test::sample_layout(4), test::sample_provenance(), {});
    {
        auto file = ResultFile::open(path(), {});
        RunRecord failed;
        failed.status = RunStatus::failed;
        file.write_run(0, test::sample_record(), test::sample_metrics(file.layout()));
        file.write_run(2, failed, {});
        for (std::size_t set : {0U, 1U}) {
            file.write_truth(set, 0, test::sample_truth(3));
            for (std::size_t column : {0U, 1U})
                file.write_column(set, column, test::sample_column(file.layout().item_sets[set], 3));
        }
    }

    auto const found = report();

    EXPECT_THAT(found.damage, IsEmpty());
    EXPECT_EQ(found.pending_runs, 2U);
    ASSERT_THAT(found.tables, SizeIs(5));
    EXPECT_EQ(found.tables[0].name, "runs");
    EXPECT_EQ(found.tables[0].done, 1U);
    EXPECT_EQ(found.tables[0].failed, 1U);
    EXPECT_EQ(found.tables[0].pending, 2U);
    EXPECT_EQ(found.tables[2].name, "columns of 'detection'");
    EXPECT_EQ(found.tables[2].rows, 6U);
    EXPECT_EQ(found.tables[2].done, 2U);
}

TEST_F(VerifyTest, names_damaged_rows)
{
    test::create_filled(path());
    test::tamper(path(), "/metrics/test/values", 2, 0.125);
    test::tamper(path(), "/runs/status", 3, std::uint8_t{9});
    test::tamper(path(), "/items/detection/clean", 1, std::int32_t{7});
    test::tamper(path(), "/items/test/values", 4, std::int32_t{9});
    test::tamper(path(), "/stages/status", 1, std::uint8_t{4});

    EXPECT_THAT(report().damage,
                ElementsAre("run 2 (seed=43 ablate=full): its checksum does not match",
                            "run 3 (seed=43 ablate=no-artifact): its checksum does not match",
                            "ground truth 1 of 'detection': its checksum does not match",
                            "column 4 of 'test' (method combined of run 2): its checksum does not match",
                            "task 1: its status is 4, which means nothing"));
}

TEST_F(VerifyTest, misses_what_a_finished_run_relies_on)
{
    test::create_filled(path());
    test::tamper(path(), "/columns/detection/status", 0, std::uint8_t{0});
    test::tamper(path(), "/items/test/status", 1, std::uint8_t{0});

    EXPECT_THAT(report().damage, ElementsAre("column 0 of 'detection' (method margin of run 0) is missing, although "
                                             "run 0 is done",
                                             "ground truth 1 of 'test' is missing, although run 2 is done"));
}

TEST_F(VerifyTest, says_how_many_rows_the_journals_hold)
{
    test::create_filled(path());
    auto const check = check_journals(ResultFile::open_readonly(path()));

    EXPECT_EQ(check.finished_rows, 4U + 4U + 12U);
    EXPECT_EQ(check.held_rows, check.finished_rows);
    EXPECT_THAT(check.report.damage, IsEmpty());

    fs::remove(journal_folder(path()) / "rank-0-start-1.log");
    EXPECT_EQ(check_journals(ResultFile::open_readonly(path())).held_rows, 0U);
}

TEST_F(VerifyTest, removes_journals_and_nothing_else)
{
    test::create_filled(path());
    std::ofstream(journal_folder(path()) / "notes.txt") << "mine";

    EXPECT_GT(remove_journals(path()), 1000U);

    EXPECT_FALSE(has_journals(path()));
    EXPECT_TRUE(fs::exists(journal_folder(path()) / "notes.txt"));
    EXPECT_THAT(report().damage, IsEmpty());
    // The next start is the first one again.
    auto file = ResultFile::open(path(), {});
    file.write_stage(0, {1, 1, 0.5, 64, 1});
    EXPECT_TRUE(fs::exists(journal_folder(path()) / "rank-0-start-1.log"));
}

TEST_F(VerifyTest, keeps_the_journals_of_a_file_that_is_being_written)
{
    test::create_filled(path());
    EXPECT_EQ(has_writer(path()), false);

    auto const writer = ResultFile::open(path(), {});

    EXPECT_EQ(has_writer(path()), true);
    EXPECT_THAT([&] { remove_journals(path()); },
                ThrowsMessage<ResultFileError>(HasSubstr("being written by another process")));
    EXPECT_TRUE(has_journals(path()));
}

}  // namespace
}  // namespace ablatrix::store
