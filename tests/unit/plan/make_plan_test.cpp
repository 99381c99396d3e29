#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/plan/experiment.hpp>

#include "unit/plan/fake_job.hpp"

namespace ablatrix::plan {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

std::map<std::string, std::size_t> count_kinds(Graph const& graph)
{
    std::map<std::string, std::size_t> out;
    for (Task const& task : graph.tasks())
        ++out[task.kind];
    return out;
}

std::vector<std::string> roles(Task const& task)
{
    std::vector<std::string> out;
    for (TaskInput const& input : task.inputs)
        out.push_back(input.role);
    return out;
}

std::string const two_arms =
    "job: fake\ngrid:\n  product: {seed: [1, 2]}\n  arms: {axis: ablate, values: {full: {}, less: {signals.off: "
    "[x]}}}\n";

}  // namespace

// Two seeds and two arms: source once; noise, train and plain metrics once a seed; combine and its metrics once a run.
TEST(MakePlan, arms_share_everything_above_their_difference)
{
    FakePlan const fake(two_arms);
    EXPECT_THAT(count_kinds(fake.plan.graph),
                UnorderedElementsAre(Pair("fake.source", 1), Pair("fake.noise", 2), Pair("fake.train", 2),
                                     Pair("fake.combine", 4), Pair("fake.metrics", 6), Pair("record_truth", 2),
                                     Pair("record_column", 6), Pair("record_run", 4)));
}

// Columns in order of first appearance: seed 1 baseline, full; less; then seed 2.
TEST(MakePlan, shared_columns_are_stored_once)
{
    FakePlan const fake(two_arms);
    store::ResultLayout const& layout = fake.plan.layout;
    ASSERT_EQ(layout.item_sets.size(), 1U);  // no run fills "test"
    store::ItemSetLayout const& set = layout.item_sets[0];
    EXPECT_EQ(set.name, "detection");
    EXPECT_THAT(set.methods, ElementsAre("baseline", "combined"));
    EXPECT_THAT(set.metrics, ElementsAre("auroc", "ap"));
    EXPECT_EQ(set.n_items, 100);
    EXPECT_TRUE(set.curves);
    EXPECT_EQ(set.columns.size(), 6U);
    EXPECT_THAT(set.column_of, ElementsAre(0, 1, 0, 2, 3, 4, 3, 5));
    EXPECT_THAT(set.truth_of_run, ElementsAre(0, 0, 1, 1));
    EXPECT_THAT(set.truth_of_column, ElementsAre(0, 0, 0, 1, 1, 1));
    EXPECT_EQ(layout.n_runs, 4);
    EXPECT_EQ(layout.arm_axis, "ablate");
    EXPECT_THAT(layout.scalars, ElementsAre("loss"));
    ASSERT_EQ(layout.axes.size(), 2U);
    EXPECT_THAT(layout.axes[1].value_of_run, ElementsAre("full", "less", "full", "less"));
    EXPECT_EQ(layout.stages.size(), fake.plan.graph.size());
}

TEST(MakePlan, record_tasks_wait_for_what_they_need)
{
    FakePlan const fake(two_arms);
    Graph const& graph = fake.plan.graph;
    ASSERT_EQ(fake.plan.run_tasks.size(), 4U);
    for (std::size_t run = 0; run < 4; ++run) {
        Task const& task = graph.task(fake.plan.run_tasks[run]);
        EXPECT_EQ(task.role, TaskRole::record_run);
        EXPECT_EQ(task.target, run);
        EXPECT_THAT(roles(task), ElementsAre("truth", "column", "column", "metrics", "metrics", "scalar"));
    }
    for (std::size_t i = 0; i < graph.size(); ++i) {
        Task const& task = graph.tasks()[i];
        for (TaskInput const& input : task.inputs)
            EXPECT_LT(index_of(input.task), i);
        if (task.role != TaskRole::record_column) continue;
        EXPECT_THAT(roles(task), ElementsAre("values", "metrics", "truth"));
        EXPECT_EQ(graph.task(task.inputs[2].task).role, TaskRole::record_truth);
        EXPECT_TRUE(task.params.contains("array"));
    }
}

TEST(MakePlan, runs_that_mean_the_same_fold)
{
    FakePlan const fake("job: fake\ngrid: {product: {noise.type: [uniform, artifact], noise.rate: [0, 0.1]}}\n");
    EXPECT_EQ(fake.plan.grid.runs.size(), 3U);
    EXPECT_EQ(fake.plan.grid.expanded, 4U);
    EXPECT_THAT(fake.plan.layout.axes[0].value_of_run, ElementsAre("none", "uniform", "artifact"));
    EXPECT_EQ(count_kinds(fake.plan.graph).at("fake.noise"), 3U);
}

TEST(MakePlan, the_fingerprint_tells_experiments_apart)
{
    auto const fingerprint = [](std::string const& text) { return FakePlan(text).plan.fingerprint; };
    EXPECT_EQ(fingerprint(two_arms), fingerprint(two_arms));
    EXPECT_EQ(fingerprint(two_arms), fingerprint(two_arms + "execution: {threads: 3}\nstatistics: {level: 0.9}\n"));
    EXPECT_EQ(fingerprint(two_arms),
              fingerprint(two_arms + "statistics: {effect: {auroc: {difference: 0.02, difference_sd: 0.01}}}\n"));
    EXPECT_NE(fingerprint(two_arms), fingerprint(two_arms + "parameters: {rows: 50}\n"));
    EXPECT_NE(fingerprint(two_arms), fingerprint("job: fake\n"));
    // A parameter that no stage reads changes what was asked for, though not the work.
    EXPECT_NE(fingerprint("job: fake\n"), fingerprint("job: fake\nparameters: {file: a}\n"));
}

TEST(MakePlan, only_keeps_some_runs)
{
    FakePlan const fake(two_arms, {"ablate=less"});
    EXPECT_EQ(fake.plan.grid.runs.size(), 2U);
    EXPECT_EQ(count_kinds(fake.plan.graph).at("fake.combine"), 2U);
}

TEST(MakePlan, errors_name_the_run)
{
    EXPECT_THAT([] { FakePlan("job: fake\ngrid: {product: {seed: [1], noise.rate: [0.1, 0.9]}}\n"); },
                ThrowsMessage<config::ConfigError>("must be between 0 and 0.5, found the number 0.9 (x.yaml:2:47, key "
                                                   "'noise.rate') [run seed=1 noise.rate=0.9]"));
    EXPECT_THAT([] { FakePlan("job: fake\ngrid: {product: {rows: [13]}}\n"); },
                ThrowsMessage<DataError>("rows.tsv:4: a label is missing [run rows=13]"));
    EXPECT_THAT([] { FakePlan("job: fake\nparameters: {rows: 13}\n"); },
                ThrowsMessage<DataError>("rows.tsv:4: a label is missing"));
}

TEST(MakePlan, unknown_axes_are_errors)
{
    EXPECT_THAT([] { FakePlan("job: fake\ngrid: {product: {sead: [1]}}\n"); },
                ThrowsMessage<config::ConfigError>(HasSubstr("Did you mean 'seed'?")));
}

// 100 seeds x 200 lengths: every run has work of its own except for source and noise.
TEST(MakePlan, twenty_thousand_runs_are_planned)
{
    std::string seeds = "0", epochs = "1";
    for (int i = 1; i < 100; ++i)
        seeds += ", " + std::to_string(i);
    for (int i = 2; i <= 200; ++i)
        epochs += ", " + std::to_string(i);
    FakePlan const fake("job: fake\ngrid: {product: {seed: [" + seeds + "], train.epochs: [" + epochs + "]}}\n");
    EXPECT_EQ(fake.plan.run_tasks.size(), 20000U);
    EXPECT_THAT(
        count_kinds(fake.plan.graph),
        UnorderedElementsAre(Pair("fake.source", 1), Pair("fake.noise", 100), Pair("fake.train", 20000),
                             Pair("fake.combine", 20000), Pair("fake.metrics", 40000), Pair("record_truth", 100),
                             Pair("record_column", 40000), Pair("record_run", 20000)));
}

}  // namespace ablatrix::plan
