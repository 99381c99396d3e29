#include <ablatrix/sched/execute.hpp>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/sched/costs.hpp>
#include <ablatrix/store/cache.hpp>

#include "fake_grid.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace ablatrix;
using sched_test::FakeGrid;
using sched_test::run_grid;
using test::TemporaryFolder;

class Execute : public ::testing::Test
{
  protected:
    Execute() { count(); }
    ~Execute() override { sched_test::set_hook({}); }

    /// Count stages by kind.
    void count()
    {
        sched_test::set_hook([this](std::string const& kind, plan::StageContext const&) { ++computed[kind]; });
    }

    sched::Outcome run(FakeGrid const& grid, std::string const& name = "result.h5",
                       sched::ExecuteOptions const& options = {})
    {
        mpi::Communicator alone;
        return run_grid(grid.plan, cache(), file(name), alone, options);
    }

    std::filesystem::path cache() const { return folder.path() / "cache"; }
    std::filesystem::path file(std::string const& name = "result.h5") const { return folder.path() / name; }

    std::vector<std::filesystem::path> artifacts(std::string const& kind) const
    {
        std::vector<std::filesystem::path> paths;
        for (auto const& info : store::ArtifactCache{cache()}.list()) {
            if (info.kind != kind) continue;
            auto const hash = info.fingerprint.text();
            for (auto const& entry : std::filesystem::recursive_directory_iterator{cache()}) {
                if (entry.path().filename().string().starts_with(hash)) paths.push_back(entry.path());
            }
        }
        return paths;
    }

    TemporaryFolder folder;
    std::map<std::string, int> computed;
};

TEST_F(Execute, makes_shared_stages_once_and_records_every_run)
{
    FakeGrid const grid{2, 3};

    auto const outcome = run(grid);

    EXPECT_EQ(outcome.runs_done, 6u);
    EXPECT_EQ(outcome.runs_failed, 0u);
    EXPECT_FALSE(outcome.stopped_early);
    EXPECT_EQ(computed, (std::map<std::string, int>{{"fake_source", 2}, {"fake_scores", 6}, {"fake_metrics", 6}}));
    // 14 artifacts, 2 truths, 12 columns, 6 runs
    EXPECT_EQ(outcome.tasks_made, 34u);

    auto const result = store::ResultFile::open_readonly(file());
    for (std::size_t r = 0; r < 6; ++r) {
        double const seed = static_cast<double>(r / 3 + 1);
        double const arm = static_cast<double>(r % 3);
        double const mean = 100 * seed + 10 * arm + 2.5;  // items 0..5
        EXPECT_TRUE(result.run_verified(r));
        EXPECT_EQ(result.read_metrics(0, r), (std::vector<double>{mean, mean + 2.5, -mean, -mean + 2.5}))
            << "run " << r;
        auto const record = result.read_run(r);
        EXPECT_EQ(record.scalars, std::vector<double>{2 * arm});
        EXPECT_EQ(record.attempts, 1);
        EXPECT_EQ(record.device, "cpu");
        EXPECT_GE(record.seconds, 0);
    }
}

TEST_F(Execute, running_again_does_nothing_even_without_the_cache)
{
    FakeGrid const grid{2, 2};
    run(grid);
    computed.clear();
    std::filesystem::remove_all(cache());

    auto const outcome = run(grid);

    EXPECT_TRUE(computed.empty());
    EXPECT_EQ(outcome.runs_done, 4u);
    EXPECT_EQ(outcome.runs_kept, 4u);
    EXPECT_EQ(outcome.tasks_made, 0u);
}

TEST_F(Execute, a_second_result_takes_everything_from_the_cache)
{
    FakeGrid const grid{2, 2};
    run(grid);
    computed.clear();

    auto const outcome = run(grid, "second.h5");

    EXPECT_TRUE(computed.empty());
    EXPECT_EQ(outcome.runs_done, 4u);
    EXPECT_EQ(outcome.tasks_cached, 10u);  // 2 sources, 4 scores, 4 metrics
    auto const first = store::ResultFile::open_readonly(file());
    auto const second = store::ResultFile::open_readonly(file("second.h5"));
    EXPECT_TRUE(store::diff(first, second).empty());
    EXPECT_EQ(first.read_stage(0).status, 1);
    EXPECT_EQ(second.read_stage(0).status, 2);
}

TEST_F(Execute, what_was_continued_teaches_no_costs_and_leaves_nothing)
{
    FakeGrid grid{1, 1};
    grid.plan.experiment.execution.save_every_s = 1;
    store::ArtifactCache const store{cache()};
    auto const leave_state_of = [&](std::string const& kind) {
        for (auto const& task : grid.plan.graph.tasks()) {
            if (task.kind == kind) std::filesystem::create_directories(store.unfinished_folder(task.fingerprint));
        }
    };
    leave_state_of("fake_scores");
    run(grid);

    sched::CostModel const costs{cache() / "costs.tsv"};
    EXPECT_FALSE(costs.estimate("fake_scores", 1).learned);
    EXPECT_TRUE(costs.estimate("fake_source", 1).learned);

    // A process that was killed when it had stored an artifact leaves its state.
    leave_state_of("fake_scores");
    run(grid, "second.h5");
    EXPECT_TRUE(std::filesystem::is_empty(cache() / "unfinished"));
}

TEST_F(Execute, a_larger_grid_only_makes_what_is_new)
{
    run(FakeGrid{1, 2});
    computed.clear();

    auto const outcome = run(FakeGrid{2, 2}, "larger.h5");

    EXPECT_EQ(outcome.runs_done, 4u);
    EXPECT_EQ(computed, (std::map<std::string, int>{{"fake_source", 1}, {"fake_scores", 2}, {"fake_metrics", 2}}));
}

TEST_F(Execute, a_throwing_stage_fails_only_the_runs_that_need_it_and_the_next_start_tries_again)
{
    FakeGrid const grid{2, 2};
    sched_test::set_hook([](std::string const& kind, plan::StageContext const& context) {
        if (kind == "fake_source" && context.params().get<std::int64_t>("seed") == 2)
            throw std::runtime_error("bad seed");
    });

    auto const outcome = run(grid);

    EXPECT_EQ(outcome.runs_done, 2u);
    EXPECT_EQ(outcome.runs_failed, 2u);
    EXPECT_EQ(outcome.tasks_failed, 1u);
    {
        auto const result = store::ResultFile::open_readonly(file());
        EXPECT_TRUE(result.run_verified(0));
        EXPECT_TRUE(result.run_verified(1));
        for (std::size_t const r : {2u, 3u}) {
            EXPECT_EQ(result.run_status(r), store::RunStatus::failed);
            EXPECT_EQ(result.read_run(r).error, "stage 'fake_source' failed: bad seed");
        }
    }

    count();
    auto const second = run(grid);

    EXPECT_EQ(second.runs_done, 4u);
    EXPECT_EQ(second.runs_kept, 2u);
    EXPECT_EQ(computed["fake_source"], 1);
    EXPECT_EQ(store::ResultFile::open_readonly(file()).read_run(2).attempts, 2);
}

TEST_F(Execute, a_stage_that_throws_once_is_retried)
{
    FakeGrid const grid{1, 1, 2};
    int left = 1;
    sched_test::set_hook([&left](std::string const& kind, plan::StageContext const&) {
        if (kind == "fake_scores" && left-- > 0) throw std::runtime_error("bad luck");
    });

    auto const outcome = run(grid);

    EXPECT_EQ(outcome.runs_done, 1u);
    EXPECT_EQ(outcome.tasks_failed, 0u);
    EXPECT_EQ(store::ResultFile::open_readonly(file()).read_stage(1).attempts + left, 2 - 1);
}

TEST_F(Execute, exceptions_of_any_type_are_failures)
{
    FakeGrid const grid{1, 1};
    sched_test::set_hook([](std::string const&, plan::StageContext const&) { throw 42; });

    auto const outcome = run(grid);

    EXPECT_EQ(outcome.runs_failed, 1u);
    EXPECT_NE(store::ResultFile::open_readonly(file()).read_run(0).error.find("not a std::exception"),
              std::string::npos);
}

TEST_F(Execute, a_damaged_artifact_is_remade_with_what_it_needs)
{
    FakeGrid const grid{1, 2};
    run(grid);
    computed.clear();
    auto const damaged = artifacts("fake_scores");
    ASSERT_EQ(damaged.size(), 2u);
    for (auto const& path : damaged) {
        std::fstream stream{path, std::ios::in | std::ios::out | std::ios::binary};
        stream.seekp(-3, std::ios::end);
        stream.put('!');
    }

    auto const outcome = run(grid, "second.h5");

    EXPECT_EQ(outcome.runs_done, 2u);
    EXPECT_EQ(outcome.runs_failed, 0u);
    EXPECT_EQ(computed, (std::map<std::string, int>{{"fake_scores", 2}}));
    EXPECT_TRUE(
        store::diff(store::ResultFile::open_readonly(file()), store::ResultFile::open_readonly(file("second.h5")))
            .empty());
}

TEST_F(Execute, sigterm_finishes_what_is_running_and_the_next_start_continues)
{
    FakeGrid const grid{3, 2};
    sched_test::set_hook([](std::string const& kind, plan::StageContext const& context) {
        if (kind == "fake_scores" && context.params().get_int("arm") == 1) std::raise(SIGTERM);
    });

    auto const outcome = run(grid);

    EXPECT_TRUE(outcome.stopped_early);
    EXPECT_LT(outcome.runs_done, 6u);
    EXPECT_EQ(outcome.runs_failed, 0u);

    auto const made_before = outcome.tasks_made;
    count();
    auto const second = run(grid);

    EXPECT_FALSE(second.stopped_early);
    EXPECT_EQ(second.runs_done, 6u);
    EXPECT_EQ(made_before + second.tasks_made, 3u + 6u + 6u + 3u + 12u + 6u);  // nothing twice
}

TEST_F(Execute, does_not_start_what_outlasts_the_deadline_and_the_next_start_continues)
{
    FakeGrid const grid{2, 2};
    std::filesystem::create_directories(cache());
    std::ofstream{cache() / "costs.tsv"} << "fake_scores\t1000000\t10\n";
    sched::ExecuteOptions options;
    options.deadline_s = sched::now_s() + 600;

    auto const outcome = run(grid, "result.h5", options);

    EXPECT_TRUE(outcome.stopped_early);
    EXPECT_EQ(computed, (std::map<std::string, int>{{"fake_source", 2}}));
    EXPECT_EQ(outcome.tasks_refused, 4u);  // the scores of two seeds and two arms
    EXPECT_GE(outcome.shortest_refused_s, 600);
    EXPECT_EQ(outcome.runs_failed, 0u);

    auto const second = run(grid);

    EXPECT_FALSE(second.stopped_early);
    EXPECT_EQ(second.runs_done, 4u);
    EXPECT_EQ(computed.at("fake_source"), 2);
}

TEST_F(Execute, a_signal_that_came_before_the_grid_started_counts)
{
    FakeGrid const grid{1, 1};
    sched::DrainSignals const early{{SIGUSR2}};
    std::raise(SIGUSR2);

    auto const outcome = run(grid);

    EXPECT_TRUE(outcome.stopped_early);
    EXPECT_TRUE(computed.empty());
}

TEST_F(Execute, costs_are_learned_for_the_next_session)
{
    FakeGrid const grid{1, 1};
    store::ArtifactCache const artifact_cache{cache()};
    EXPECT_FALSE(sched::what_remains(grid.plan, artifact_cache, nullptr).kinds.at(0).learned);

    run(grid);

    auto const remaining = sched::what_remains(grid.plan, artifact_cache, nullptr);
    ASSERT_EQ(remaining.kinds.at(0).kind, "fake_source");
    EXPECT_TRUE(remaining.kinds.at(0).learned);
}

TEST_F(Execute, what_remains_counts_tasks_by_kind)
{
    FakeGrid const grid{2, 3};
    store::ArtifactCache const artifact_cache{cache()};

    auto const fresh = sched::what_remains(grid.plan, artifact_cache, nullptr);

    EXPECT_EQ(fresh.runs, 6u);
    EXPECT_EQ(fresh.runs_done, 0u);
    std::map<std::string, std::size_t> tasks;
    double seconds = 0;
    for (auto const& kind : fresh.kinds) {
        tasks[kind.kind] = kind.tasks;
        seconds += kind.seconds;
        EXPECT_EQ(kind.cached, 0u);
    }
    EXPECT_EQ(tasks, (std::map<std::string, std::size_t>{{"fake_source", 2},
                                                         {"fake_scores", 6},
                                                         {"fake_metrics", 6},
                                                         {"record_truth", 2},
                                                         {"record_column", 12},
                                                         {"record_run", 6}}));
    EXPECT_DOUBLE_EQ(fresh.seconds, seconds);

    run(grid);
    auto const result = store::ResultFile::open_readonly(file());
    auto const finished = sched::what_remains(grid.plan, artifact_cache, &result);
    EXPECT_EQ(finished.runs_done, 6u);
    EXPECT_EQ(finished.seconds, 0);
    for (auto const& kind : finished.kinds)
        EXPECT_EQ(kind.cached, kind.tasks);
}

TEST_F(Execute, simulation_of_a_finished_grid_takes_no_time)
{
    FakeGrid const grid{2, 2};
    store::ArtifactCache const artifact_cache{cache()};
    auto const before = sched::simulate(grid.plan, artifact_cache, nullptr, 4);
    EXPECT_GT(before.makespan_s, 0);
    EXPECT_GE(before.makespan_s, before.critical_path_s);

    run(grid);

    auto const result = store::ResultFile::open_readonly(file());
    EXPECT_EQ(sched::simulate(grid.plan, artifact_cache, &result, 4).makespan_s, 0);
}

}  // namespace
