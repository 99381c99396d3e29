#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "fake_grid.hpp"
#include "faulty_stages.hpp"
#include "src/sched/detail/child_process.hpp"
#include "src/sched/detail/stage_child.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace ablatrix;
using sched::TaskStatus;
using sched::Wish;
using sched::detail::StageChild;
using sched::detail::StageRequest;
using sched::detail::StageResult;
using sched::detail::Welcome;
using sched_test::FakeGrid;
using sched_test::Fault;
using sched_test::run_grid;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A line of the log that the child writes.
struct Line
{
    std::string kind;
    int pid = 0, parent = 0;
    std::string descriptors, variables, mpi;
};

class Isolation : public ::testing::Test
{
  protected:
    Isolation() { ::setenv("ABLATRIX_TEST_LOG", log_file().c_str(), 1); }
    ~Isolation() override
    {
        for (char const* const name : {"ABLATRIX_TEST_LOG", "ABLATRIX_TEST_FAULTS"})
            ::unsetenv(name);
    }

    void let_stages_fail() { ::setenv("ABLATRIX_TEST_FAULTS", "1", 1); }

    sched::Outcome run(FakeGrid const& grid, std::string const& name)
    {
        mpi::Communicator alone;
        sched::ExecuteOptions options;
        options.stage_child = {FAULTY_STAGES};
        return run_grid(grid.plan, folder.path() / (name + "-cache"), file(name), alone, options);
    }

    std::filesystem::path file(std::string const& name) const { return folder.path() / (name + ".h5"); }
    std::filesystem::path log_file() const { return folder.path() / "log"; }

    std::vector<Line> log() const
    {
        std::vector<Line> lines;
        std::ifstream in(log_file());
        for (Line line; in >> line.kind >> line.pid >> line.parent >> line.descriptors >> line.variables >> line.mpi;)
            lines.push_back(line);
        return lines;
    }

    StageChild child() const { return StageChild{{FAULTY_STAGES}, Welcome{0, 3, cache().string(), {1, "cpu", 300}}}; }
    std::filesystem::path cache() const { return folder.path() / "cache"; }
    static StageRequest source(std::int64_t seed)
    {
        return {{7, static_cast<std::uint64_t>(seed)}, "fake_source", plan::Params{}.set("seed", seed), {}};
    }
    static StageRequest scores(Fault fault)
    {
        return {{8, static_cast<std::uint64_t>(fault)},
                "fake_scores",
                plan::Params{}.set("arm", static_cast<std::int64_t>(fault)),
                {{"source", source(1).output}}};
    }
    static Wish go_on() { return Wish::go_on; }

    test::TemporaryFolder folder;
};

FakeGrid isolated(int n_seeds, int n_arms, int max_attempts = 1)
{
    FakeGrid grid{n_seeds, n_arms, max_attempts};
    grid.plan.experiment.execution.isolation = plan::Isolation::process;
    return grid;
}

TEST_F(Isolation, every_way_to_go_wrong_fails_its_runs_only_and_is_named)
{
    let_stages_fail();
    auto grid = isolated(1, static_cast<int>(Fault::count));
    grid.plan.experiment.execution.crash_limit = 2;
    grid.plan.experiment.execution.timeouts["fake_scores"] = 3;

    auto const outcome = run(grid, "faults");

    EXPECT_EQ(outcome.runs_done, 2u);  // none, and segfault_once at its second attempt
    EXPECT_EQ(outcome.runs_failed, 7u);
    auto const result = store::ResultFile::open_readonly(file("faults"));
    auto const error = [&](Fault fault) { return result.read_run(static_cast<std::size_t>(fault)).error; };
    std::string const stage = "stage 'fake_scores' failed: ";
    EXPECT_EQ(error(Fault::none), "");
    EXPECT_EQ(error(Fault::segfault), stage + "killed by signal 11 (SIGSEGV)");
    EXPECT_EQ(error(Fault::endless_loop), stage +
                                              "took longer than 3.0 s and was stopped (execution.timeout). Allow "
                                              "more time, or less work");
    EXPECT_EQ(error(Fault::out_of_memory), stage + "out of memory (std::bad_alloc)");
    EXPECT_EQ(error(Fault::out_of_memory_abort), stage + "killed by signal 6 (SIGABRT)");
    EXPECT_EQ(error(Fault::exception), stage + "the rows are wrong");
    EXPECT_EQ(error(Fault::exit_with_code_3), stage + "exited with code 3");
    EXPECT_EQ(error(Fault::killed), stage + "killed by signal 9 (SIGKILL), as the kernel does when memory runs out");
    EXPECT_EQ(error(Fault::segfault_once), "");
}

TEST_F(Isolation, a_crashing_task_is_tried_as_often_as_its_limit_says)
{
    let_stages_fail();
    for (int const limit : {1, 3}) {
        std::filesystem::remove(log_file());
        auto grid = isolated(1, 2);
        grid.plan.experiment.execution.crash_limit = limit;

        run(grid, "limit" + std::to_string(limit));

        std::map<int, int> scores;  // by process
        for (auto const& line : log())
            if (line.kind == "fake_scores") ++scores[line.pid];
        int total = 0;
        for (auto const& [pid, count] : scores)
            total += count;
        EXPECT_EQ(total, 1 + limit) << "arm 0 once, arm 1 until its limit";
    }
}

TEST_F(Isolation, gives_the_same_result_as_running_in_one_process)
{
    auto const outcome = run(isolated(2, 3), "isolated");
    EXPECT_EQ(log().size(), 2u + 6u + 6u);  // every stage ran in the child
    FakeGrid const plain{2, 3};
    auto const alone = run(plain, "plain");
    EXPECT_EQ(log().size(), 2u + 6u + 6u);  // and now none did

    EXPECT_EQ(outcome.tasks_made, alone.tasks_made);
    auto const differences = store::diff(store::ResultFile::open_readonly(file("isolated")),
                                         store::ResultFile::open_readonly(file("plain")));
    EXPECT_TRUE(differences.empty()) << differences.front().where;
    store::ArtifactCache const a{folder.path() / "isolated-cache"}, b{folder.path() / "plain-cache"};
    ASSERT_EQ(a.list().size(), b.list().size());
    for (auto const& info : a.list())
        EXPECT_EQ(a.load(info.fingerprint), b.load(info.fingerprint)) << info.kind;
}

TEST_F(Isolation, the_child_lives_on_and_holds_nothing_of_its_worker)
{
    ::setenv("OMPI_COMM_WORLD_RANK", "5", 1);
    ::setenv("CUDA_VISIBLE_DEVICES", "GPU-17", 1);
    int const leaky = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as libraries do

    run(isolated(2, 2), "result");

    ::close(leaky);
    ::unsetenv("OMPI_COMM_WORLD_RANK");
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    auto const lines = log();
    ASSERT_FALSE(lines.empty());
    for (auto const& line : lines) {
        EXPECT_EQ(line.pid, lines[0].pid);
        EXPECT_EQ(line.parent, ::getpid());
        EXPECT_EQ(line.descriptors, "0,1,2,3");
        EXPECT_EQ(line.variables, "CUDA_VISIBLE_DEVICES=GPU-17,OMPI_COMM_WORLD_RANK=-");
        EXPECT_EQ(line.mpi, "no-mpi");
    }
    EXPECT_EQ(::waitpid(lines[0].pid, nullptr, WNOHANG), -1);  // and it was reaped
}

TEST_F(Isolation, a_child_that_ended_between_stages_is_replaced_without_a_failure)
{
    auto worker = child();
    EXPECT_EQ(worker.run(source(1), 0, go_on).status, TaskStatus::made);
    ::kill(log().back().pid, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(log().back().pid), &info, WEXITED | WNOWAIT);

    EXPECT_EQ(worker.run(source(2), 0, go_on).status, TaskStatus::made);

    EXPECT_NE(log()[0].pid, log()[1].pid);
    EXPECT_TRUE(store::ArtifactCache{cache()}.load(source(2).output).has_value());
}

TEST_F(Isolation, a_missing_input_is_reported_as_such)
{
    auto worker = child();

    auto const result = worker.run(scores(Fault::none), 0, go_on);

    EXPECT_EQ(result.status, TaskStatus::input_lost);
    EXPECT_EQ(result.lost_input, 0u);
}

TEST_F(Isolation, a_worker_that_is_to_end_gives_the_stage_up)
{
    let_stages_fail();
    auto worker = child();
    worker.run(source(1), 0, go_on);
    int calls = 0;

    auto const result =
        worker.run(scores(Fault::endless_loop), 0, [&] { return ++calls < 3 ? Wish::go_on : Wish::give_up; });

    EXPECT_EQ(result.status, TaskStatus::failed);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(::waitpid(log().back().pid, nullptr, WNOHANG), -1);  // killed and reaped
}

TEST_F(Isolation, a_stage_that_can_be_continued_stops_when_it_is_to_wrap_up)
{
    let_stages_fail();
    auto worker = child();
    worker.run(source(1), 0, go_on);
    int calls = 0;

    auto const result =
        worker.run(scores(Fault::until_told), 0, [&] { return ++calls < 3 ? Wish::go_on : Wish::wrap_up; });

    EXPECT_EQ(result.status, TaskStatus::stopped);
    EXPECT_GE(calls, 3);
    // The wish is over with its stage, and one that came too late disturbs nobody.
    int const pid = log().back().pid;
    auto const wrap_up = [] { return Wish::wrap_up; };
    for (int seed = 2; seed < 6; ++seed)
        EXPECT_EQ(worker.run(source(seed), 0, wrap_up).status, TaskStatus::made);
    EXPECT_EQ(worker.run(scores(Fault::until_told), 0, wrap_up).status, TaskStatus::stopped);
    EXPECT_EQ(worker.run(scores(Fault::none), 0, go_on).status, TaskStatus::made);
    EXPECT_EQ(log().back().pid, pid);
}

TEST_F(Isolation, signals_that_drain_a_job_do_not_disturb_a_stage)
{
    let_stages_fail();
    auto worker = child();
    worker.run(source(1), 0, go_on);
    int const pid = log().back().pid;
    for (int const signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2})
        ::kill(pid, signal);

    EXPECT_EQ(worker.run(source(2), 0, go_on).status, TaskStatus::made);
    EXPECT_EQ(log().back().pid, pid);
}

TEST_F(Isolation, the_child_dies_with_its_worker)
{
    let_stages_fail();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans become children of this test
    ::pid_t const pid = ::fork();
    if (pid == 0) {
        auto worker = child();
        worker.run(source(1), 0, go_on);
        worker.run(scores(Fault::endless_loop), 0, [this] {
            if (log().size() == 2) std::raise(SIGKILL);
            return Wish::go_on;
        });
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_EQ(sched::detail::describe_status(status),
              "killed by signal 9 (SIGKILL), as the kernel does when memory runs out");

    int const orphan = log().back().pid;
    ASSERT_EQ(::waitpid(orphan, &status, 0), orphan);  // the test's timeout ends a wait in vain
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

std::string start_error(std::vector<std::string> const& command, std::filesystem::path const& cache)
{
    StageChild worker{command, Welcome{0, 0, cache.string(), {1, "cpu"}}};
    try {
        worker.run({{1, 1}, "fake_source", plan::Params{}.set("seed", 1), {}}, 0, [] { return Wish::go_on; });
    }
    catch (Error const& error) {
        return error.what();
    }
    return "";
}

TEST_F(Isolation, a_program_that_is_no_child_is_named)
{
    EXPECT_THAT(start_error({"/no/such/program"}, cache()),
                HasSubstr("'/no/such/program' (No such file or directory)"));
    EXPECT_EQ(start_error({"/bin/false"}, cache()),
              "the child process for stages did not start (exited with code 1). Run with execution.isolation: none");
    EXPECT_THAT(start_error({"/bin/sh", "-c", "echo 'Hello, who are you there?' >&3; read line"}, cache()),
                HasSubstr("(sent a message without its mark)"));
}

TEST_F(Isolation, an_answer_that_makes_no_sense_counts_as_a_crash)
{
    // Says "ready" as the protocol wants it, then babbles.
    auto const ready = folder.path() / "ready";
    auto const frame = sched::detail::encode_frame(sched::detail::FrameType::ready, {});
    std::ofstream{ready, std::ios::binary}.write(reinterpret_cast<char const*>(frame.data()),
                                                 static_cast<std::streamsize>(frame.size()));
    StageChild worker{{"/bin/sh", "-c",
                       "cat '" + ready.string() +
                           "' >&3; echo 'not what you wanted to hear' >&3; "
                           "sleep 60"},
                      Welcome{0, 0, cache().string(), {1, "cpu"}}};

    auto const result = worker.run(source(1), 0, go_on);

    EXPECT_EQ(result.status, TaskStatus::crashed);
    EXPECT_EQ(result.error, "its process sent a message without its mark");
}

TEST_F(Isolation, a_timeout_asks_for_a_process_and_a_program_without_one_says_so)
{
    FakeGrid grid{1, 1};
    grid.plan.experiment.execution.timeout_s = 100;
    EXPECT_EQ(run(grid, "timeout").runs_done, 1u);
    EXPECT_NE(log().front().pid, ::getpid());

    mpi::Communicator alone;
    EXPECT_THROW(run_grid(grid.plan, cache(), file("none"), alone), Error);
}

TEST(ChildProcess, an_environment_loses_what_mpirun_tells_a_rank)
{
    char const* const variables[] = {"HOME=/root",        "OMPI_COMM_WORLD_RANK=1", "PMIX_RANK=1", "PMI_RANK=1",
                                     "OMP_NUM_THREADS=2", "CUDA_VISIBLE_DEVICES=0", nullptr};
    EXPECT_EQ(sched::detail::child_environment(variables),
              (std::vector<std::string>{"HOME=/root", "OMP_NUM_THREADS=2", "CUDA_VISIBLE_DEVICES=0"}));
}

}  // namespace
