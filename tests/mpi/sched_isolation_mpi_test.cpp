#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <unistd.h>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/sched/fake_grid.hpp"
#include "unit/sched/faulty_stages.hpp"

namespace {

using namespace ablatrix;
using sched_test::FakeGrid;
using sched_test::Fault;
using sched_test::run_grid;

/// A folder that rank 0 makes and removes, and all ranks see; stages write their log there.
class LoggedFolder
{
  public:
    explicit LoggedFolder(mpi::Communicator const& world) : world_(world)
    {
        if (world.rank() == 0) own_.emplace();
        path_ = world.broadcast(own_ ? own_->path().string() : std::string{});
        ::setenv("ABLATRIX_TEST_LOG", (path_ / "log").c_str(), 1);
        ::setenv("ABLATRIX_TEST_FAULTS", "1", 1);
    }
    ~LoggedFolder() { world_.barrier(); }
    std::filesystem::path path() const { return path_; }

  private:
    mpi::Communicator const& world_;
    std::optional<test::TemporaryFolder> own_;
    std::filesystem::path path_;
};

sched::ExecuteOptions with_child()
{
    sched::ExecuteOptions options;
    options.stage_child = {FAULTY_STAGES};
    return options;
}

/// Parents of the processes that ran stages, by process.
std::map<int, int> processes(std::filesystem::path const& log)
{
    std::map<int, int> parents;
    std::ifstream in(log);
    std::string kind, descriptors, variables, mpi;
    for (int pid = 0, parent = 0; in >> kind >> pid >> parent >> descriptors >> variables >> mpi;)
        parents[pid] = parent;
    return parents;
}

TEST(IsolationOnRanks, crashes_fail_the_same_runs_on_any_number_of_ranks)
{
    auto world = mpi::Communicator::world();
    LoggedFolder const folder{world};
    FakeGrid grid{2, static_cast<int>(Fault::segfault) + 1};
    grid.plan.experiment.execution.isolation = plan::Isolation::process;
    grid.plan.experiment.execution.crash_limit = 2;

    auto const outcome = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world, with_child());

    EXPECT_EQ(outcome.runs_done, 2u);
    EXPECT_EQ(outcome.runs_failed, 2u);
    if (world.rank() == 0) {
        auto const result = store::ResultFile::open_readonly(folder.path() / "ranks.h5");
        for (std::size_t const run : {1u, 3u})
            EXPECT_EQ(result.read_run(run).error, "stage 'fake_scores' failed: killed by signal 11 (SIGSEGV)");
    }
}

TEST(IsolationOnRanks, is_the_default_on_more_than_one_rank)
{
    auto world = mpi::Communicator::world();
    LoggedFolder const folder{world};
    FakeGrid const grid{3, 1};

    auto const outcome = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world, with_child());

    EXPECT_EQ(outcome.runs_done, 3u);
    auto const ranks = world.gather_all(std::to_string(::getpid()));
    if (world.rank() == 0) {
        auto const children = processes(folder.path() / "log");
        EXPECT_EQ(children.empty(), world.size() == 1);
        for (auto const& [pid, parent] : children) {
            auto const worker = std::find(ranks.begin(), ranks.end(), std::to_string(parent));
            EXPECT_TRUE(worker != ranks.end() && worker != ranks.begin()) << "started by process " << parent;
        }
        EXPECT_LT(children.size(), static_cast<std::size_t>(world.size()));  // one a worker, from stage to stage
    }
}

}  // namespace
