#include <ablatrix/stats/agreement.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>

#include "parity_fixture.hpp"

namespace ablatrix::stats {
namespace {

using Codes = std::vector<std::int32_t>;

/// Three raters of statistics.md section 10.
Codes const a = {1, 1, 0, 1, 0, 0, 1, 0, 1, 1};
Codes const b = {1, 0, 0, 1, 0, 1, 1, 0, 1, 0};

AgreementOptions options_of(std::size_t resamples)
{
    AgreementOptions options;
    options.frame = "demo";
    options.resamples = resamples;
    return options;
}

TEST(AgreementInterval, holds_the_kappa_of_the_sample)
{
    std::span<std::int32_t const> const raters[] = {a, b};
    Estimate const cohen = cohen_kappa_interval(a, b, {}, options_of(2000));
    EXPECT_NEAR(cohen.value, .4, 1e-12);
    EXPECT_LT(cohen.low, cohen.value);
    EXPECT_GT(cohen.high, cohen.value);
    EXPECT_EQ(cohen.method, "boot.item.percentile");
    EXPECT_EQ(fleiss_kappa_interval(raters, {}, options_of(2000)).value, fleiss_kappa(raters).kappa);
}

/// Resampling with NumPy's generator over scikit-learn's and statsmodels' kappas: endpoints agree within Monte Carlo
/// error, whose standard deviation is .084 bootstrap standard errors at 1000 resamples.
TEST(AgreementInterval, agrees_with_resampled_scikit_learn_and_statsmodels)
{
    nlohmann::json const& c = testing::parity_fixture().at("agreement");
    testing::Lists<std::int32_t> const raters(c.at("raters"));
    nlohmann::json const& expected = c.at("intervals");
    double const cohen_se = expected.at("cohen_se");
    double const fleiss_se = expected.at("fleiss_se");
    auto const cohen = cohen_kappa_interval(raters.rows[0], raters.rows[1], {}, options_of(10000));
    EXPECT_NEAR(cohen.low, expected.at("cohen")[0], .35 * cohen_se);
    EXPECT_NEAR(cohen.high, expected.at("cohen")[1], .35 * cohen_se);
    auto const fleiss = fleiss_kappa_interval(raters.spans(), {}, options_of(10000));
    EXPECT_NEAR(fleiss.low, expected.at("fleiss")[0], .35 * fleiss_se);
    EXPECT_NEAR(fleiss.high, expected.at("fleiss")[1], .35 * fleiss_se);
}

TEST(AgreementInterval, groups_of_one_item_are_items_and_large_groups_widen)
{
    nlohmann::json const& c = testing::parity_fixture().at("agreement");
    testing::Lists<std::int32_t> const raters(c.at("raters"));
    std::size_t const n = raters.rows[0].size();
    // Every item four times, in groups of its copies: as uncertain as the items alone.
    std::vector<Codes> fourfold(raters.rows.size());
    Codes group;
    for (std::size_t i = 0; i < 4 * n; ++i) {
        for (std::size_t r = 0; r < raters.rows.size(); ++r)
            fourfold[r].push_back(raters.rows[r][i / 4]);
        group.push_back(static_cast<std::int32_t>(i / 4));
    }
    std::vector<std::span<std::int32_t const>> const spans(fourfold.begin(), fourfold.end());
    auto const single = fleiss_kappa_interval(raters.spans(), {}, options_of(4000));
    auto const grouped = fleiss_kappa_interval(spans, group, options_of(4000));
    auto const naive = fleiss_kappa_interval(spans, {}, options_of(4000));
    EXPECT_NEAR(grouped.value, single.value, 1e-12);
    EXPECT_NEAR(grouped.high - grouped.low, single.high - single.low, .1 * (single.high - single.low));
    EXPECT_LT(naive.high - naive.low, .6 * (grouped.high - grouped.low));
}

TEST(AgreementInterval, few_groups_and_constant_answers_are_said)
{
    Codes const four = {0, 0, 0, 1, 1, 1, 2, 2, 3, 3};
    EXPECT_EQ(cohen_kappa_interval(a, b, four, options_of(1000)).status, Status::not_reliable);
    EXPECT_EQ(cohen_kappa_interval(a, b, {}, options_of(999)).status, Status::not_reliable);
    Codes const constant(10, 1);
    EXPECT_EQ(cohen_kappa_interval(constant, constant, {}, options_of(1000)).status, Status::undefined);
    EXPECT_EQ(cohen_kappa_interval(constant, constant, {}, options_of(1000)).note, "constant");
    // One item of 20 with an odd answer is missing from 36 % of the resamples, and in those all say one thing: sums of
    // sixths are not exactly 1, but there is no kappa.
    Codes const same(20, 1);
    Codes odd = same;
    odd[7] = 0;
    std::span<std::int32_t const> const six[] = {same, same, same, same, same, odd};
    Estimate const nearly = fleiss_kappa_interval(six, {}, options_of(1000));
    EXPECT_EQ(nearly.status, Status::not_reliable);
    EXPECT_EQ(nearly.note, "undefined_resamples");
    EXPECT_GE(nearly.low, -.2);  // smallest kappa of six raters: -1 / (6 - 1)
    Codes const wrong = {0, 1};
    EXPECT_THROW(cohen_kappa_interval(a, b, wrong, options_of(1000)), Error);
}

}  // namespace
}  // namespace ablatrix::stats
