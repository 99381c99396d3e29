#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <ablatrix/base/random.hpp>
#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/sample_layout.hpp"

// SIGKILL of every writing process at seeded moments, ten in all, of one that writes each row once at twelve, and of a
// creating process at ten more.

namespace ablatrix::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t n_runs = 12;
constexpr std::int64_t n_many_runs = 300;
constexpr auto patience = 60s;

class Killing
{
  public:
    Killing(std::vector<std::string> const& command, fs::path const& announced, int processes)
    {
        setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
        setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
        std::vector<char*> arguments;
        for (auto const& word : command)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        // mpirun reports the deaths at length; the test is about the file.
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (posix_spawn(&child_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) child_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        for (int rank = 0; child_ > 0 && rank < processes; ++rank)
            wait_for(announced.native() + ".pid." + std::to_string(rank));
    }

    bool all_started(int processes) const { return pids_.size() == static_cast<std::size_t>(processes); }

    void kill_all()
    {
        for (auto pid : pids_)
            kill(pid, SIGKILL);
        if (pids_.empty() && child_ > 0) kill(child_, SIGKILL);
        if (child_ > 0) waitpid(child_, nullptr, 0);
    }

  private:
    void wait_for(fs::path const& file)
    {
        auto const deadline = std::chrono::steady_clock::now() + patience;
        while (!fs::exists(file) && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(1ms);
        pid_t pid = 0;
        if (std::ifstream(file) >> pid) pids_.push_back(pid);
        fs::remove(file);
    }

    pid_t child_ = -1;
    std::vector<pid_t> pids_;
};

/// Rows of \p dataset that are marked done.
std::vector<std::size_t> done_rows(fs::path const& path, std::string const& dataset)
{
    std::vector<std::size_t> rows;
    auto const statuses = h5::File::open_readonly(path).open_dataset(dataset).read<std::uint8_t>();
    for (std::size_t i = 0; i < statuses.size(); ++i)
        if (statuses[i] == 1) rows.push_back(i);
    return rows;
}

/// Number of rows marked done; each must verify.
std::size_t check_done_rows(fs::path const& path)
{
    auto const runs = done_rows(path, "/runs/status");
    std::size_t count = runs.size();
    auto const file = ResultFile::open_readonly(path);
    for (auto run : runs)
        EXPECT_TRUE(file.run_verified(run)) << "run " << run;
    for (std::size_t set = 0; set < file.layout().item_sets.size(); ++set) {
        auto const& name = file.layout().item_sets[set].name;
        for (auto truth : done_rows(path, "/items/" + name + "/status")) {
            EXPECT_TRUE(file.truth_verified(set, truth)) << name << " truth " << truth;
            ++count;
        }
        for (auto column : done_rows(path, "/columns/" + name + "/status")) {
            EXPECT_TRUE(file.column_verified(set, column)) << name << " column " << column;
            ++count;
        }
    }
    return count;
}

class KillWriters : public testing::TestWithParam<int>
{
  protected:
    /// mpirun takes a second or two to notice that its ranks are gone.
    static int moments() { return GetParam() == 1 ? 4 : 3; }
    test::TemporaryFolder folder_;
};

TEST_P(KillWriters, leaves_a_file_that_opens_and_whose_done_rows_verify)
{
    int const ranks = GetParam();
    auto const path = folder_.path() / "result.h5";
    ResultFile::create(path, test::sample_layout(n_runs), test::sample_provenance(), {});
    std::vector<std::string> command{ABLATRIX_WRITER, "rows", path.native()};
    if (ranks > 1) command.insert(command.begin(), {ABLATRIX_MPIEXEC, "--oversubscribe", "-n", std::to_string(ranks)});
    base::Stream moment(2024, "kill moments", static_cast<std::uint64_t>(ranks));
    for (int i = 0; i < moments(); ++i) {
        Killing job(command, path, ranks);
        EXPECT_TRUE(job.all_started(ranks));
        std::this_thread::sleep_for(std::chrono::microseconds{moment.below(120'000)});
        job.kill_all();
        ASSERT_FALSE(HasFailure());

        auto const done = check_done_rows(path);

        EXPECT_GT(done, 0U);
    }

    // The next job finishes what is left.
    auto file = ResultFile::open(path, {});
    for (std::size_t run = 0; run < n_runs; ++run)
        if (!file.run_verified(run)) file.write_run(run, test::sample_record(), test::sample_metrics(file.layout()));
    EXPECT_EQ(file.runs_verified(), std::vector<bool>(n_runs, true));
}

INSTANTIATE_TEST_SUITE_P(Ranks, KillWriters, testing::Values(1, 2, 4));

/// Rows of every kind that \p file holds.
std::size_t finished_rows(ResultFile const& file)
{
    std::size_t rows = 0;
    for (auto const& table : verify(file).tables)
        rows += table.done;
    return rows;
}

// Each record is in the journal before its row is in the file, so that the moment may lie between the two, or within
// either.
TEST(KillBetweenJournalAndRow, loses_no_row_that_either_of_them_holds)
{
    std::size_t replayed = 0;
    base::Stream moment(2024, "kill moments of single writes");
    for (int i = 0; i < 12; ++i) {
        test::TemporaryFolder const folder;
        auto const path = folder.path() / "result.h5";
        ResultFile::create(path, test::sample_layout(n_many_runs), test::sample_provenance(), {});
        Killing job({ABLATRIX_WRITER, "once", path.native()}, path, 1);
        ASSERT_TRUE(job.all_started(1));
        std::this_thread::sleep_for(std::chrono::microseconds{moment.below(40'000)});
        job.kill_all();
        auto const before = finished_rows(ResultFile::open_readonly(path));

        rebuild(journal_folder(path), folder.path() / "rebuilt.h5");
        auto file = ResultFile::open(path, {});
        replayed += file.replayed().any() ? 1 : 0;
        EXPECT_GE(finished_rows(file), before);
        EXPECT_LE(finished_rows(file), before + 1);  // one row was on its way
        EXPECT_TRUE(file.replayed().journals.damage.empty());
        EXPECT_TRUE(verify(file).damage.empty());
        EXPECT_TRUE(diff(file, ResultFile::open_readonly(folder.path() / "rebuilt.h5")).empty());
    }
    RecordProperty("files with a row in the journal only", static_cast<int>(replayed));
}

TEST(KillCreation, leaves_no_file_or_a_whole_one)
{
    test::TemporaryFolder const folder;
    auto const path = folder.path() / "result.h5";
    base::Stream moment(2024, "kill moments of creation");
    for (int i = 0; i < 10; ++i) {
        Killing job({ABLATRIX_WRITER, "create", path.native()}, path, 1);
        ASSERT_TRUE(job.all_started(1));
        std::this_thread::sleep_for(std::chrono::microseconds{moment.below(40'000)});
        job.kill_all();

        // An unfinished file has another name, and is no obstacle.
        if (!fs::exists(path)) ResultFile::create(path, test::sample_layout(n_runs), test::sample_provenance(), {});
        EXPECT_EQ(ResultFile::open(path, {}).layout().n_runs, n_runs);
        fs::remove(path);
    }
}

}  // namespace
}  // namespace ablatrix::store
