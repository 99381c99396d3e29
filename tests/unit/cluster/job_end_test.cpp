#include <ablatrix/cluster/job_end.hpp>

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ablatrix::cluster {
namespace {

/// A job with \p variables, in which squeue answers \p answer.
struct FakeJob
{
    std::map<std::string, std::string> variables;
    base::Ended answer;
    std::vector<std::string> asked = {};

    std::optional<JobEnd> end()
    {
        return job_end({[this](char const* name) {
                            auto const found = variables.find(name);
                            return found == variables.end() ? nullptr : found->second.c_str();
                        },
                        [this](std::vector<std::string> const& words) {
                            asked = words;
                            return answer;
                        }});
    }
};

TEST(JobEnd, is_unknown_outside_slurm)
{
    FakeJob job{{}, {0, "1700000000\n", ""}};

    EXPECT_FALSE(job.end());
    EXPECT_TRUE(job.asked.empty());
}

TEST(JobEnd, is_what_slurm_put_into_the_environment)
{
    FakeJob job{{{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_END_TIME", "1700000000"}}, {0, "1\n", ""}};

    auto const end = job.end();

    ASSERT_TRUE(end);
    EXPECT_EQ(end->at_s, 1700000000);
    EXPECT_EQ(end->source, "SLURM_JOB_END_TIME");
    EXPECT_TRUE(job.asked.empty());
}

TEST(JobEnd, is_what_squeue_says_where_slurm_is_older)
{
    FakeJob job{{{"SLURM_JOB_ID", "7"}}, {0, "1700000600\n", ""}};

    auto const end = job.end();

    ASSERT_TRUE(end);
    EXPECT_EQ(end->at_s, 1700000600);
    EXPECT_EQ(end->source, "squeue");
    EXPECT_THAT(job.asked, testing::Contains("7"));
}

TEST(JobEnd, is_unknown_without_a_limit_without_squeue_and_when_squeue_fails)
{
    EXPECT_FALSE((FakeJob{{{"SLURM_JOB_ID", "7"}}, {0, "N/A\n", ""}}.end()));
    EXPECT_FALSE((FakeJob{{{"SLURM_JOB_ID", "7"}}, {base::Ended::not_found, "", ""}}.end()));
    EXPECT_FALSE((FakeJob{{{"SLURM_JOB_ID", "7"}}, {1, "1700000600\n", "slurm_load_jobs error"}}.end()));
    EXPECT_FALSE((FakeJob{{{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_END_TIME", "soon"}}, {0, "", ""}}.end()));
}

}  // namespace
}  // namespace ablatrix::cluster
