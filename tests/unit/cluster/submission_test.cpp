#include <ablatrix/cluster/submission.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/program.hpp>

#include "support/temporary_folder.hpp"

namespace ablatrix::cluster {
namespace {

using testing::HasSubstr;
using testing::Not;

/// \p tasks of \p seconds each that do not depend on each other.
Workload equal_tasks(int tasks, double seconds)
{
    Workload work;
    work.runs = static_cast<std::size_t>(tasks);
    work.tasks = work.runs;
    work.work_s = tasks * seconds;
    work.longest_s = seconds;
    work.makespan_s = [=](int workers) { return std::ceil(tasks / static_cast<double>(workers)) * seconds; };
    return work;
}

std::string error_of(Workload const& work, SizeRequest const& request)
{
    try {
        size_job(work, request);
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

TEST(SizeJob, takes_one_worker_a_gpu)
{
    SizeRequest request;
    request.nodes = 2;
    request.gpus_per_node = 4;

    auto const size = size_job(equal_tasks(80, 600), request);

    EXPECT_EQ(size.workers_per_node, 4);
    EXPECT_EQ(size.workers(), 8);
    EXPECT_DOUBLE_EQ(size.predicted_s, 6000);  // 80 / 8 rounds of 600 s
    EXPECT_TRUE(size.fits);
}

TEST(SizeJob, takes_as_many_workers_as_are_busy)
{
    EXPECT_EQ(size_job(equal_tasks(1000, 10), {}).workers_per_node, 32);
    // 10 tasks: 2 workers are busy all of the time, 4 of them 10 of 12 places (83 %), 8 of them 10 of 16 (63 %).
    EXPECT_EQ(size_job(equal_tasks(10, 100), {}).workers_per_node, 4);
    // 8 workers take 50 s for 40 tasks of 10 s: soon enough.
    EXPECT_EQ(size_job(equal_tasks(40, 10), {}).workers_per_node, 8);
    EXPECT_EQ(size_job(equal_tasks(1, 100), {}).workers_per_node, 1);
}

TEST(SizeJob, asks_for_half_as_much_again_and_a_start)
{
    SizeRequest request;
    request.workers_per_node = 10;
    auto work = equal_tasks(100, 360);

    // 10 rounds of 360 s are an hour; 1.5 h, a quarter of an hour to start and 2 minutes of notice.
    EXPECT_DOUBLE_EQ(size_job(work, request).time_s, 5400 + 900 + 120);
    work.is_learned = false;
    EXPECT_DOUBLE_EQ(size_job(work, request).time_s, 4 * 3600 + 900 + 120);
}

TEST(SizeJob, refuses_a_plan_that_does_not_fit_unless_it_may_come_in_parts)
{
    SizeRequest request;
    request.workers_per_node = 10;
    request.time_s = 1800;

    EXPECT_THAT(
        error_of(equal_tasks(100, 360), request),
        HasSubstr("does not fit into 00:30:00: with 10 workers it takes about 1 h 00 min. Give --time 01:47:00"));
    request.in_parts = true;
    auto const size = size_job(equal_tasks(100, 360), request);

    EXPECT_FALSE(size.fits);
    EXPECT_THAT(describe(equal_tasks(100, 360), size), HasSubstr("Asking for 00:30:00, which takes about 3 starts."));
}

TEST(SizeJob, refuses_a_time_in_which_the_longest_task_never_ends)
{
    SizeRequest request;
    request.time_s = 3600;
    request.in_parts = true;

    EXPECT_THAT(error_of(equal_tasks(2, 7200), request), HasSubstr("the longest task takes about 2 h 00 min"));
}

TEST(SizeJob, does_not_refuse_because_of_guesses)
{
    SizeRequest request;
    request.time_s = 3600;
    auto work = equal_tasks(2, 7200);
    work.is_learned = false;

    auto const size = size_job(work, request);

    EXPECT_DOUBLE_EQ(size.time_s, 3600);
    EXPECT_THAT(describe(work, size), HasSubstr("roughly 2 h 00 min with 2 workers on 1 node"));
}

TEST(SizeJob, refuses_finished_work_and_a_time_that_is_all_notice)
{
    EXPECT_THAT(error_of(equal_tasks(0, 1), {}), HasSubstr("nothing is left to do"));
    SizeRequest request;
    request.time_s = 120;
    EXPECT_THAT(error_of(equal_tasks(1, 1), request), HasSubstr("leaves no room for the notice"));
}

JobSize two_nodes()
{
    JobSize size;
    size.nodes = 2;
    size.gpus_per_node = 4;
    size.workers_per_node = 4;
    size.cpus_per_task = 8;
    size.time_s = 3600;
    return size;
}

ScriptFacts facts()
{
    ScriptFacts facts;
    facts.name = "sst2";
    facts.comment = "two\nlines";
    facts.log = "/results/sst2-%j.log";
    facts.folder = "/home/me/it's here";
    facts.partition = "gpu";
    facts.sbatch_options = {"--comment=two words"};
    facts.command = {"/opt/ablatrix", "run", "e.yaml", "--set", "a=[1, 2]"};
    return facts;
}

TEST(BatchScript, begins_with_the_directives)
{
    EXPECT_THAT(batch_script(two_nodes(), facts()), testing::StartsWith("#!/usr/bin/env bash\n"
                                                                        "# two lines\n"
                                                                        "#SBATCH --job-name=sst2\n"
                                                                        "#SBATCH --nodes=2\n"
                                                                        "#SBATCH --ntasks-per-node=5\n"
                                                                        "#SBATCH --cpus-per-task=8\n"
                                                                        "#SBATCH --gpus-per-node=4\n"
                                                                        "#SBATCH --time=01:00:00\n"
                                                                        "#SBATCH --partition=gpu\n"
                                                                        "#SBATCH --signal=B:USR1@120\n"
                                                                        "#SBATCH --requeue\n"
                                                                        "#SBATCH --open-mode=append\n"
                                                                        "#SBATCH --output=/results/sst2-%j.log\n"
                                                                        "#SBATCH '--comment=two words'\n"
                                                                        "set -uo pipefail\n"));
}

TEST(BatchScript, leaves_out_what_was_not_asked_for)
{
    auto bare = facts();
    bare.partition.clear();
    JobSize size;
    size.time_s = 600;
    auto const text = batch_script(size, bare);

    for (char const* option : {"--gpus", "--cpus-per-task", "--partition", "--account"})
        EXPECT_THAT(text, Not(HasSubstr(std::string{"#SBATCH "} + option)));
}

/// What mpirun is started with when \p script runs with the nodes "one" and "two"; a word a line.
std::string mpirun_words(std::string const& script, test::TemporaryFolder const& folder)
{
    auto const tool = [&](std::string const& name, std::string const& text) {
        std::ofstream{folder.path() / name} << "#!/bin/sh\n" << text;
        std::filesystem::permissions(folder.path() / name, std::filesystem::perms::all);
    };
    tool("scontrol", "printf 'one\\ntwo\\n'\n");
    tool("mpirun", "printf '%s\\n' \"$@\"\nexit 2\n");
    tool("script", script);
    auto const ended = base::run_program({"env", "PATH=" + folder.path().string() + ":/usr/bin:/bin", "SLURM_JOB_ID=1",
                                          "SLURM_JOB_NODELIST=[one,two]", "bash", folder.path() / "script"});
    EXPECT_EQ(ended.errors, "");
    EXPECT_EQ(ended.status, 2);  // the exit code of the ranks becomes that of the job
    return ended.output;
}

TEST(BatchScript, starts_the_coordinator_on_the_first_node_and_a_worker_a_gpu_on_all)
{
    test::TemporaryFolder const folder;
    auto in_folder = facts();
    in_folder.folder = folder.path();

    EXPECT_EQ(mpirun_words(batch_script(two_nodes(), in_folder), folder),
              "--bind-to\nnone\n--host\none:5,two:4\n-n\n9\n/opt/ablatrix\nrun\ne.yaml\n--set\na=[1, 2]\n");
}

TEST(BatchScript, holds_the_functions_that_the_scripts_of_the_repository_share)
{
    std::ifstream in{ABLATRIX_SOURCE_DIR "/slurm/job.sh"};
    std::string const shared{std::istreambuf_iterator<char>{in}, {}};

    ASSERT_FALSE(shared.empty());
    EXPECT_THAT(batch_script(two_nodes(), facts()), HasSubstr(shared));
}

TEST(ShellQuoted, reads_back_in_bash)
{
    EXPECT_EQ(shell_quoted("--set"), "--set");
    EXPECT_EQ(shell_quoted(""), "''");
    for (std::string const word : {"it's", "a b", "$HOME", "a\"b\\c", "~", "x;y", "{a,b}", "two\nlines"})
        EXPECT_EQ(base::run_program({"bash", "-c", "printf %s " + shell_quoted(word)}).output, word);
}

TEST(JobId, is_what_sbatch_prints)
{
    EXPECT_EQ(job_id("17\n"), "17");
    EXPECT_EQ(job_id("17;cluster\n"), "17");
    EXPECT_THROW(job_id("Submitted batch job"), Error);
    EXPECT_THROW(job_id(""), Error);
}

}  // namespace
}  // namespace ablatrix::cluster
