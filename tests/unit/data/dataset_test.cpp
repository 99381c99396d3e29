#include <ablatrix/data/dataset.hpp>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>

namespace ablatrix::data {
namespace {

using ::testing::ElementsAre;

Dataset rated_pairs()
{
    Dataset data;
    data.row = {0, 2, 3};
    data.text = {"a", "b", "c"};
    data.text2 = {"x", "y", "z"};
    data.label = {1, 0, 1};
    data.clean = {1, 0, 0};
    data.ratings = {{1, 2}, {-1}, {}};
    data.class_names = {"negative", "positive"};
    data.dropped_empty = 4;
    data.dropped_undecided = 5;
    data.content = {1, 2};
    return data;
}

TEST(Dataset, survives_a_bundle)
{
    Dataset const data = rated_pairs();
    Dataset const back = Dataset::from_bundle(base::Bundle::parse(data.to_bundle().serialise()));
    EXPECT_EQ(back.row, data.row);
    EXPECT_EQ(back.text, data.text);
    EXPECT_EQ(back.text2, data.text2);
    EXPECT_EQ(back.label, data.label);
    EXPECT_EQ(back.clean, data.clean);
    EXPECT_EQ(back.ratings, data.ratings);
    EXPECT_EQ(back.class_names, data.class_names);
    EXPECT_EQ(back.dropped_empty, 4u);
    EXPECT_EQ(back.dropped_undecided, 5u);
    EXPECT_EQ(back.content, data.content);
}

TEST(Dataset, survives_a_bundle_without_its_optional_columns)
{
    Dataset data = rated_pairs();
    data.text2.clear();
    data.clean.clear();
    data.ratings.clear();
    Dataset const back = Dataset::from_bundle(data.to_bundle());
    EXPECT_TRUE(back.text2.empty() && back.clean.empty() && back.ratings.empty());
    EXPECT_EQ(back.to_bundle(), data.to_bundle());
}

TEST(Dataset, a_bundle_with_columns_of_different_length_is_refused)
{
    base::Bundle bundle = rated_pairs().to_bundle();
    bundle.put("label", std::vector<std::int32_t>{1});
    EXPECT_THROW(Dataset::from_bundle(bundle), Error);
    bundle = rated_pairs().to_bundle();
    bundle.put("ratings_begin", std::vector<std::int64_t>{0, 9, 2, 3});
    EXPECT_THROW(Dataset::from_bundle(bundle), Error);
    bundle.put("ratings_begin", std::vector<std::int64_t>{0, 3});
    EXPECT_THROW(Dataset::from_bundle(bundle), Error);
}

TEST(Dataset, select_takes_positions_in_the_given_order)
{
    Dataset const chosen = rated_pairs().select({2, 0});
    EXPECT_THAT(chosen.row, ElementsAre(3, 0));
    EXPECT_THAT(chosen.text, ElementsAre("c", "a"));
    EXPECT_THAT(chosen.text2, ElementsAre("z", "x"));
    EXPECT_THAT(chosen.clean, ElementsAre(0, 1));
    EXPECT_THAT(chosen.ratings, ElementsAre(ElementsAre(), ElementsAre(1, 2)));
    EXPECT_EQ(chosen.classes(), 2);
    EXPECT_THROW(chosen.select({2}), ContractError);
}

}  // namespace
}  // namespace ablatrix::data
