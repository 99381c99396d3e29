#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/baselines/stage_run.hpp"

namespace ablatrix::ecg {
namespace {

plan::Params clean_params(std::string const& method, double fraction, std::string const& action)
{
    plan::Params params;
    params.set("seed", 42).set("method", method).set("fraction", fraction).set("action", action);
    params.set("min_confidence", 0.7).set("min_reliability", 0.8);
    return params;
}

/// Ten rows of three classes; rows 0, 1 and 2 are noisy; scores fall from row 0 to row 9.
struct Ten
{
    base::Bundle labels = test::make_labels({1, 2, 0, 0, 1, 2, 0, 1, 2, 0}, {0, 1, 2, 0, 1, 2, 0, 1, 2, 0}, 3);
    base::Bundle scores, explanations, reliability;

    Ten()
    {
        scores.put("score/s", std::vector<double>{9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
        // Two samples a row; only the first one counts.
        explanations.put("pred_label",
                         std::vector<std::int32_t>{0, 1, -1, 0, 7, 1, 0, 1, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                         {2, 10});
        explanations.put("confidence",
                         std::vector<double>{90, 60, 90, 90, 90, 70, 90, 90, 90, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                         {2, 10});
        reliability.put("reliability", std::vector<double>{0.8, 0.9, 1, 1, 1, 0.9, 1, 1, 1, 1});
    }
    base::Bundle run(plan::Params const& params) const
    {
        return test::run(
            clean_stage(), params,
            {{"scores", &scores}, {"labels", &labels}, {"explanations", &explanations}, {"reliability", &reliability}});
    }
};

std::vector<std::size_t> removed_rows(base::Bundle const& cleaned)
{
    std::vector<std::size_t> out;
    auto const weight = cleaned.get<float>("weight");
    for (std::size_t i = 0; i < weight.size(); ++i) {
        if (weight[i] == 0) out.push_back(i);
    }
    return out;
}

TEST(Clean, removes_the_floor_of_the_share_and_reports_how_well)
{
    auto const found = Ten().run(clean_params("s", 0.29, "remove"));

    EXPECT_EQ(removed_rows(found), (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(found.scalar("n_removed"), 2);
    EXPECT_EQ(found.scalar("n_kept"), 8);
    EXPECT_EQ(found.scalar("precision"), 1);
    EXPECT_DOUBLE_EQ(found.scalar("recall"), 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(found.scalar("f1"), 0.8);
    EXPECT_EQ(found.scalar("classes"), 3);
}

TEST(Clean, counts_three_tenths_of_ten_rows_as_three)
{
    EXPECT_EQ(removed_rows(Ten().run(clean_params("s", 0.3, "remove"))).size(), 3U);  // 10 * 0.3 is 2.9999... or 3
}

TEST(Clean, selects_nothing_when_asked_for_nothing)
{
    Ten const ten;
    for (auto const& params :
         {clean_params("none", 0.5, "remove"), clean_params("none", 0.5, "relabel"),
          clean_params("none", 0.5, "reweight"), clean_params("s", 0, "remove"), clean_params("s", 0.05, "relabel")})
    {
        auto const found = ten.run(params);

        EXPECT_EQ(test::values<float>(found, "weight"), std::vector<float>(10, 1.0F));
        EXPECT_EQ(test::values<std::int32_t>(found, "label"), test::values<std::int32_t>(ten.labels, "observed"));
        EXPECT_EQ(found.scalar("n_kept"), 10);
        EXPECT_TRUE(std::isnan(found.scalar("precision")));
    }
}

TEST(Clean, removes_exactly_the_noisy_rows_for_the_oracle)
{
    Ten const ten;

    auto const found = test::run(clean_stage(), clean_params("oracle", 0.1, "remove"), {{"labels", &ten.labels}});

    EXPECT_EQ(removed_rows(found), (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(found.scalar("f1"), 1);
}

TEST(Clean, relabels_confident_reliable_other_classes_and_removes_the_rest)
{
    auto const found = Ten().run(clean_params("s", 0.6, "relabel"));

    // 0: relabelled to 0. 1: confidence 60. 2: no label (-1). 3: the label it has. 4: no such class. 5: to 1, at 70.
    EXPECT_EQ(test::values<std::int32_t>(found, "label"), (std::vector<std::int32_t>{0, 2, 0, 0, 1, 1, 0, 1, 2, 0}));
    EXPECT_EQ(removed_rows(found), (std::vector<std::size_t>{1, 2, 3, 4}));
    EXPECT_EQ(found.scalar("n_relabelled"), 2);
    EXPECT_EQ(found.scalar("relabel_accuracy"), 0.5);
    EXPECT_EQ(found.scalar("precision"), 0.5);  // rows 0, 1, 2 of six
    EXPECT_EQ(found.scalar("recall"), 1);
}

TEST(Clean, never_writes_an_invalid_class)
{
    base::Stream stream(5, "relabel_test");
    std::vector<std::int32_t> observed, proposed;
    std::vector<double> confidence, score;
    for (int i = 0; i < 400; ++i) {
        observed.push_back(static_cast<std::int32_t>(stream.below(4)));
        proposed.push_back(static_cast<std::int32_t>(stream.below(12)) - 4);
        confidence.push_back(100);
        score.push_back(stream.uniform());
    }
    auto const labels = test::make_labels(observed, observed, 4);
    base::Bundle scores, explanations;
    scores.put("score/s", score);
    explanations.put("pred_label", proposed, {1, 400});
    explanations.put("confidence", confidence, {1, 400});

    auto const found = test::run(clean_stage(), clean_params("s", 1, "relabel"),
                                 {{"scores", &scores}, {"labels", &labels}, {"explanations", &explanations}});

    EXPECT_GT(found.scalar("n_relabelled"), 0);
    EXPECT_GT(found.scalar("n_removed"), 0);
    for (auto const label : found.get<std::int32_t>("label")) {
        EXPECT_GE(label, 0);
        EXPECT_LT(label, 4);
    }
}

TEST(Clean, weighs_rows_by_one_minus_their_mid_rank)
{
    Ten ten;
    ten.scores.put("score/s", std::vector<double>{9, 5, 5, 5, 5, 5, 5, 5, 5, 0});

    auto const found = ten.run(clean_params("s", 0.1, "reweight"));

    auto const weight = found.get<float>("weight");
    EXPECT_FLOAT_EQ(weight[0], 0);
    EXPECT_FLOAT_EQ(weight[1], 0.5F);  // ranks 2 to 9 share 5.5 of 10
    EXPECT_FLOAT_EQ(weight[9], 1);
    EXPECT_EQ(found.scalar("n_removed"), 0);
    EXPECT_TRUE(std::isnan(found.scalar("recall")));  // nothing was selected that could match the noisy rows
    EXPECT_TRUE(std::isnan(found.scalar("f1")));
}

std::set<std::int64_t> removed_items(base::Bundle const& cleaned, base::Bundle const& labels)
{
    std::set<std::int64_t> out;
    for (auto const row : removed_rows(cleaned))
        out.insert(labels.get<std::int64_t>("item")[row]);
    return out;
}

class CleanOrder : public testing::TestWithParam<std::string>
{};

TEST_P(CleanOrder, chooses_among_ties_by_item_and_not_by_place)
{
    std::vector<std::int32_t> const y(100, 0);
    auto const labels = test::make_labels(y, y, 2);
    base::Bundle scores;
    scores.put("score/constant", std::vector<double>(100, 0.5));
    auto const order = test::random_order(100, 3);
    auto const labels2 = test::permuted(labels, order);
    auto const params = clean_params(GetParam(), 0.2, "remove");

    auto const found = test::run(clean_stage(), params, {{"scores", &scores}, {"labels", &labels}});
    auto const found2 = test::run(clean_stage(), params, {{"scores", &scores}, {"labels", &labels2}});

    EXPECT_EQ(removed_items(found, labels).size(), 20U);
    EXPECT_EQ(removed_items(found, labels), removed_items(found2, labels2));
    auto const rows = removed_rows(found);
    EXPECT_GT(rows.back(), 19U);  // not just the first twenty
}

INSTANTIATE_TEST_SUITE_P(Methods, CleanOrder, testing::Values("constant", "random"));

TEST(Clean, refuses_what_it_does_not_know)
{
    Ten ten;
    EXPECT_THROW(ten.run(clean_params("s", 0.1, "shred")), Error);
    EXPECT_THROW(ten.run(clean_params("s", 1.5, "remove")), Error);
    EXPECT_THROW(
        test::run(clean_stage(), clean_params("s", 0.1, "relabel"), {{"scores", &ten.scores}, {"labels", &ten.labels}}),
        Error);

    ten.scores.put("score/s", std::vector<double>(10, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_THROW(ten.run(clean_params("s", 0.1, "remove")), Error);
}

}  // namespace
}  // namespace ablatrix::ecg
