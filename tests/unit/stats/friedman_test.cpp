#include <ablatrix/stats/friedman.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats {
namespace {

constexpr double tolerance = 1e-10;

std::vector<double> const three_by_five = {.90, .85, .88, .92, .81, .88, .86, .84, .92, .80, .80, .82, .83, .85, .79};

TEST(Friedman, agrees_with_scipy)  // F1
{
    Friedman const r = friedman(three_by_five, 3);
    EXPECT_NEAR(r.mean_rank[0], 1.3, tolerance);
    EXPECT_NEAR(r.mean_rank[1], 1.7, tolerance);
    EXPECT_NEAR(r.mean_rank[2], 3, tolerance);
    EXPECT_NEAR(r.chi_square.statistic, 8.3157894737, tolerance);
    EXPECT_NEAR(r.chi_square.p, .0156404505, tolerance);
    EXPECT_NEAR(r.f.statistic, 19.75, tolerance);
    EXPECT_NEAR(r.f.p, .0008046102, tolerance);
    EXPECT_NEAR(r.critical_difference, 1.4822864013, 1e-8);
    EXPECT_EQ(r.chi_square.status, Status::ok);
    // 1.7 - 1.3 and 3 - 1.7 lie within the critical difference, 3 - 1.3 does not.
    EXPECT_EQ(r.cliques, (std::vector<std::vector<std::size_t>>{{0, 1}, {1, 2}}));
}

TEST(Friedman, twelve_published_methods_on_four_settings_are_not_separated)  // F2
{
    std::vector<double> const auroc = {
        .9146, .8186, .5596, .5570, .8965, .6828, .4816, .4690, .8947, .5486, .5410, .5229, .9093, .6279, .8829, .8828,
        .9740, .1356, .9357, .5258, .9740, .1356, .9357, .5258, .9740, .1356, .9304, .5311, .9683, .1229, .9284, .6009,
        .4997, .1359, .5010, .5620, .9408, .4399, .9043, .6530, .9724, .4667, .9363, .6859, .5046, .5046, .5046, .5046};
    Friedman const r = friedman(auroc, 12);
    EXPECT_NEAR(r.mean_rank[10], 3.25, tolerance);
    EXPECT_NEAR(r.chi_square.statistic, 12.1834215168, tolerance);
    EXPECT_NEAR(r.chi_square.p, .3500151932, tolerance);
    EXPECT_NEAR(r.f.p, .3579657544, tolerance);
    EXPECT_NEAR(r.critical_difference, 8.3318078907, 1e-8);
    EXPECT_EQ(r.chi_square.status, Status::not_reliable);
    EXPECT_EQ(r.chi_square.note, "few_datasets");
    ASSERT_EQ(r.cliques.size(), 1U);
    EXPECT_EQ(r.cliques[0].size(), 12U);
    EXPECT_EQ(r.cliques[0][0], 10U);
}

TEST(Nemenyi, quantiles_are_the_published_ones)  // scipy.stats.studentized_range, infinite df
{
    double const q05[] = {1.9600, 2.3437, 2.5690, 2.7278, 2.8497, 2.9483, 3.0309, 3.1017, 3.1637, 3.2187,
                          3.2680, 3.3127, 3.3536, 3.3912, 3.4260, 3.4584, 3.4887, 3.5171, 3.5438};
    double const q10[] = {1.6449, 2.0523, 2.2913, 2.4595, 2.5885, 2.6927, 2.7799, 2.8546, 2.9199, 2.9778,
                          3.0297, 3.0767, 3.1197, 3.1592, 3.1957, 3.2297, 3.2615, 3.2912, 3.3192};
    for (std::size_t k = 2; k <= 20; ++k) {
        EXPECT_NEAR(nemenyi_quantile(k), q05[k - 2], 5.1e-5) << k;
        EXPECT_NEAR(nemenyi_quantile(k, .1), q10[k - 2], 5.1e-5) << k;
    }
}

TEST(Friedman, a_missing_cell_drops_its_data_set)
{
    std::vector<double> values;
    for (std::size_t j = 0; j < 3; ++j) {
        values.insert(values.end(), three_by_five.begin() + static_cast<std::ptrdiff_t>(5 * j),
                      three_by_five.begin() + static_cast<std::ptrdiff_t>(5 * j + 5));
        values.push_back(j == 1 ? std::nan("") : .5);
    }
    Friedman const r = friedman(values, 3);
    EXPECT_EQ(r.dropped, std::vector<std::size_t>{5});
    EXPECT_NEAR(r.chi_square.statistic, 8.3157894737, tolerance);
}

TEST(Friedman, extremes_have_exact_answers)
{
    // Three data sets that all rank three methods alike: (3!)^-2.
    Friedman const agree = friedman(std::vector<double>{3, 3, 3, 2, 2, 2, 1, 1, 1}, 3);
    EXPECT_NEAR(agree.f.p, 1.0 / 36, 1e-12);
    EXPECT_NE(agree.f.note.find("all_agree"), std::string::npos);
    Friedman const tied = friedman(std::vector<double>(6, .5), 2);
    EXPECT_EQ(tied.chi_square.p, 1);
    // Sums of the same seeds in another order, .1 + .2 + .3 and .3 + .2 + .1, are a tie.
    std::vector<double> const orders = {.1 + .2 + .3, .5, .3 + .2 + .1, .5};
    ASSERT_NE(orders[0], orders[2]);
    EXPECT_EQ(friedman(orders, 2).mean_rank[0], 1.5);
    EXPECT_EQ(friedman(std::vector<double>{1, 2}, 1).f.status, Status::undefined);
    EXPECT_THROW(friedman(std::vector<double>{1, 2, 3}, 2), Error);
}

}  // namespace
}  // namespace ablatrix::stats
