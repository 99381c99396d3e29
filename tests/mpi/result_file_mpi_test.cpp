#include <ablatrix/store/result_file.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/mpi/communicator.hpp>

#include "unit/store/sample_layout.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::store {
namespace {

constexpr std::int64_t n_runs = 23;  // not a multiple of any rank count

class ResultFileMpi : public testing::Test
{
  protected:
    void SetUp() override
    {
        if (world_.rank() == 0) folder_ = std::make_unique<test::TemporaryFolder>();
        path_ = world_.broadcast(folder_ ? (folder_->path() / "result.h5").native() : "");
    }
    void TearDown() override { world_.barrier(); }

    bool is_mine(std::size_t row) const { return static_cast<int>(row) % world_.size() == world_.rank(); }

    /// Every rank writes its share of the rows, in its own order.
    void write_everything(ResultFile& file) const
    {
        auto const& layout = file.layout();
        for (std::size_t i = 0; i < layout.item_sets.size(); ++i) {
            auto const& set = layout.item_sets[i];
            auto const length = static_cast<std::size_t>(set.n_items) - 1;
            for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
                if (is_mine(truth)) file.write_truth(i, truth, test::sample_truth(length));
            for (std::size_t column = set.columns.size(); column-- > 0;)
                if (is_mine(column))
                    file.write_column(i, column, test::sample_column(set, length, static_cast<double>(column)));
        }
        for (std::size_t run = 0; run < static_cast<std::size_t>(layout.n_runs); ++run)
            if (is_mine(run)) {
                auto const salt = static_cast<double>(run);
                file.write_run(run, test::sample_record(salt), test::sample_metrics(layout, salt));
            }
        for (std::size_t stage = 0; stage < layout.stages.size(); ++stage)
            if (is_mine(stage)) file.write_stage(stage, {1, world_.rank(), 0.5, 64, 1});
    }

    mpi::Communicator world_ = mpi::Communicator::world();
    std::unique_ptr<test::TemporaryFolder> folder_;
    std::filesystem::path path_;
};

TEST_F(ResultFileMpi, holds_what_all_ranks_wrote_independently)
{
    ResultFile::create(path_, test::sample_layout(n_runs), test::sample_provenance(), world_);
    auto file = ResultFile::open(path_, world_);
    write_everything(file);
    file.close();
    world_.barrier();

    auto const read = ResultFile::open_readonly(path_);

    EXPECT_EQ(read.runs_verified(), std::vector<bool>(n_runs, true));
    for (std::size_t run = 0; run < n_runs; ++run) {
        auto const salt = static_cast<double>(run);
        EXPECT_EQ(read.read_run(run).scalars, test::sample_record(salt).scalars);
        EXPECT_EQ(read.read_metrics(0, run), test::sample_metrics(read.layout(), salt)[0]);
    }
    for (std::size_t i = 0; i < read.layout().item_sets.size(); ++i) {
        auto const& set = read.layout().item_sets[i];
        for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
            EXPECT_TRUE(read.truth_verified(i, truth));
        for (std::size_t column = 0; column < set.columns.size(); ++column)
            EXPECT_TRUE(read.column_verified(i, column));
    }
    EXPECT_EQ(read.read_stage(n_runs - 1).worker, (n_runs - 1) % world_.size());
}

TEST_F(ResultFileMpi, is_equal_whatever_the_number_of_ranks)
{
    auto const alone = path_.native() + ".alone";
    ResultFile::create(path_, test::sample_layout(n_runs), test::sample_provenance(), world_);
    auto file = ResultFile::open(path_, world_);
    write_everything(file);
    file.close();
    world_.barrier();
    if (world_.rank() != 0) return;

    mpi::Communicator const null;
    ResultFile::create(alone, test::sample_layout(n_runs), test::sample_provenance(), null);
    auto other = ResultFile::open(alone, null);
    auto const& layout = other.layout();
    for (std::size_t i = 0; i < layout.item_sets.size(); ++i) {
        auto const& set = layout.item_sets[i];
        auto const length = static_cast<std::size_t>(set.n_items) - 1;
        for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
            other.write_truth(i, truth, test::sample_truth(length));
        for (std::size_t column = 0; column < set.columns.size(); ++column)
            other.write_column(i, column, test::sample_column(set, length, static_cast<double>(column)));
    }
    for (std::size_t run = 0; run < n_runs; ++run) {
        auto const salt = static_cast<double>(run);
        other.write_run(run, test::sample_record(salt), test::sample_metrics(layout, salt));
    }

    auto const differences = diff(ResultFile::open_readonly(path_), other);

    EXPECT_TRUE(differences.empty()) << differences.front().where;
}

TEST_F(ResultFileMpi, can_be_read_by_another_process_while_it_is_open_for_writing)
{
    ResultFile::create(path_, test::sample_layout(n_runs), test::sample_provenance(), world_);
    auto file = ResultFile::open(path_, world_);
    write_everything(file);
    world_.barrier();

    // Past HDF5, which would share the open file inside this process.
    if (world_.rank() == 0) {
        std::filesystem::copy(path_, path_.native() + ".copy");
        auto const copy = ResultFile::open_readonly(path_.native() + ".copy");
        EXPECT_EQ(copy.runs_verified(), std::vector<bool>(n_runs, true));
    }
    world_.barrier();
}

TEST_F(ResultFileMpi, refuses_on_every_rank_to_replace_a_file)
{
    ResultFile::create(path_, test::sample_layout(2), test::sample_provenance(), world_);

    EXPECT_THROW(ResultFile::create(path_, test::sample_layout(2), test::sample_provenance(), world_), ResultFileError);
}

TEST_F(ResultFileMpi, fails_on_every_rank_when_the_file_is_missing)
{
    EXPECT_THROW(ResultFile::open(path_, world_), ResultFileError);
}

TEST_F(ResultFileMpi, fails_on_every_rank_when_another_job_writes)
{
    ResultFile::create(path_, test::sample_layout(2), test::sample_provenance(), world_);
    auto file = ResultFile::open(path_, world_);
    world_.barrier();

    try {
        ResultFile::open(path_, world_, std::chrono::milliseconds{0});
        FAIL() << "two jobs write one file";
    }
    catch (ResultFileError const& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("is being written by another process"));
    }
}

TEST_F(ResultFileMpi, does_not_wait_for_other_ranks_while_an_exception_unwinds)
{
    ResultFile::create(path_, test::sample_layout(2), test::sample_provenance(), world_);
    try {
        auto const file = ResultFile::open(path_, world_);
        // The other ranks keep the file open until rank 0 is through; closing collectively would never end.
        if (world_.rank() != 0) world_.barrier();
        throw Error("stage failed");
    }
    catch (Error const& error) {
        EXPECT_STREQ(error.what(), "stage failed");
    }
    if (world_.rank() == 0) world_.barrier();
}

}  // namespace
}  // namespace ablatrix::store
