#include <ablatrix/store/result_file.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/h5/file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/sample_layout.hpp"
#include "unit/store/small_mount.hpp"

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(std::is_nothrow_move_constructible_v<ResultFile> && !std::is_copy_constructible_v<ResultFile>);

template <typename Function>
std::string error_of(Function&& function)
{
    try {
        function();
    }
    catch (ResultFileError const& error) {
        return error.what();
    }
    return "no error";
}

class ResultFileTest : public testing::Test
{
  protected:
    fs::path path() const { return folder_.path() / "result.h5"; }
    ResultFile created(ResultLayout const& layout) const
    {
        ResultFile::create(path(), layout, test::sample_provenance(), {});
        return ResultFile::open(path(), {});
    }
    ResultFile created() const { return created(test::sample_layout(4)); }
    /// Overwrite elements of a dataset behind the result file's back.
    template <typename T>
    void tamper(std::string const& dataset, std::uint64_t row, T value) const
    {
        auto file = h5::File::open(path(), {});
        auto target = file.open_dataset(dataset);
        auto box = h5::Box::rows(target.shape(), row);
        for (std::size_t i = 1; i < box.count.size(); ++i)
            box.count[i] = 1;
        target.write<T>(box, std::span<T const>(&value, 1));
    }

    test::TemporaryFolder folder_;
};

// Creation and layout

TEST_F(ResultFileTest, reads_back_the_layout)
{
    auto const layout = test::sample_layout(5);
    auto const file = created(layout);

    auto const& read = file.layout();

    EXPECT_EQ(read.n_runs, 5);
    EXPECT_EQ(read.arm_axis, "ablate");
    ASSERT_EQ(read.axes.size(), 2U);
    EXPECT_EQ(read.axes[0].name, "seed");
    EXPECT_THAT(read.axes[0].value_of_run, ElementsAre("42", "42", "43", "43", "44"));
    EXPECT_EQ(read.scalars, layout.scalars);
    ASSERT_EQ(read.stages.size(), 5U);
    EXPECT_EQ(read.stages[4].fingerprint, layout.stages[4].fingerprint);
    EXPECT_EQ(read.stages[4].kind, "train");
    ASSERT_EQ(read.item_sets.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        auto const& expected = layout.item_sets[i];
        auto const& set = read.item_sets[i];
        EXPECT_EQ(set.name, expected.name);
        EXPECT_EQ(set.kind, expected.kind);
        EXPECT_EQ(set.n_items, expected.n_items);
        EXPECT_EQ(set.methods, expected.methods);
        EXPECT_EQ(set.metrics, expected.metrics);
        EXPECT_EQ(set.curves, expected.curves);
        EXPECT_EQ(set.has_confidence, expected.has_confidence);
        EXPECT_EQ(set.truths, expected.truths);
        EXPECT_EQ(set.truth_of_run, expected.truth_of_run);
        EXPECT_EQ(set.columns, expected.columns);
        EXPECT_EQ(set.column_of, expected.column_of);
        EXPECT_EQ(set.truth_of_column, expected.truth_of_column);
    }
    EXPECT_EQ(read.item_set_index("test"), 1U);
    EXPECT_EQ(read.item_set("detection").n_items, 5);
    EXPECT_THROW(read.item_set("other"), ContractError);
}

TEST_F(ResultFileTest, keeps_the_order_of_axes_and_item_sets)
{
    auto layout = test::sample_layout(2);
    std::swap(layout.axes[0], layout.axes[1]);
    std::swap(layout.item_sets[0], layout.item_sets[1]);

    auto const file = created(layout);

    EXPECT_EQ(file.layout().axes[0].name, "ablate");
    EXPECT_EQ(file.layout().item_sets[0].name, "test");
}

TEST_F(ResultFileTest, reads_back_the_provenance)
{
    auto const file = created();
    auto const expected = test::sample_provenance();

    EXPECT_EQ(file.provenance().experiment_yaml, expected.experiment_yaml);
    EXPECT_EQ(file.provenance().plan, expected.plan);
    EXPECT_EQ(file.provenance().facts, expected.facts);
}

TEST_F(ResultFileTest, opens_when_a_fact_is_empty_or_ends_in_a_zero)
{
    auto provenance = test::sample_provenance();
    provenance.facts["mpi"] = std::string("Open MPI\0", 9);
    provenance.facts["environment"] = "";
    ResultFile::create(path(), test::sample_layout(2), provenance, {});

    auto const file = ResultFile::open(path(), {});

    EXPECT_EQ(file.provenance().facts.at("mpi"), "Open MPI");
    EXPECT_EQ(file.provenance().facts.at("environment"), "");
}

TEST_F(ResultFileTest, starts_with_pending_runs_and_fill_values)
{
    auto const file = created();

    EXPECT_THAT(file.run_statuses(), Each(RunStatus::pending));
    EXPECT_THAT(file.runs_verified(), Each(false));
    auto const record = file.read_run(3);
    EXPECT_EQ(record.worker, -1);
    EXPECT_TRUE(std::isnan(record.seconds));
    EXPECT_EQ(record.error, "");
    EXPECT_THAT(file.read_metrics(0, 3), Each(testing::NanSensitiveDoubleEq(std::nan(""))));
    EXPECT_FALSE(file.truth_verified(0, 0));
    EXPECT_FALSE(file.column_verified(0, 0));
    EXPECT_EQ(file.read_stage(0).status, 0);
    EXPECT_THAT(file.read_truth(0, 0).item, IsEmpty());
}

TEST_F(ResultFileTest, holds_a_grid_without_axes_scalars_stages_or_item_sets)
{
    ResultLayout layout;
    layout.n_runs = 1;
    auto file = created(layout);
    RunRecord record;
    record.status = RunStatus::done;

    file.write_run(0, record, {});

    EXPECT_TRUE(file.run_verified(0));
    EXPECT_THAT(file.layout().axes, IsEmpty());
    EXPECT_THAT(file.layout().item_sets, IsEmpty());
}

TEST_F(ResultFileTest, holds_an_item_set_whose_runs_lack_it)
{
    auto layout = test::sample_layout(2);
    auto& set = layout.item_sets[0];
    set.truths.clear();
    set.columns.clear();
    set.truth_of_column.clear();
    set.truth_of_run.assign(2, -1);
    set.column_of.assign(4, -1);
    set.n_items = 0;
    auto file = created(layout);

    file.write_run(0, test::sample_record(), test::sample_metrics(layout));

    EXPECT_TRUE(file.run_verified(0));
    EXPECT_THAT(file.layout().item_sets[0].column_of, Each(-1));
}

TEST_F(ResultFileTest, does_not_grow_in_objects_with_the_number_of_runs)
{
    auto const small = ResultFile::estimated_bytes(test::sample_layout(2), test::sample_provenance());
    auto const objects_of = [&](std::int64_t runs) {
        auto const target = folder_.path() / (std::to_string(runs) + ".h5");
        ResultFile::create(target, test::sample_layout(runs), test::sample_provenance(), {});
        auto const file = h5::File::open_readonly(target);
        std::size_t count = 0;
        for (auto const& group : file.names())
            count += file.open_group(group).names().size();
        return count;
    };

    EXPECT_EQ(objects_of(2), objects_of(5000));
    EXPECT_GT(ResultFile::estimated_bytes(test::sample_layout(5000), test::sample_provenance()), 100 * small / 10);
}

TEST_F(ResultFileTest, estimates_its_size_closely_enough_to_reserve_it)
{
    auto const layout = test::sample_layout(2000);
    auto const estimate = ResultFile::estimated_bytes(layout, test::sample_provenance());
    auto file = created(layout);
    file.close();

    EXPECT_LE(fs::file_size(path()), estimate);
    EXPECT_GE(fs::file_size(path()), estimate * 9 / 10);
}

TEST_F(ResultFileTest, creates_missing_folders)
{
    auto const target = folder_.path() / "a" / "b" / "result.h5";

    ResultFile::create(target, test::sample_layout(2), test::sample_provenance(), {});

    EXPECT_TRUE(fs::exists(target));
}

TEST_F(ResultFileTest, does_not_replace_a_file)
{
    std::ofstream(path()) << "precious";

    auto const error =
        error_of([&] { ResultFile::create(path(), test::sample_layout(2), test::sample_provenance(), {}); });

    EXPECT_THAT(error, HasSubstr("cannot create result file '" + path().native() + "' (it exists)"));
    EXPECT_EQ(fs::file_size(path()), 8U);
}

TEST_F(ResultFileTest, replaces_what_a_killed_creation_left)
{
    std::ofstream(path().native() + ".partial") << "half a file";

    auto const file = created();

    EXPECT_FALSE(fs::exists(path().native() + ".partial"));
    EXPECT_EQ(file.layout().n_runs, 4);
}

TEST_F(ResultFileTest, waits_for_another_creation_instead_of_writing_into_its_file)
{
    // The other job, as the kernel sees it: an open file description with a lock (WriteLock's place and kind).
    int const other = ::open((path().native() + ".partial").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ASSERT_GE(other, 0);
    struct flock request = {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    request.l_start = off_t{1} << 62;
    request.l_len = 1;
    ASSERT_EQ(fcntl(other, F_OFD_SETLK, &request), 0);
    ASSERT_EQ(::write(other, "half", 4), 4);
    std::atomic<bool> was_left_alone = false;
    std::thread publisher([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        struct stat status = {};
        was_left_alone = fstat(other, &status) == 0 && status.st_size == 4 && status.st_nlink == 1;
        fs::rename(path().native() + ".partial", path());
        ::close(other);
    });

    auto const error =
        error_of([&] { ResultFile::create(path(), test::sample_layout(2), test::sample_provenance(), {}); });
    publisher.join();

    EXPECT_TRUE(was_left_alone);
    EXPECT_THAT(error, HasSubstr("(it exists)"));
    EXPECT_EQ(fs::file_size(path()), 4U) << "the other job's file is no longer what it was";
    EXPECT_FALSE(fs::exists(path().native() + ".partial"));
}

TEST_F(ResultFileTest, refuses_names_that_hdf5_would_take_for_paths)
{
    auto layout = test::sample_layout(2);
    layout.axes[0].name = "data/path";

    EXPECT_THROW(created(layout), Error);
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ResultFileTest, says_what_space_it_needs_on_a_full_disk_and_leaves_nothing)
{
    test::SmallMount const mount("size=512k");
    if (!mount.is_mounted()) GTEST_SKIP() << "cannot mount a tmpfs here (needs root)";
    auto const target = mount.path() / "result.h5";

    auto const error =
        error_of([&] { ResultFile::create(target, test::sample_layout(5000), test::sample_provenance(), {}); });

    EXPECT_THAT(error, HasSubstr("cannot create result file '" + target.native() + "' (disk full"));
    EXPECT_THAT(error, HasSubstr("MiB needed"));
    EXPECT_THAT(error, HasSubstr("512.0 KiB free"));
    EXPECT_TRUE(fs::is_empty(mount.path()));
}

TEST_F(ResultFileTest, says_why_a_folder_cannot_be_written)
{
    std::ofstream(folder_.path() / "file") << "not a folder";

    auto const error = error_of([&] {
        ResultFile::create(folder_.path() / "file" / "result.h5", test::sample_layout(2), test::sample_provenance(),
                           {});
    });

    EXPECT_THAT(error, HasSubstr("Not a directory"));
}

// Rows

TEST_F(ResultFileTest, reads_back_a_run)
{
    auto file = created();
    auto const record = test::sample_record();
    auto const metrics = test::sample_metrics(file.layout());
    file.write_run(2, record, metrics);

    auto const read = file.read_run(2);

    EXPECT_EQ(read.status, RunStatus::done);
    EXPECT_EQ(read.attempts, record.attempts);
    EXPECT_EQ(read.worker, record.worker);
    EXPECT_EQ(read.device, record.device);
    EXPECT_EQ(read.start_s, record.start_s);
    EXPECT_EQ(read.seconds, record.seconds);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.scalars, record.scalars);
    EXPECT_EQ(file.read_scalars(2), record.scalars);
    EXPECT_EQ(file.read_metrics(0, 2), metrics[0]);
    EXPECT_EQ(file.read_metrics(1, 2), metrics[1]);
    EXPECT_THAT(file.runs_verified(), ElementsAre(false, false, true, false));
    EXPECT_THAT(file.run_statuses(),
                ElementsAre(RunStatus::pending, RunStatus::pending, RunStatus::done, RunStatus::pending));
}

TEST_F(ResultFileTest, overwrites_the_row_of_a_failed_run)
{
    auto file = created();
    RunRecord failed;
    failed.status = RunStatus::failed;
    failed.attempts = 2;
    failed.error = "stage 'train' failed: no memory";
    file.write_run(1, failed, {});

    EXPECT_EQ(file.run_status(1), RunStatus::failed);
    EXPECT_FALSE(file.run_verified(1));
    EXPECT_EQ(file.read_run(1).error, failed.error);
    EXPECT_THAT(file.read_scalars(1), Each(testing::NanSensitiveDoubleEq(std::nan(""))));

    file.write_run(1, test::sample_record(), test::sample_metrics(file.layout()));

    EXPECT_TRUE(file.run_verified(1));
    EXPECT_EQ(file.read_run(1).error, "");
}

TEST_F(ResultFileTest, a_failed_run_may_hold_numbers_but_a_done_run_must)
{
    auto file = created();
    auto record = test::sample_record();

    EXPECT_THROW(file.write_run(0, record, {}), ContractError);
    record.scalars.pop_back();
    EXPECT_THROW(file.write_run(0, record, test::sample_metrics(file.layout())), ContractError);
    EXPECT_EQ(file.run_status(0), RunStatus::pending);
}

TEST_F(ResultFileTest, cuts_long_errors_between_characters)
{
    auto file = created();
    RunRecord failed;
    failed.status = RunStatus::failed;
    // 1018 bytes remain before the mark " [cut]": 1017 letters, then a character of two bytes that does not fit.
    failed.error = std::string(1017, 'x') + "\xC3\xA9 and more";
    file.write_run(0, failed, {});

    EXPECT_EQ(file.read_run(0).error, std::string(1017, 'x') + " [cut]");

    failed.error = std::string(error_slot_bytes, 'y');
    file.write_run(0, failed, {});
    EXPECT_EQ(file.read_run(0).error, failed.error);
}

TEST_F(ResultFileTest, reads_back_truths_shorter_than_their_slot)
{
    auto file = created();
    auto const truth = test::sample_truth(3, 1);
    file.write_truth(0, 1, truth);

    auto const read = file.read_truth(0, 1);

    EXPECT_EQ(read.item, truth.item);
    EXPECT_EQ(read.clean, truth.clean);
    EXPECT_EQ(read.observed, truth.observed);
    EXPECT_EQ(read.is_noisy, truth.is_noisy);
    EXPECT_TRUE(file.truth_verified(0, 1));
    EXPECT_FALSE(file.truth_verified(0, 0));
}

TEST_F(ResultFileTest, a_shorter_truth_leaves_nothing_of_a_longer_one)
{
    auto file = created();
    file.write_truth(0, 0, test::sample_truth(5));
    file.write_truth(0, 0, test::sample_truth(2));
    file.close();

    auto const dataset = h5::File::open_readonly(path()).open_dataset("/items/detection/item");

    EXPECT_THAT(dataset.read<std::int64_t>(h5::Box::rows(dataset.shape(), 0)), ElementsAre(100, 101, -1, -1, -1));
    EXPECT_TRUE(ResultFile::open_readonly(path()).truth_verified(0, 0));
}

TEST_F(ResultFileTest, reads_back_score_and_prediction_columns)
{
    auto file = created();
    auto const& sets = file.layout().item_sets;
    auto const scores = test::sample_column(sets[0], 4);
    auto const predictions = test::sample_column(sets[1], 3);
    file.write_column(0, 5, scores);
    file.write_column(1, 2, predictions);

    auto const read_scores = file.read_column(0, 5);
    auto const read_predictions = file.read_column(1, 2);

    EXPECT_EQ(read_scores.scores, scores.scores);
    EXPECT_THAT(read_scores.metrics, testing::Pointwise(testing::NanSensitiveDoubleEq(), scores.metrics));
    EXPECT_EQ(read_scores.roc, scores.roc);
    EXPECT_EQ(read_scores.pr, scores.pr);
    EXPECT_THAT(read_scores.predictions, IsEmpty());
    EXPECT_EQ(read_predictions.predictions, predictions.predictions);
    EXPECT_THAT(read_predictions.roc, IsEmpty());
    EXPECT_EQ(read_predictions.confidence, predictions.confidence);
    EXPECT_THAT(read_scores.confidence, IsEmpty());
    EXPECT_TRUE(file.column_verified(0, 5));
    EXPECT_TRUE(file.column_verified(1, 2));
    EXPECT_FALSE(file.column_verified(1, 3));
}

TEST_F(ResultFileTest, refuses_columns_of_the_wrong_kind_or_length)
{
    auto file = created();
    auto const& sets = file.layout().item_sets;

    EXPECT_THROW(file.write_column(0, 0, test::sample_column(sets[1], 3)), ContractError);
    EXPECT_THROW(file.write_column(0, 0, test::sample_column(sets[0], 6)), ContractError);
    EXPECT_THROW(file.write_column(0, 99, test::sample_column(sets[0], 4)), ContractError);
    auto unsure = test::sample_column(sets[1], 3);
    unsure.confidence.pop_back();
    EXPECT_THROW(file.write_column(1, 0, unsure), ContractError);
    auto scores = test::sample_column(sets[0], 4);
    scores.confidence.assign(4, 0.5);
    EXPECT_THROW(file.write_column(0, 0, scores), ContractError);
}

TEST_F(ResultFileTest, confidences_follow_curves_in_a_row_that_has_both)
{
    auto layout = test::sample_layout(2);
    layout.item_sets[1].curves = true;
    auto file = created(layout);
    auto const column = test::sample_column(layout.item_sets[1], 2);
    file.write_column(1, 0, column);

    auto const read = file.read_column(1, 0);

    EXPECT_EQ(read.roc, column.roc);
    EXPECT_EQ(read.pr, column.pr);
    EXPECT_EQ(read.confidence, column.confidence);
    EXPECT_TRUE(file.column_verified(1, 0));
}

TEST_F(ResultFileTest, confidences_belong_to_predictions)
{
    auto layout = test::sample_layout(2);
    layout.item_sets[0].has_confidence = true;

    EXPECT_THROW(created(layout), ContractError);
}

TEST_F(ResultFileTest, reads_back_stages)
{
    auto file = created();
    file.write_stage(3, {2, 5, 1.25, 4096, 2});

    auto const read = file.read_stage(3);

    EXPECT_EQ(read.attempts, 2);
    EXPECT_EQ(read.worker, 5);
    EXPECT_EQ(read.seconds, 1.25);
    EXPECT_EQ(read.bytes, 4096);
    EXPECT_EQ(read.status, 2);
}

// Verification

TEST_F(ResultFileTest, a_change_of_any_dataset_of_a_run_is_noticed)
{
    auto const check = [&](auto const& change) {
        {
            auto file = ResultFile::open(path(), {});
            file.write_run(1, test::sample_record(), test::sample_metrics(file.layout()));
        }
        change();
        auto const file = ResultFile::open_readonly(path());
        return file.run_verified(1) || file.runs_verified()[1];
    };
    {
        auto const file = created();
    }

    EXPECT_TRUE(check([] {}));
    EXPECT_FALSE(check([&] { tamper<std::int32_t>("/runs/attempts", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<std::int32_t>("/runs/worker", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<double>("/runs/start_s", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<double>("/runs/seconds", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<double>("/metrics/run/values", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<double>("/metrics/detection/values", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<double>("/metrics/test/values", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<std::uint64_t>("/runs/checksum", 1, 7); }));
    EXPECT_FALSE(check([&] { tamper<std::uint8_t>("/runs/status", 1, 0); }));
    EXPECT_TRUE(check([&] { tamper<std::int32_t>("/runs/worker", 2, 7); }));  // another run's row
}

TEST_F(ResultFileTest, a_failed_run_does_not_become_done_by_its_status_byte)
{
    {
        auto file = created();
        RunRecord failed;
        failed.status = RunStatus::failed;
        file.write_run(1, failed, {});
    }
    tamper<std::uint8_t>("/runs/status", 1, 1);

    EXPECT_FALSE(ResultFile::open_readonly(path()).run_verified(1));
}

TEST_F(ResultFileTest, changes_of_items_and_columns_are_noticed)
{
    {
        auto file = created();
        for (std::size_t i = 0; i < 2; ++i)
            file.write_truth(0, i, test::sample_truth(4));
        for (std::size_t i = 0; i < 4; ++i)
            file.write_column(0, i, test::sample_column(file.layout().item_sets[0], 4));
        for (std::size_t i = 0; i < 2; ++i)
            file.write_column(1, i, test::sample_column(file.layout().item_sets[1], 3));
    }
    tamper<std::uint8_t>("/items/detection/is_noisy", 1, 9);
    tamper<double>("/items/detection/values", 1, 9);
    tamper<double>("/columns/detection/metrics", 2, 9);
    tamper<double>("/curves/detection/pr", 3, 9);
    tamper<double>("/items/test/confidence", 1, 0.25);

    auto const file = ResultFile::open_readonly(path());

    EXPECT_TRUE(file.truth_verified(0, 0));
    EXPECT_FALSE(file.truth_verified(0, 1));
    EXPECT_TRUE(file.column_verified(0, 0));
    EXPECT_FALSE(file.column_verified(0, 1));
    EXPECT_FALSE(file.column_verified(0, 2));
    EXPECT_FALSE(file.column_verified(0, 3));
    EXPECT_THAT(file.truths_verified(0), ElementsAre(true, false));
    EXPECT_THAT(file.columns_verified(0), ElementsAre(true, false, false, false, false, false));
    EXPECT_TRUE(file.column_verified(1, 0));
    EXPECT_FALSE(file.column_verified(1, 1));
}

// Opening

TEST_F(ResultFileTest, shows_a_reader_what_has_been_written_so_far)
{
    auto writer = created();
    writer.write_run(0, test::sample_record(), test::sample_metrics(writer.layout()));

    // A copy stands for another process: HDF5 shares an open file inside one.
    fs::copy(path(), path().native() + ".copy");
    auto const reader = ResultFile::open_readonly(path().native() + ".copy");

    EXPECT_THAT(reader.runs_verified(), ElementsAre(true, false, false, false));
}

TEST_F(ResultFileTest, refuses_a_second_writer)
{
    auto const writer = created();

    EXPECT_THAT(error_of([&] { ResultFile::open(path(), {}, std::chrono::milliseconds{0}); }),
                HasSubstr("is being written by another process"));
    EXPECT_EQ(ResultFile::open_readonly(path()).layout().n_runs, 4);
}

TEST_F(ResultFileTest, lets_the_next_writer_in_after_closing)
{
    auto first = created();
    first.close();
    EXPECT_THROW(first.read_run(0), ContractError);

    auto second = ResultFile::open(path(), {}, std::chrono::milliseconds{0});
    {
        auto const moved = std::move(second);
    }

    EXPECT_EQ(error_of([&] { ResultFile::open(path(), {}, std::chrono::milliseconds{0}); }), "no error");
}

TEST_F(ResultFileTest, takes_no_lock_when_the_user_turned_locks_off)
{
    auto const writer = created();
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);

    auto const error = error_of([&] { ResultFile::open(path(), {}, std::chrono::milliseconds{0}); });

    unsetenv("HDF5_USE_FILE_LOCKING");
    EXPECT_EQ(error, "no error");
}

TEST_F(ResultFileTest, a_reader_does_not_write)
{
    {
        auto const file = created();
    }
    auto reader = ResultFile::open_readonly(path());

    EXPECT_THROW(reader.write_stage(0, {}), ContractError);
}

TEST_F(ResultFileTest, says_that_a_file_is_missing_or_a_folder)
{
    EXPECT_THAT(error_of([&] { ResultFile::open_readonly(path()); }), HasSubstr("there is no such file"));
    EXPECT_THAT(error_of([&] { ResultFile::open(path(), {}); }), HasSubstr("there is no such file"));
    EXPECT_THAT(error_of([&] { ResultFile::open_readonly(folder_.path()); }), HasSubstr("it is a folder"));
}

TEST_F(ResultFileTest, says_that_a_file_is_not_hdf5)
{
    std::ofstream(path()) << "seed,auroc\n42,0.9\n";
    EXPECT_THAT(error_of([&] { ResultFile::open_readonly(path()); }), HasSubstr("it is not an HDF5 file"));

    std::ofstream(path(), std::ios::trunc).flush();
    EXPECT_THAT(error_of([&] { ResultFile::open(path(), {}); }), HasSubstr("it is empty"));
}

TEST_F(ResultFileTest, says_that_an_hdf5_file_is_not_a_result)
{
    h5::File::create(path()).create_dataset<double>("values", {2}, 0.0);

    EXPECT_THAT(error_of([&] { ResultFile::open_readonly(path()); }),
                HasSubstr("it is an HDF5 file, but not a result of Ablatrix"));
}

TEST_F(ResultFileTest, says_that_a_format_is_newer)
{
    {
        auto file = h5::File::create(path());
        file.set_attribute("format", std::string("ablatrix-result"));
        file.set_attribute("version", std::int64_t{99});
    }

    auto const error = error_of([&] { ResultFile::open_readonly(path()); });

    EXPECT_THAT(error, HasSubstr("its format version is 99"));
    EXPECT_THAT(error, HasSubstr("Use a newer Ablatrix"));
}

// version1.hdf5 was written by the last program of format version 1 (commit 14d2378) from sample_layout(2), without
// has_confidence: all truths and columns with three items, run 0.
TEST_F(ResultFileTest, reads_a_file_of_version_1_which_has_no_confidences)
{
    auto const file = ResultFile::open_readonly(ABLATRIX_SOURCE_DIR "/tests/unit/store/version1.hdf5");

    auto const layout = test::sample_layout(2);
    auto const& set = file.layout().item_set("test");
    EXPECT_FALSE(set.has_confidence);
    EXPECT_EQ(set.columns, layout.item_sets[1].columns);
    EXPECT_EQ(file.read_column(1, 2).predictions, test::sample_column(layout.item_sets[1], 3).predictions);
    EXPECT_THAT(file.read_column(1, 2).confidence, IsEmpty());
    EXPECT_THAT(file.runs_verified(), ElementsAre(true, false));
    EXPECT_THAT(file.truths_verified(1), ElementsAre(true));
    EXPECT_THAT(file.columns_verified(0), ElementsAre(true, true, true));
    EXPECT_THAT(file.columns_verified(1), ElementsAre(true, true, true));
}

TEST_F(ResultFileTest, says_that_a_file_is_truncated)
{
    {
        auto const file = created();
    }
    fs::resize_file(path(), fs::file_size(path()) / 2);

    EXPECT_THAT(error_of([&] { ResultFile::open_readonly(path()); }), HasSubstr("it is truncated"));
    EXPECT_THAT(error_of([&] { ResultFile::open(path(), {}); }), HasSubstr("it is truncated"));
}

TEST_F(ResultFileTest, a_file_damaged_anywhere_in_its_structure_is_an_error_or_opens)
{
    {
        auto const file = created(test::sample_layout(2));
    }
    std::string whole;
    {
        std::ifstream stream(path(), std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(stream), {});
    }
    std::size_t refused = 0;
    for (std::size_t offset = 8; offset < whole.size(); offset += 211) {
        auto changed = whole;
        changed[offset] = static_cast<char>(changed[offset] ^ 0xFF);
        auto const target = folder_.path() / "changed.h5";
        std::ofstream(target, std::ios::binary | std::ios::trunc) << changed;
        try {
            ResultFile::open_readonly(target);
        }
        catch (ResultFileError const&) {
            ++refused;
        }
    }

    EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace ablatrix::store
