#include <ablatrix/sched/execute.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/costs.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/sched/fake_grid.hpp"

namespace {

using namespace ablatrix;
using sched_test::FakeGrid;
using sched_test::run_grid;
using test::TemporaryFolder;

/// A folder that rank 0 makes and removes, and all ranks see.
class SharedFolder
{
  public:
    explicit SharedFolder(mpi::Communicator const& world) : world_(world)
    {
        if (world.rank() == 0) own_.emplace();
        path_ = world.broadcast(own_ ? own_->path().string() : std::string{});
    }
    ~SharedFolder() { world_.barrier(); }
    std::filesystem::path path() const { return path_; }

  private:
    mpi::Communicator const& world_;
    std::optional<TemporaryFolder> own_;
    std::filesystem::path path_;
};

/// What one rank alone makes of \p plan, in a cache of its own; on rank 0 only.
void run_alone(plan::ExperimentPlan const& plan, std::filesystem::path const& folder, int rank)
{
    if (rank != 0) return;
    mpi::Communicator alone;
    run_grid(plan, folder / "alone-cache", folder / "alone.h5", alone);
}

TEST(ExecuteOnRanks, any_number_of_ranks_writes_the_same_result)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid const grid{4, 5};

    auto const outcome = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);
    run_alone(grid.plan, folder.path(), world.rank());

    EXPECT_EQ(outcome.runs_done, 20u);
    EXPECT_EQ(outcome.tasks_made, 4u + 20u + 20u + 4u + 40u + 20u);  // every task once, whoever made it
    if (world.rank() == 0) {
        auto const ranks = store::ResultFile::open_readonly(folder.path() / "ranks.h5");
        auto const alone = store::ResultFile::open_readonly(folder.path() / "alone.h5");
        auto const differences = store::diff(ranks, alone);
        EXPECT_TRUE(differences.empty()) << differences.front().where;
    }
}

TEST(ExecuteOnRanks, failures_are_recorded_alike_and_resume_completes)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid const grid{3, 3, 2};
    sched_test::set_hook([](std::string const& kind, plan::StageContext const& context) {
        if (kind == "fake_scores" && context.params().get_int("arm") == 1) throw std::runtime_error("arm 1 is broken");
    });

    auto const first = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);
    run_alone(grid.plan, folder.path(), world.rank());
    EXPECT_EQ(first.runs_done, 6u);
    EXPECT_EQ(first.runs_failed, 3u);
    if (world.rank() == 0) {
        auto const ranks = store::ResultFile::open_readonly(folder.path() / "ranks.h5");
        auto const alone = store::ResultFile::open_readonly(folder.path() / "alone.h5");
        EXPECT_TRUE(store::diff(ranks, alone).empty());
        EXPECT_EQ(ranks.read_run(1).error, "stage 'fake_scores' failed: arm 1 is broken");
    }
    world.barrier();

    sched_test::set_hook({});
    auto const second = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);
    EXPECT_EQ(second.runs_done, 9u);
    EXPECT_EQ(second.runs_kept, 6u);
}

TEST(ExecuteOnRanks, damaged_artifacts_are_remade_once_whoever_finds_them)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid const grid{3, 3};
    run_grid(grid.plan, folder.path() / "cache", folder.path() / "first.h5", world);
    if (world.rank() == 0) {
        for (auto const& entry : std::filesystem::recursive_directory_iterator{folder.path() / "cache" / "artifacts"}) {
            if (!entry.is_regular_file()) continue;
            std::fstream stream{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
            stream.seekp(-3, std::ios::end);
            stream.put('!');
        }
    }
    world.barrier();

    auto const outcome = run_grid(grid.plan, folder.path() / "cache", folder.path() / "second.h5", world);

    EXPECT_EQ(outcome.runs_done, 9u);
    EXPECT_EQ(outcome.runs_failed, 0u);
    if (world.rank() == 0) {
        auto const first = store::ResultFile::open_readonly(folder.path() / "first.h5");
        auto const second = store::ResultFile::open_readonly(folder.path() / "second.h5");
        EXPECT_TRUE(store::diff(first, second).empty());
    }
}

TEST(ExecuteOnRanks, a_signal_to_any_rank_drains_and_the_next_start_continues)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid const grid{6, 4};
    sched_test::set_hook([](std::string const& kind, plan::StageContext const&) {
        if (kind == "fake_scores") std::raise(SIGUSR1);
    });

    auto const first = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);
    sched_test::set_hook({});
    auto const second = run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);

    EXPECT_TRUE(first.stopped_early);
    EXPECT_LT(first.runs_done, 24u);
    EXPECT_FALSE(second.stopped_early);
    EXPECT_EQ(second.runs_done, 24u);
    EXPECT_EQ(first.tasks_made + second.tasks_made, 6u + 24u + 24u + 6u + 48u + 24u);  // nothing twice
}

TEST(ExecuteOnRanks, what_was_continued_teaches_no_costs)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid grid{1, 2};
    grid.plan.experiment.execution.save_every_s = 1;
    if (world.rank() == 0) {
        store::ArtifactCache const cache{folder.path() / "cache"};
        for (auto const& task : grid.plan.graph.tasks()) {
            if (task.kind == "fake_scores")
                std::filesystem::create_directories(cache.unfinished_folder(task.fingerprint));
        }
    }
    world.barrier();

    run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world);

    if (world.rank() != 0) return;
    sched::CostModel const costs{folder.path() / "cache" / "costs.tsv"};
    EXPECT_FALSE(costs.estimate("fake_scores", 1).learned);
    EXPECT_TRUE(costs.estimate("fake_source", 1).learned);
}

/// Leaves a file when the scheduler drains.
class DrainWitness final : public sched::DispatchListener
{
  public:
    explicit DrainWitness(std::filesystem::path file) : file_(std::move(file)) {}
    void reported(sched::Scheduler const&, int, sched::TaskReport const&) override {}
    void failed(sched::Scheduler const&, std::vector<sched::Failure> const&) override {}
    void tick(sched::Scheduler const& scheduler, double) override
    {
        if (scheduler.draining()) std::ofstream{file_} << "draining";
    }

  private:
    std::filesystem::path file_;
};

TEST(Drivers, a_worker_that_is_asked_to_stop_says_so_while_its_task_runs)
{
    auto world = mpi::Communicator::world();
    if (world.size() == 1) GTEST_SKIP() << "needs a worker";
    SharedFolder const folder{world};
    auto const witness = folder.path() / "draining";
    sched::DrainSignals const signals{{SIGUSR1}};
    if (world.rank() == 0) {
        sched::TaskTable table;
        for (int i = 0; i < 2 * world.size(); ++i)
            table.add({}, {});
        sched::Scheduler scheduler{table, {}};
        DrainWitness listener{witness};
        sched::coordinate(scheduler, world, listener);
        EXPECT_EQ(scheduler.counts().done, static_cast<std::size_t>(world.size() - 1));
    }
    else {
        sched::work(world, [&](sched::Assignment const&, sched::Meanwhile const& meanwhile) {
            std::raise(SIGUSR1);
            while (meanwhile() != sched::Wish::give_up &&
                   !std::filesystem::exists(witness))  // or for ever, until the test's timeout
                std::this_thread::yield();
            return sched::TaskReport{};
        });
    }
}

TEST(ExecuteOnRanks, more_ranks_than_tasks_end_in_peace)
{
    auto world = mpi::Communicator::world();
    SharedFolder const folder{world};
    FakeGrid const grid{1, 1};

    EXPECT_EQ(run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world).runs_done, 1u);
    EXPECT_EQ(run_grid(grid.plan, folder.path() / "cache", folder.path() / "ranks.h5", world).tasks_made, 0u);
}

}  // namespace
