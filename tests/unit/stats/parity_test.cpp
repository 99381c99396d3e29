#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/stats/bootstrap.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/detection.hpp>
#include <ablatrix/stats/mcnemar.hpp>
#include <ablatrix/stats/multiplicity.hpp>
#include <ablatrix/stats/paired.hpp>

#include "parity_fixture.hpp"

/// Against scikit-learn, SciPy and statsmodels; tests/parity/make_statistics_fixtures.py made the numbers.
namespace ablatrix::stats {
namespace {

using nlohmann::json;
using testing::list;
using testing::parity_fixture;

TEST(Parity, ranking_metrics_agree_with_scikit_learn)
{
    for (json const& c : parity_fixture().at("ranking")) {
        auto const scores = list<double>(c.at("scores"));
        auto const positive = list<std::uint8_t>(c.at("positive"));
        auto const weights = list<std::uint32_t>(c.at("weights"));
        Ranking const plain(scores, positive);
        EXPECT_NEAR(plain.auroc(), c.at("auroc"), 1e-12);
        EXPECT_NEAR(plain.average_precision(), c.at("average_precision"), 1e-12);
        EXPECT_NEAR(plain.tnr_at_95_tpr(), c.at("tnr_at_95_tpr"), 1e-12);
        Ranking const weighted(scores, positive, weights);
        EXPECT_NEAR(weighted.auroc(), c.at("weighted_auroc"), 1e-12);
        EXPECT_NEAR(weighted.average_precision(), c.at("weighted_average_precision"), 1e-12);
        EXPECT_NEAR(weighted.tnr_at_95_tpr(), c.at("weighted_tnr_at_95_tpr"), 1e-12);
        EXPECT_EQ(mid_ranks(scores), list<double>(c.at("ranks")));
        EXPECT_NEAR(quantile(scores, .1), c.at("quantile_10"), 1e-15);
        EXPECT_FALSE(c.at("precision_at").empty());
        for (auto const& [k, precision] : c.at("precision_at").items()) {
            EXPECT_NEAR(plain.at_count(std::stoll(k)).precision, precision, 1e-12) << "k = " << k;
        }
    }
}

TEST(Parity, curves_agree_with_scikit_learn)
{
    std::size_t compared = 0;
    for (json const& c : parity_fixture().at("ranking")) {
        Ranking const ranking(list<double>(c.at("scores")), list<std::uint8_t>(c.at("positive")));
        std::vector<double> const roc = ranking.roc_curve(101);
        std::vector<double> const pr = ranking.pr_curve(101);
        for (std::size_t i = 0; i < 101; ++i) {
            EXPECT_NEAR(pr[i], c.at("pr")[i], 1e-12);
            if (c.at("roc")[i].is_null()) continue;
            EXPECT_NEAR(roc[i], c.at("roc")[i], 1e-12);
            ++compared;
        }
    }
    EXPECT_GT(compared, 100U);
}

TEST(Parity, classification_metrics_agree_with_scikit_learn)
{
    json const& c = parity_fixture().at("classification");
    auto const truth = list<std::int32_t>(c.at("truth"));
    auto const predicted = list<std::int32_t>(c.at("predicted"));
    auto const probability = list<double>(c.at("probability"));
    EXPECT_NEAR(accuracy(truth, predicted), c.at("accuracy"), 1e-12);
    EXPECT_NEAR(balanced_accuracy(truth, predicted, 3), c.at("balanced_accuracy"), 1e-12);
    EXPECT_NEAR(macro_f1(truth, predicted, 3), c.at("macro_f1"), 1e-12);
    EXPECT_NEAR(log_loss(probability, truth, 3).value, c.at("log_loss"), 1e-12);
    std::vector<std::uint8_t> positive;
    std::vector<double> p;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        positive.push_back(truth[i] == 1 ? 1 : 0);
        p.push_back(probability[3 * i + 1]);
    }
    EXPECT_NEAR(brier(p, positive), c.at("binary_brier"), 1e-12);
    EXPECT_NEAR(log_loss(p, positive).value, c.at("binary_log_loss"), 1e-12);
}

TEST(Parity, proportions_agree_with_statsmodels)
{
    for (json const& c : parity_fixture().at("proportions")) {
        Estimate const score = wilson(c.at("k"), c.at("n"));
        EXPECT_NEAR(score.low, c.at("wilson")[0], 1e-12);
        EXPECT_NEAR(score.high, c.at("wilson")[1], 1e-12);
        Estimate const strict = clopper_pearson(c.at("k"), c.at("n"));
        EXPECT_NEAR(strict.low, c.at("clopper_pearson")[0], 1e-12);
        EXPECT_NEAR(strict.high, c.at("clopper_pearson")[1], 1e-12);
    }
}

TEST(Parity, mcnemar_agrees_with_statsmodels)
{
    for (json const& c : parity_fixture().at("mcnemar")) {
        PairedTable const table{11, c.at("b"), c.at("c"), 13};
        EXPECT_NEAR(mcnemar(table).p, c.at("exact"), 1e-12);
        EXPECT_NEAR(mcnemar(table, McNemarRule::asymptotic).p, c.at("asymptotic"), 1e-12);
        EXPECT_NEAR(mcnemar(table, McNemarRule::corrected).p, c.at("corrected"), 1e-12);
    }
}

TEST(Parity, seed_comparisons_agree_with_scipy)
{
    for (json const& c : parity_fixture().at("seeds")) {
        auto const a = list<double>(c.at("a"));
        auto const b = list<double>(c.at("b"));
        std::vector<double> d;
        for (std::size_t s = 0; s < a.size(); ++s)
            d.push_back(a[s] - b[s]);
        EXPECT_NEAR(paired_t(d).statistic, c.at("t"), 1e-9);
        EXPECT_NEAR(paired_t(d).p, c.at("t_p"), 1e-10);
        EXPECT_NEAR(seed_mean(d).low, c.at("t_interval")[0], 1e-12);
        EXPECT_NEAR(seed_mean(d).high, c.at("t_interval")[1], 1e-12);
        EXPECT_NEAR(wilcoxon(d).p, c.at("wilcoxon_p"), 1e-12);
        EXPECT_NEAR(sign_flip(d).p, c.at("sign_flip_p"), 1e-12);
    }
}

TEST(Parity, adjusted_p_values_agree_with_statsmodels)
{
    for (json const& c : parity_fixture().at("families")) {
        auto const p = list<double>(c.at("p"));
        for (auto const& [method, name] : {std::pair{Adjustment::holm, "holm"},
                                           {Adjustment::hochberg, "hochberg"},
                                           {Adjustment::benjamini_hochberg, "benjamini_hochberg"}})
        {
            std::vector<double> const adjusted = adjust(p, method);
            for (std::size_t i = 0; i < p.size(); ++i)
                EXPECT_NEAR(adjusted[i], c.at(name)[i], 1e-12) << name;
        }
    }
}

// Two endpoints of 10,000 resamples each: one has a Monte Carlo deviation of .027 standard errors (.04 for BCa, whose
// levels vary too), so .2 is about four deviations of their difference.
constexpr double endpoint_tolerance = .2;

TEST(Parity, bootstrap_agrees_with_scipy_within_monte_carlo_error)
{
    json const& c = parity_fixture().at("bootstrap");
    auto scores = list<double>(c.at("pos"));
    std::vector<std::uint8_t> positive(scores.size(), 1);
    for (double const v : list<double>(c.at("neg")))
        scores.push_back(v);
    positive.resize(scores.size(), 0);
    std::vector<SeedItems> const seeds = {{positive, {}, {scores}}};
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    BootstrapOptions options;
    options.frame = "parity";
    options.acceleration = true;
    Bootstrap const boot(seeds, metrics, options);
    double const within = endpoint_tolerance * c.at("se").get<double>();
    for (auto const kind : {IntervalKind::percentile, IntervalKind::basic, IntervalKind::bca}) {
        Estimate const e = boot.interval(0, 0, kind);
        json const& expected = c.at("intervals").at(std::string(name_of(kind)));
        EXPECT_NEAR(e.low, expected[0], within) << e.method;
        EXPECT_NEAR(e.high, expected[1], within) << e.method;
    }
}

TEST(Parity, paired_bootstrap_agrees_with_scipy_within_monte_carlo_error)
{
    json const& c = parity_fixture().at("bootstrap").at("paired");
    auto const a = list<double>(c.at("a"));
    auto const b = list<double>(c.at("b"));
    std::vector<std::uint8_t> const label(a.size(), 0);
    std::vector<SeedItems> const seeds = {{label, {}, {a, b}}};
    std::vector<MetricSpec> const metrics = {{Metric::mean}};
    BootstrapOptions options;
    options.unit = Unit::item;
    Estimate const e = Bootstrap(seeds, metrics, options).difference(0, 1, 0);
    // The replicates are multiples of 1 / 120: an endpoint may move by one step.
    double const within = endpoint_tolerance * c.at("se").get<double>() + 1.0 / 120;
    EXPECT_NEAR(e.low, c.at("interval")[0], within);
    EXPECT_NEAR(e.high, c.at("interval")[1], within);
}

}  // namespace
}  // namespace ablatrix::stats
