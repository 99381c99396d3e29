#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/stats/calibration.hpp>
#include <ablatrix/stats/cochran.hpp>
#include <ablatrix/stats/delong.hpp>
#include <ablatrix/stats/errors.hpp>
#include <ablatrix/stats/friedman.hpp>
#include <ablatrix/stats/mcnemar.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/planning.hpp>
#include <ablatrix/stats/regression.hpp>
#include <ablatrix/stats/thresholds.hpp>
#include <ablatrix/stats/two_level.hpp>

#include "parity_fixture.hpp"

/// Like parity_test.cpp, for what is not a score, a table or a bootstrap.
namespace ablatrix::stats {
namespace {

using nlohmann::json;
using testing::list;
using testing::Lists;
using testing::parity_fixture;

TEST(Parity, calibration_agrees_with_calibration_curve)
{
    json const& c = parity_fixture().at("calibration");
    auto const probability = list<double>(c.at("probability"));
    auto const outcome = list<std::uint8_t>(c.at("outcome"));
    CalibrationError const error = calibration_error(probability, outcome);
    EXPECT_NEAR(error.ece, c.at("ece"), 1e-12);
    EXPECT_NEAR(error.mce, c.at("mce"), 1e-12);
    std::size_t filled = 0;
    for (ReliabilityBin const& bin : reliability(probability, outcome)) {
        if (bin.n == 0) continue;
        EXPECT_NEAR(bin.confidence, c.at("confidence").at(filled), 1e-12);
        EXPECT_NEAR(bin.accuracy.value, c.at("accuracy").at(filled), 1e-12);
        ++filled;
    }
    EXPECT_EQ(filled, c.at("confidence").size());
}

TEST(Parity, cochran_q_agrees_with_statsmodels)
{
    for (json const& c : parity_fixture().at("cochran")) {
        Lists<std::uint8_t> const correct(c.at("correct"));
        EXPECT_NEAR(cochran_q(correct.spans()).statistic, c.at("q"), 1e-10);
        EXPECT_NEAR(cochran_q(correct.spans()).p, c.at("p"), 1e-12);
    }
}

TEST(Parity, friedman_and_nemenyi_agree_with_scipy)
{
    for (json const& c : parity_fixture().at("friedman")) {
        Friedman const r = friedman(list<double>(c.at("values")), c.at("methods"));
        EXPECT_NEAR(r.chi_square.statistic, c.at("chi_square"), 1e-10);
        EXPECT_NEAR(r.chi_square.p, c.at("p"), 1e-12);
        EXPECT_NEAR(nemenyi_quantile(c.at("methods")), c.at("q05"), 1e-6);
    }
}

TEST(Parity, temperature_agrees_with_scipys_minimizer)
{
    for (json const& c : parity_fixture().at("temperature")) {
        Temperature const t =
            fit_temperature(list<double>(c.at("logits")), list<std::int32_t>(c.at("truth")), c.at("classes"));
        EXPECT_EQ(t.status, TemperatureStatus::ok);
        // The minimizer sees values only: it finds the place to the root of their rounding, 1e-8.
        EXPECT_NEAR(t.value / c.at("temperature").get<double>(), 1, 1e-6);
        EXPECT_NEAR(t.nll_after, c.at("nll"), 1e-12);
        EXPECT_NEAR(t.nll_before, c.at("nll_before"), 1e-12);
    }
}

TEST(Parity, kappas_agree_with_scikit_learn_and_statsmodels)
{
    json const& c = parity_fixture().at("agreement");
    Lists<std::int32_t> const raters(c.at("raters"));
    EXPECT_NEAR(cohen_kappa(raters.rows[0], raters.rows[1]).kappa, c.at("cohen"), 1e-12);
    EXPECT_NEAR(fleiss_kappa(raters.spans()).kappa, c.at("fleiss"), 1e-12);
}

TEST(Parity, regression_errors_agree_with_scikit_learn)
{
    json const& c = parity_fixture().at("regression");
    auto const truth = list<double>(c.at("truth"));
    auto const predicted = list<double>(c.at("predicted"));
    EXPECT_NEAR(mean_absolute_error(truth, predicted), c.at("mae"), 1e-12);
    EXPECT_NEAR(median_absolute_error(truth, predicted), c.at("median"), 1e-12);
    EXPECT_NEAR(root_mean_squared_error(truth, predicted), c.at("rmse"), 1e-12);
    RSquaredParts const parts = r_squared_parts(truth, predicted);
    EXPECT_NEAR(parts.r_squared, c.at("r2"), 1e-12);
    EXPECT_NEAR(parts.debiased, c.at("explained"), 1e-12);
    EXPECT_NEAR(parts.correlation, c.at("correlation"), 1e-12);
}

TEST(Parity, planned_seeds_agree_with_statsmodels)
{
    for (json const& c : parity_fixture().at("planning")) {
        EXPECT_NEAR(paired_t_power(c.at("effect"), 6), c.at("power_of_6"), 1e-8);
        EXPECT_EQ(seeds_for_paired_t(c.at("effect")), c.at("seeds"));
    }
}

TEST(Parity, welch_t_agrees_with_scipy)
{
    json const& c = parity_fixture().at("unpaired");
    stats::Test const test = welch_t(list<double>(c.at("a")), list<double>(c.at("b")));
    EXPECT_NEAR(test.statistic, c.at("t"), 1e-9);
    EXPECT_NEAR(test.p, c.at("p"), 1e-11);
}

TEST(Parity, label_permutation_agrees_with_scipy_and_enumeration)
{
    json const& c = parity_fixture().at("unpaired");
    auto const a = list<double>(c.at("a"));
    auto const b = list<double>(c.at("b"));
    EXPECT_NEAR(label_permutation(a, b).p, c.at("permutation_p"), 1e-12);
    EXPECT_NEAR(label_permutation(a, std::vector<double>(b.begin(), b.begin() + 5)).p, c.at("permutation_p_of_five"),
                1e-12);
}

TEST(Parity, delong_agrees_with_the_kernel_of_all_pairs)
{
    for (json const& c : parity_fixture().at("delong")) {
        Lists<double> const columns(c.at("columns"));
        DeLong const result = delong(columns.spans(), list<std::uint8_t>(c.at("positive")));
        for (std::size_t k = 0; k < 2; ++k)
            EXPECT_NEAR(result.theta[k], c.at("theta")[k], 1e-12);
        for (std::size_t k = 0; k < 4; ++k)
            EXPECT_NEAR(result.covariance[k], c.at("covariance")[k], 1e-12);
        EXPECT_NEAR(delong_test(result, 0, 1).p, c.at("p"), 1e-10);
    }
}

TEST(Parity, clustered_sign_flip_agrees_with_scipys_permutation_test)
{
    for (json const& c : parity_fixture().at("sign_flips"))
        EXPECT_NEAR(clustered_sign_flip(list<std::int64_t>(c.at("d"))).p, c.at("p"), 1e-12);
}

TEST(Parity, differences_of_proportions_agree_with_numerical_likelihood_and_statsmodels)
{
    for (json const& c : parity_fixture().at("paired_differences")) {
        auto const cells = list<std::int64_t>(c.at("table"));
        PairedTable const table{cells[0], cells[1], cells[2], cells[3]};
        EXPECT_NEAR(newcombe_difference(table).low, c.at("newcombe")[0], 1e-12);
        EXPECT_NEAR(newcombe_difference(table).high, c.at("newcombe")[1], 1e-12);
        // A numerical maximum is known to half the digits, the interval's end where it is flat to more.
        EXPECT_NEAR(tango_difference(table).low, c.at("tango")[0], 1e-7);
        EXPECT_NEAR(tango_difference(table).high, c.at("tango")[1], 1e-7);
    }
}

TEST(Parity, two_level_agrees_with_numpy)
{
    for (json const& c : parity_fixture().at("two_level")) {
        TwoLevel const result = two_level(list<double>(c.at("x")), c.at("seeds"));
        EXPECT_NEAR(result.estimate.low, c.at("interval")[0], 1e-10);
        EXPECT_NEAR(result.estimate.high, c.at("interval")[1], 1e-10);
        EXPECT_NEAR(result.test.df, c.at("df"), 1e-8);
        EXPECT_NEAR(result.test.p, c.at("p"), 1e-11);
    }
}

}  // namespace
}  // namespace ablatrix::stats
