#include <ablatrix/stats/detection.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

using testing::Binary;
using testing::d12;
using testing::d200;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double tolerance = 1e-10;

struct Sample
{
    std::vector<double> scores;
    std::vector<std::uint8_t> positive;
};

/// Scores on a grid of \p levels values, so that ties are common; both classes present.
Sample random_sample(std::uint64_t index, std::size_t n, std::uint64_t levels)
{
    base::Stream stream(7, "detection_test", index);
    Sample sample;
    for (std::size_t i = 0; i < n; ++i) {
        sample.positive.push_back(i == 0 ? 1 : i == 1 ? 0 : static_cast<std::uint8_t>(stream.below(3) == 0));
        sample.scores.push_back(static_cast<double>(stream.below(levels)) / 8 + (sample.positive[i] != 0 ? 0.25 : 0));
    }
    return sample;
}

double brute_force_auroc(Sample const& sample)
{
    double wins = 0;
    double pairs = 0;
    for (std::size_t i = 0; i < sample.scores.size(); ++i) {
        for (std::size_t j = 0; j < sample.scores.size(); ++j) {
            if (sample.positive[i] == 0 || sample.positive[j] != 0) continue;
            pairs += 1;
            wins += sample.scores[i] > sample.scores[j] ? 1 : sample.scores[i] == sample.scores[j] ? 0.5 : 0;
        }
    }
    return wins / pairs;
}

TEST(Detection, d12_agrees_with_scikit_learn)  // M1
{
    Binary const d = d12();
    EXPECT_NEAR(auroc(d.a, d.y), .6857142857, tolerance);
    EXPECT_NEAR(auroc(d.b, d.y), .9142857143, tolerance);
    EXPECT_NEAR(average_precision(d.a, d.y), .6442424242, tolerance);
    EXPECT_NEAR(average_precision(d.b, d.y), .9, tolerance);
    EXPECT_NEAR(tnr_at_95_tpr(d.a, d.y), .1428571429, tolerance);
    EXPECT_NEAR(tnr_at_95_tpr(d.b, d.y), .8571428571, tolerance);
}

TEST(Detection, hits_at_K_are_expected_over_tie_orders)  // section 1, by hand
{
    Binary const d = d12();
    AtK const quarter = at_fraction(d.a, d.y, .25);
    EXPECT_EQ(quarter.k, 3);
    EXPECT_NEAR(quarter.f1, .5, tolerance);
    EXPECT_NEAR(quarter.precision, 2.0 / 3, tolerance);
    EXPECT_NEAR(quarter.recall, 2.0 / 5, tolerance);
    AtK const prevalence = at_fraction(d.a, d.y, 5.0 / 12);
    EXPECT_EQ(prevalence.k, 5);
    EXPECT_NEAR(prevalence.precision, .6, tolerance);
    AtK const half = at_fraction(d.b, d.y, .5);
    EXPECT_NEAR(half.precision, .8333333333, tolerance);
    EXPECT_NEAR(half.f1, .9090909091, tolerance);
    EXPECT_EQ(at_fraction(d.a, d.y, .01).k, 1);
}

TEST(Detection, constant_scores_give_chance_values)  // M2
{
    Binary const d = d12();
    std::vector<double> const same(12, 3.5);
    EXPECT_NEAR(auroc(same, d.y), .5, tolerance);
    EXPECT_NEAR(average_precision(same, d.y), .4166666667, tolerance);
    EXPECT_NEAR(tnr_at_95_tpr(same, d.y), 0, tolerance);
    EXPECT_NEAR(at_fraction(same, d.y, .25).precision, .4166666667, tolerance);
}

TEST(Detection, weights_agree_with_sample_weight)  // M3
{
    Binary const d = d12();
    std::vector<std::uint32_t> const w = {2, 0, 1, 3, 1, 0, 0, 2, 1, 1, 0, 1};
    Ranking const s(d.a, d.y, w);
    EXPECT_NEAR(s.auroc(), .7361111111, tolerance);
    EXPECT_NEAR(s.average_precision(), .7813852814, tolerance);
    EXPECT_NEAR(s.tnr_at_95_tpr(), .1666666667, tolerance);
    EXPECT_NEAR(s.at_fraction(.25).precision, .6666666667, tolerance);
    Ranking const t(d.b, d.y, w);
    EXPECT_NEAR(t.auroc(), 1, tolerance);
    EXPECT_NEAR(t.average_precision(), 1, tolerance);
    EXPECT_NEAR(t.tnr_at_95_tpr(), 1, tolerance);
    EXPECT_NEAR(t.at_fraction(.25).precision, 1, tolerance);
}

TEST(Detection, d200_agrees_with_scikit_learn)  // M4, M5
{
    Binary const d = d200();
    EXPECT_NEAR(auroc(d.a, d.y), 10564.0 / (2 * 40 * 160), tolerance);
    EXPECT_NEAR(average_precision(d.a, d.y), .6887410087, tolerance);
    EXPECT_NEAR(tnr_at_95_tpr(d.a, d.y), .40625, tolerance);
    EXPECT_NEAR(at_fraction(d.a, d.y, .05).precision, 1, tolerance);
    EXPECT_NEAR(at_fraction(d.a, d.y, .10).precision, .8, tolerance);
    EXPECT_NEAR(at_fraction(d.a, d.y, .20).precision, .6, tolerance);
    EXPECT_NEAR(auroc(d.b, d.y), 9314.0 / (2 * 40 * 160), tolerance);
    EXPECT_NEAR(average_precision(d.b, d.y), .5314093920, tolerance);
    EXPECT_NEAR(tnr_at_95_tpr(d.b, d.y), .31875, tolerance);
    EXPECT_NEAR(at_fraction(d.b, d.y, .05).precision, 1, tolerance);
    EXPECT_NEAR(at_fraction(d.b, d.y, .10).precision, .65, tolerance);
    EXPECT_NEAR(at_fraction(d.b, d.y, .20).precision, .425, tolerance);
}

TEST(Detection, agrees_with_counting_pairs)
{
    for (std::uint64_t r = 0; r < 20; ++r) {
        Sample const sample = random_sample(r, 40, 9);
        EXPECT_NEAR(auroc(sample.scores, sample.positive), brute_force_auroc(sample), 1e-12);
    }
}

TEST(Detection, monotone_transforms_and_row_orders_change_nothing)
{
    for (std::uint64_t r = 0; r < 10; ++r) {
        Sample const sample = random_sample(r, 60, 12);
        base::Stream stream(1, "order", r);
        std::vector<std::size_t> const order = stream.sample(60, 60);
        Sample other;
        for (std::size_t const i : order) {
            other.scores.push_back(std::exp(3 * sample.scores[i]) - 7);
            other.positive.push_back(sample.positive[i]);
        }
        Ranking const left(sample.scores, sample.positive);
        Ranking const right(other.scores, other.positive);
        EXPECT_EQ(left.auroc(), right.auroc());
        EXPECT_EQ(left.average_precision(), right.average_precision());
        EXPECT_EQ(left.tnr_at_95_tpr(), right.tnr_at_95_tpr());
        EXPECT_EQ(left.at_fraction(.2).precision, right.at_fraction(.2).precision);
    }
}

TEST(Detection, flipping_labels_and_scores_keeps_auroc)
{
    Sample sample = random_sample(3, 50, 10);
    double const before = auroc(sample.scores, sample.positive);
    for (double& score : sample.scores)
        score = -score;
    for (std::uint8_t& y : sample.positive)
        y = 1 - y;
    EXPECT_DOUBLE_EQ(auroc(sample.scores, sample.positive), before);
}

TEST(Detection, weights_equal_repeated_rows)
{
    Sample const sample = random_sample(5, 30, 6);
    base::Stream stream(2, "weights");
    std::vector<std::uint32_t> weights;
    Sample repeated;
    for (std::size_t i = 0; i < 30; ++i) {
        weights.push_back(i < 2 ? 1 : static_cast<std::uint32_t>(stream.below(4)));
        for (std::uint32_t copy = 0; copy < weights.back(); ++copy) {
            repeated.scores.push_back(sample.scores[i]);
            repeated.positive.push_back(sample.positive[i]);
        }
    }
    Ranking const left(sample.scores, sample.positive, weights);
    Ranking const right(repeated.scores, repeated.positive);
    EXPECT_EQ(left.auroc(), right.auroc());
    EXPECT_EQ(left.average_precision(), right.average_precision());
    EXPECT_EQ(left.tnr_at_95_tpr(), right.tnr_at_95_tpr());
    EXPECT_EQ(left.at_fraction(.3).f1, right.at_fraction(.3).f1);
}

TEST(Detection, an_absent_class_leaves_metrics_undefined)
{
    std::vector<double> const scores = {1, 2, 3};
    std::vector<std::uint8_t> const none = {0, 0, 0};
    std::vector<std::uint8_t> const all = {1, 1, 1};
    EXPECT_TRUE(std::isnan(auroc(scores, none)));
    EXPECT_TRUE(std::isnan(auroc(scores, all)));
    EXPECT_TRUE(std::isnan(average_precision(scores, none)));
    EXPECT_TRUE(std::isnan(tnr_at_95_tpr(scores, all)));
    EXPECT_TRUE(std::isnan(at_fraction(scores, none, .5).recall));
    EXPECT_TRUE(std::isnan(auroc({}, {})));
    EXPECT_THAT(roc_curve(scores, all, 5), IsEmpty());
    EXPECT_THAT(pr_curve(scores, none, 5), IsEmpty());
}

TEST(Detection, negative_zero_ties_with_zero)
{
    std::vector<double> const scores = {-0.0, 0.0};
    std::vector<std::uint8_t> const positive = {1, 0};
    EXPECT_EQ(auroc(scores, positive), .5);
}

TEST(Detection, bad_input_is_an_error)
{
    std::vector<std::uint8_t> const y = {0, 1};
    double const inf = std::numeric_limits<double>::infinity();
    EXPECT_THROW(auroc(std::vector<double>{1, std::nan("")}, y), Error);
    EXPECT_THROW(auroc(std::vector<double>{inf, 1}, y), Error);
    EXPECT_THROW(auroc(std::vector<double>{1, 2, 3}, y), Error);
    EXPECT_THROW(auroc(std::vector<double>{1, 2}, std::vector<std::uint8_t>{0, 2}), Error);
    EXPECT_THROW(at_fraction(std::vector<double>{1, 2}, y, 0), Error);
    EXPECT_THROW(at_fraction(std::vector<double>{1, 2}, y, 1.5), Error);
    EXPECT_THROW(at_count(std::vector<double>{1, 2}, y, 3), Error);
    EXPECT_THROW(roc_curve(std::vector<double>{1, 2}, y, 1), Error);
}

TEST(Detection, roc_curve_follows_the_polyline)
{
    // Descending: +, then a tie of one + and one -, then -: vertices (0,0) (0,1/2) (1/2,1) (1,1).
    std::vector<double> const scores = {4, 3, 3, 1};
    std::vector<std::uint8_t> const positive = {1, 1, 0, 0};
    EXPECT_THAT(roc_curve(scores, positive, 5),
                ElementsAre(DoubleEq(.5), DoubleEq(.75), DoubleEq(1), DoubleEq(1), DoubleEq(1)));
}

TEST(Detection, roc_curve_area_approaches_auroc)
{
    Binary const d = d200();
    std::size_t const points = 1601;  // every vertex of 160 negatives is a grid point
    std::vector<double> const curve = roc_curve(d.a, d.y, points);
    double area = 0;
    for (std::size_t i = 1; i < points; ++i)
        area += (curve[i] + curve[i - 1]) / 2 / (points - 1);
    // Trapezoids replace each vertical step by a slope over one grid cell: less than 1 / 1600 in all.
    EXPECT_NEAR(area, auroc(d.a, d.y), 1.0 / 1600);
}

TEST(Detection, pr_curve_takes_the_best_precision_to_the_right)
{
    // Precision at recall 1/2: 1/2 (rank 2); at recall 1: 2/3 (rank 3); so 2/3 everywhere.
    std::vector<double> const scores = {4, 3, 2, 1};
    EXPECT_THAT(pr_curve(scores, std::vector<std::uint8_t>{0, 1, 1, 0}, 3),
                ElementsAre(DoubleEq(2.0 / 3), DoubleEq(2.0 / 3), DoubleEq(2.0 / 3)));
    // 1 at recall 1/2, then 1/2 at recall 1 (rank 4).
    EXPECT_THAT(pr_curve(scores, std::vector<std::uint8_t>{1, 0, 0, 1}, 3),
                ElementsAre(DoubleEq(1), DoubleEq(1), DoubleEq(.5)));
}

TEST(Ranks, ties_are_averaged)
{
    std::vector<double> const values = {3, 1, 3, 2, 3};
    EXPECT_THAT(mid_ranks(values), ElementsAre(4, 1, 4, 2, 4));
    EXPECT_THROW(mid_ranks(std::vector<double>{1, std::nan("")}), Error);
}

TEST(Quantile, is_type_7)  // numpy.quantile([1, 2, 4, 8], [0, .25, .4, 1])
{
    std::vector<double> const values = {8, 1, 4, 2};
    EXPECT_EQ(quantile(values, 0), 1);
    EXPECT_DOUBLE_EQ(quantile(values, .25), 1.75);
    EXPECT_DOUBLE_EQ(quantile(values, .4), 2.4);
    EXPECT_EQ(quantile(values, 1), 8);
    EXPECT_TRUE(std::isnan(quantile({}, .5)));
}

}  // namespace
}  // namespace ablatrix::stats
