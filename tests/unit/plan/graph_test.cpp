#include <ablatrix/plan/graph.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::plan {

namespace {

base::Bundle empty_stage(StageContext const&)
{
    return {};
}

StageRegistry registry(int version = 1)
{
    StageRegistry out;
    out.add({"a", version, empty_stage});
    out.add({"b", 1, empty_stage});
    return out;
}

}  // namespace

TEST(Graph, equal_work_is_one_task)
{
    StageRegistry const stages = registry();
    Graph graph(stages);
    TaskId const one = graph.add("a", Params{}.set("k", 1), {}, 5);
    EXPECT_EQ(graph.add("a", Params{}.set("k", 1), {}, 5), one);
    EXPECT_NE(graph.add("a", Params{}.set("k", 2), {}, 5), one);
    EXPECT_NE(graph.add("b", Params{}.set("k", 1), {}, 5), one);
    EXPECT_EQ(graph.size(), 3U);
    EXPECT_EQ(graph.task(one).kind, "a");
    EXPECT_EQ(graph.task(one).cost_units, 5);
}

TEST(Graph, inputs_and_their_roles_make_a_difference_but_not_their_order)
{
    StageRegistry const stages = registry();
    Graph graph(stages);
    TaskId const x = graph.add("a", Params{}.set("k", 1), {}, 1);
    TaskId const y = graph.add("a", Params{}.set("k", 2), {}, 1);
    TaskId const both = graph.add("b", {}, {{"left", x}, {"right", y}}, 1);
    EXPECT_EQ(graph.add("b", {}, {{"right", y}, {"left", x}}, 1), both);
    EXPECT_NE(graph.add("b", {}, {{"left", y}, {"right", x}}, 1), both);
    EXPECT_NE(graph.add("b", {}, {{"left", x}}, 1), both);
    EXPECT_THROW(graph.add("b", {}, {{"left", x}, {"left", y}}, 1), ContractError);
}

TEST(Graph, versions_are_part_of_the_fingerprint)
{
    StageRegistry const old_stages = registry(1), new_stages = registry(2);
    Graph old_graph(old_stages), new_graph(new_stages);
    EXPECT_NE(old_graph.task(old_graph.add("a", {}, {}, 1)).fingerprint,
              new_graph.task(new_graph.add("a", {}, {}, 1)).fingerprint);
}

TEST(Graph, refuses_unknown_stages)
{
    StageRegistry const stages = registry();
    Graph graph(stages);
    EXPECT_THROW(graph.add("c", {}, {}, 1), ContractError);
}

}  // namespace ablatrix::plan
