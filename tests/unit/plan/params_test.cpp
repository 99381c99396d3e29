#include <ablatrix/plan/params.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/plan/stage.hpp>

namespace ablatrix::plan {

namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

base::Bundle empty_stage(StageContext const&)
{
    return {};
}

}  // namespace

TEST(Params, canonical_text_is_sorted_and_exact)
{
    Params params;
    params.set("tau", 0.07).set("k", 15).set("name", "a\"b").set("flag", true).set("list", std::vector<double>{1, 0.5});
    params.set("words", std::vector<std::string>{"x", "y"}).set("zero", -0.0);
    EXPECT_EQ(params.canonical(),
              R"({"flag":true,"k":15,"list":[1,0.5],"name":"a\"b","tau":0.07,"words":["x","y"],"zero":0})");
    EXPECT_EQ(Params{}.canonical(), "{}");
}

TEST(Params, a_place_travels_along_but_names_nothing)
{
    Params params;
    params.set("content", "abc").set_place("model", "/here");
    Params elsewhere;
    elsewhere.set("content", "abc").set_place("model", "/there");
    EXPECT_EQ(params.place("model"), "/here");
    EXPECT_EQ(params.canonical(), elsewhere.canonical());
    EXPECT_THAT([&] { params.place("other"); }, ThrowsMessage<ContractError>(HasSubstr("place 'other'")));
}

TEST(Params, give_back_what_was_set)
{
    Params params;
    params.set("k", 15).set("tau", 0.07);
    EXPECT_EQ(params.get<std::int64_t>("k"), 15);
    EXPECT_EQ(params.get_int("k"), 15);
    EXPECT_EQ(params.get<double>("tau"), 0.07);
    EXPECT_TRUE(params.contains("k"));
    EXPECT_THAT([&] { params.get<double>("k"); }, ThrowsMessage<ContractError>(HasSubstr("another type")));
    EXPECT_THAT([&] { params.get<double>("kk"); }, ThrowsMessage<ContractError>(HasSubstr("'kk'")));
}

TEST(StageContext, gives_inputs_by_role_and_streams_by_declared_seed)
{
    Params params;
    params.set("seed", 42);
    base::Bundle labels;
    labels.put_scalar("classes", 2);
    StageContext const context(params, {{"labels", &labels}}, 3, "cpu");
    EXPECT_EQ(context.input("labels").scalar("classes"), 2);
    EXPECT_THAT([&] { context.input("scores"); }, ThrowsMessage<ContractError>(HasSubstr("labels")));
    EXPECT_THAT(context.roles(), testing::ElementsAre("labels"));
    EXPECT_EQ(context.stream("folds", 3).next(), base::Stream(42, "folds", 3).next());
    Params const none;
    EXPECT_THROW(StageContext(none, {}, 1, "cpu").stream("folds"), ContractError);
}

TEST(StageRegistry, knows_its_stages)
{
    StageRegistry registry;
    registry.add({"fake.train", 2, empty_stage});
    EXPECT_EQ(registry.at("fake.train").version, 2);
    EXPECT_TRUE(registry.contains("fake.train"));
    EXPECT_THROW(registry.add({"fake.train", 1, empty_stage}), ContractError);
    EXPECT_THAT([&] { registry.at("fake.trian"); },
                ThrowsMessage<ContractError>(HasSubstr("Did you mean 'fake.train'?")));
}

}  // namespace ablatrix::plan
