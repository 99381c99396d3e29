#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/random.hpp>
#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/delong.hpp>
#include <ablatrix/stats/mcnemar.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/two_level.hpp>

/// Seeded simulations: tests of a true null must not reject more often than they say, intervals must cover the truth as
/// often as is stated. Bounds are binomial, about four standard errors.
namespace ablatrix::stats {
namespace {

/// Draws of one simulated data set.
class Draws
{
  public:
    Draws(char const* name, std::size_t index) : stream_(20240607, name, index) {}

    double uniform() { return (static_cast<double>(stream_.below(1U << 30)) + 0.5) / (1U << 30); }
    double normal()  // Box and Muller
    {
        double const r = std::sqrt(-2 * std::log(uniform()));
        return r * std::cos(2 * std::numbers::pi * uniform());
    }

  private:
    base::Stream stream_;
};

double logistic(double x)
{
    return 1 / (1 + std::exp(-x));
}

/// Four standard errors above a nominal rate.
double most(double rate, double simulations)
{
    return rate + 4 * std::sqrt(rate * (1 - rate) / simulations);
}

double least(double rate, double simulations)
{
    return rate - 4 * std::sqrt(rate * (1 - rate) / simulations);
}

/// Correctness of two arms, row-major [seed x item]: logit = item + half the item-by-arm effect + cell noise.
struct TwoArms
{
    std::vector<std::uint8_t> a, b;
};

TwoArms two_arms(Draws& draws, std::size_t seeds, std::size_t items, double item_arm_sd)
{
    std::vector<double> item(items), effect(items);
    for (std::size_t i = 0; i < items; ++i) {
        item[i] = 1.2 + 1.5 * draws.normal();
        effect[i] = item_arm_sd * draws.normal() / 2;
    }
    TwoArms arms;
    for (std::size_t s = 0; s < seeds; ++s) {
        for (std::size_t i = 0; i < items; ++i) {
            arms.a.push_back(draws.uniform() < logistic(item[i] + effect[i] + .5 * draws.normal()) ? 1 : 0);
            arms.b.push_back(draws.uniform() < logistic(item[i] - effect[i] + .5 * draws.normal()) ? 1 : 0);
        }
    }
    return arms;
}

TEST(NullSimulation, paired_tests_of_items_reject_a_true_null_as_rarely_as_they_say)
{
    constexpr std::size_t simulations = 1000, seeds = 5, items = 200;
    for (double const item_arm_sd : {0.0, 2.0}) {
        int mcnemar_rejects = 0, flips_reject = 0, two_level_rejects = 0, pooled_rejects = 0;
        for (std::size_t r = 0; r < simulations; ++r) {
            Draws draws(item_arm_sd == 0 ? "null" : "null_item_arm", r);
            TwoArms const arms = two_arms(draws, seeds, items, item_arm_sd);
            PairedTable const first = paired_table(std::span(arms.a).first(items), std::span(arms.b).first(items));
            mcnemar_rejects += mcnemar(first).p < .05 ? 1 : 0;
            pooled_rejects += mcnemar(paired_table(arms.a, arms.b)).p < .05 ? 1 : 0;
            std::vector<std::int64_t> d(items, 0);
            std::vector<double> difference(seeds * items);
            for (std::size_t k = 0; k < seeds * items; ++k) {
                difference[k] = arms.a[k] - arms.b[k];
                d[k % items] += arms.a[k] - arms.b[k];
            }
            flips_reject += clustered_sign_flip(d).p < .05 ? 1 : 0;
            two_level_rejects += two_level(difference, seeds).test.p < .05 ? 1 : 0;
        }
        double const limit = most(.05, simulations) * simulations;
        EXPECT_LE(mcnemar_rejects, limit) << item_arm_sd;
        EXPECT_LE(flips_reject, limit) << item_arm_sd;
        EXPECT_LE(two_level_rejects, limit) << item_arm_sd;
        EXPECT_GT(flips_reject, .01 * simulations);
        // Stacking the seeds is why the others exist: .152 at item-by-arm sd 2.
        if (item_arm_sd == 2) {
            EXPECT_GT(pooled_rejects, limit);
        }
    }
}

TEST(NullSimulation, delong_and_the_seed_tests_hold_their_level)
{
    constexpr std::size_t simulations = 2000;
    int delong_rejects = 0, t_rejects = 0, flip_rejects = 0, wilcoxon_rejects = 0, delong_covers = 0;
    // Normal scores one standard deviation apart: AUROC = cdf(1 / sqrt 2).
    double const truth = .5 * std::erfc(-.5);
    for (std::size_t r = 0; r < simulations; ++r) {
        Draws draws("null_delong", r);
        std::vector<std::uint8_t> y;
        std::vector<double> a, b;
        for (int i = 0; i < 120; ++i) {
            y.push_back(i < 40 ? 1 : 0);
            double const shared = draws.normal() + y.back();
            // Variance 1 in all, correlation one half.
            double const mean = y.back();
            double const noise = shared - mean;
            a.push_back(mean + std::sqrt(.5) * noise + std::sqrt(.5) * draws.normal());
            b.push_back(mean + std::sqrt(.5) * noise + std::sqrt(.5) * draws.normal());
        }
        std::vector<std::span<double const>> const columns = {a, b};
        DeLong const result = delong(columns, y);
        delong_rejects += delong_test(result, 0, 1).p < .05 ? 1 : 0;
        Estimate const e = delong_interval(result, 0);
        delong_covers += e.low <= truth && truth <= e.high ? 1 : 0;
        std::vector<double> d;
        for (int s = 0; s < 8; ++s)
            d.push_back(draws.normal());
        t_rejects += paired_t(d).p < .05 ? 1 : 0;
        flip_rejects += sign_flip(d).p < .05 ? 1 : 0;
        wilcoxon_rejects += wilcoxon(d).p < .05 ? 1 : 0;
    }
    double const limit = most(.05, simulations) * simulations;
    EXPECT_LE(delong_rejects, limit);
    EXPECT_GE(delong_rejects, least(.05, simulations) * simulations);
    EXPECT_LE(t_rejects, limit);
    EXPECT_GE(t_rejects, least(.05, simulations) * simulations);
    EXPECT_LE(flip_rejects, limit);
    EXPECT_LE(wilcoxon_rejects, limit);
    EXPECT_GE(delong_covers, least(.95, simulations) * simulations);
}

/// Accuracy over new items and seeds of logit = 1.2 + N(0, 1.5^2) item + N(0, .3^2) seed + N(0, .7^2) cell.
double true_accuracy()
{
    // The sum is normal: integrate the logistic against it.
    double const sd = std::sqrt(1.5 * 1.5 + .3 * .3 + .7 * .7);
    double sum = 0;
    double weight = 0;
    for (int k = -800; k <= 800; ++k) {
        double const z = k / 100.0;
        double const density = std::exp(-z * z / 2);
        sum += density * logistic(1.2 + sd * z);
        weight += density;
    }
    return sum / weight;
}

TEST(Coverage, the_two_level_interval_covers_new_seeds_and_items_where_others_do_not)
{
    constexpr std::size_t simulations = 600, items = 200;
    double const truth = true_accuracy();
    // Stated coverage, 2000 simulations: two-level and seed t.
    struct Row
    {
        std::size_t seeds;
        double two_level, seed_t;
    };
    for (Row const& row : {Row{3, .940, .929}, Row{5, .947, .914}, Row{10, .957, .865}}) {
        int both = 0, seeds_only = 0;
        for (std::size_t r = 0; r < simulations; ++r) {
            Draws draws("coverage", 1000 * row.seeds + r);
            std::vector<double> item(items);
            for (double& v : item)
                v = 1.5 * draws.normal();
            std::vector<double> x, means;
            for (std::size_t s = 0; s < row.seeds; ++s) {
                double const seed = .3 * draws.normal();
                double right = 0;
                for (std::size_t i = 0; i < items; ++i) {
                    double const logit = 1.2 + item[i] + seed + .7 * draws.normal();
                    x.push_back(draws.uniform() < logistic(logit) ? 1 : 0);
                    right += x.back();
                }
                means.push_back(right / items);
            }
            Estimate const two = two_level(x, row.seeds).estimate;
            both += two.low <= truth && truth <= two.high ? 1 : 0;
            Estimate const t = seed_mean(means);
            seeds_only += t.low <= truth && truth <= t.high ? 1 : 0;
        }
        // The stated values have a standard error of their own, half of these bounds'.
        EXPECT_NEAR(both / static_cast<double>(simulations), row.two_level, .04) << row.seeds;
        EXPECT_NEAR(seeds_only / static_cast<double>(simulations), row.seed_t, .06) << row.seeds;
        EXPECT_GE(both, .92 * simulations) << row.seeds;
    }
}

TEST(Coverage, default_intervals_of_items_cover_the_truth)
{
    constexpr std::size_t simulations = 500, n = 150;
    double const truth = .5 * std::erfc(-.5);
    int auroc = 0, difference = 0, wilson_covers = 0;
    for (std::size_t r = 0; r < simulations; ++r) {
        Draws draws("coverage_boot", r);
        std::vector<std::uint8_t> y;
        std::vector<double> a, b;
        std::int64_t right = 0;
        for (std::size_t i = 0; i < n; ++i) {
            y.push_back(i % 3 == 0 ? 1 : 0);
            a.push_back(y.back() + draws.normal());
            b.push_back(y.back() + draws.normal());
            right += draws.uniform() < .8 ? 1 : 0;
        }
        std::vector<SeedItems> const seeds = {{y, {}, {a, b}}};
        std::vector<MetricSpec> const metrics = {{Metric::auroc}};
        BootstrapOptions options;
        options.frame = "coverage/" + std::to_string(r);
        options.resamples = 1000;
        Bootstrap const boot(seeds, metrics, options);
        Estimate const e = boot.interval(0, 0);
        auroc += e.low <= truth && truth <= e.high ? 1 : 0;
        Estimate const d = boot.difference(0, 1, 0);
        difference += d.low <= 0 && 0 <= d.high ? 1 : 0;
        Estimate const w = wilson(right, n);
        wilson_covers += w.low <= .8 && .8 <= w.high ? 1 : 0;
    }
    // The percentile interval is first-order: a little below its level at 50 positives.
    EXPECT_GE(auroc, least(.94, simulations) * simulations);
    EXPECT_GE(difference, least(.94, simulations) * simulations);
    EXPECT_LE(difference, most(.95, simulations) * simulations);
    EXPECT_GE(wilson_covers, least(.95, simulations) * simulations);
}

}  // namespace
}  // namespace ablatrix::stats
