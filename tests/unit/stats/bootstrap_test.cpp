#include <ablatrix/stats/bootstrap.hpp>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/scores.hpp"
#include "detail/seed_model.hpp"
#include "detail/weighted_pass.hpp"
#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

using testing::Binary;
using testing::d12;
using testing::d200;
using ::testing::ElementsAre;

constexpr double tolerance = 1e-10;
constexpr std::size_t A = 0, B = 1;

std::vector<MetricSpec> const ranking_metrics = {
    {Metric::auroc}, {Metric::average_precision}, {Metric::tnr_at_95_tpr}, {Metric::precision_at, .1}};
constexpr std::size_t auroc_at = 0, ap_at = 1, tnr_at = 2, p10_at = 3;

SeedItems items_of(Binary const& d)
{
    return {d.y, d.group, {d.a, d.b}};
}

BootstrapOptions demo(Unit unit)
{
    BootstrapOptions options;
    options.frame = "demo";
    options.unit = unit;
    options.acceleration = true;
    options.threads = 2;
    return options;
}

Bootstrap demo_bootstrap(Unit unit)
{
    static Binary const d = d200();
    return Bootstrap(std::vector<SeedItems>{items_of(d)}, ranking_metrics, demo(unit));
}

void expect_interval(Estimate const& e, double low, double high, double within = tolerance)
{
    EXPECT_NEAR(e.low, low, within) << e.method;
    EXPECT_NEAR(e.high, high, within) << e.method;
}

TEST(Bootstrap, stratified_auroc_matches_the_vectors)  // B1, B2
{
    Bootstrap const boot = demo_bootstrap(Unit::item_strat);
    EXPECT_NEAR(boot.value(A, auroc_at), .8253125, tolerance);
    expect_interval(boot.interval(A, auroc_at), .74671484375, .89609375);
    expect_interval(boot.interval(A, auroc_at, IntervalKind::basic), .75453125, .90391015625);
    std::span<double const> const replicates = boot.replicates(A, auroc_at);
    auto const equal = [](double v) { return std::abs(v - .8253125) <= 1e-12; };
    EXPECT_EQ(std::count_if(replicates.begin(), replicates.end(), [&](double v) { return v < .8253125 && !equal(v); }),
              4881);
    EXPECT_EQ(std::count_if(replicates.begin(), replicates.end(), equal), 4);
    Bootstrap::Bca const bca = boot.bca_constants(A, auroc_at);
    EXPECT_NEAR(bca.z0, -.0293317562, tolerance);
    EXPECT_NEAR(bca.acceleration, -.0205420460, tolerance);
    expect_interval(boot.interval(A, auroc_at, IntervalKind::bca), .740480021685, .891171875);
    EXPECT_EQ(boot.interval(A, auroc_at).status, Status::ok);
    EXPECT_EQ(boot.interval(A, auroc_at).method, "boot.item_strat.percentile");
}

TEST(Bootstrap, paired_difference_matches_the_vectors)  // B3
{
    Bootstrap const boot = demo_bootstrap(Unit::item_strat);
    expect_interval(boot.difference(A, B, auroc_at), -.015392578125, .207423828125);
    expect_interval(boot.difference(A, B, auroc_at, IntervalKind::bca), -.01390625, .209097220440);
    EXPECT_NEAR(boot.difference_test(A, B, auroc_at).p, .0921907809, tolerance);
}

TEST(Bootstrap, average_precision_matches_the_vectors)  // B4
{
    Bootstrap const boot = demo_bootstrap(Unit::item_strat);
    expect_interval(boot.interval(A, ap_at), .571364115085, .802981577851);
    expect_interval(boot.interval(A, ap_at, IntervalKind::bca), .559512568401, .794901544204);
    expect_interval(boot.difference(A, B, ap_at), -.014884890457, .324357056846);
}

TEST(Bootstrap, thresholded_metrics_match_the_vectors)  // B5
{
    Bootstrap const boot = demo_bootstrap(Unit::item_strat);
    expect_interval(boot.interval(A, tnr_at), .31875, .51875);
    expect_interval(boot.interval(A, p10_at), .65, 1);
    // Not smooth: a BCa interval is refused.
    EXPECT_EQ(boot.interval(A, tnr_at, IntervalKind::bca).note, "bca_degenerate");
    expect_interval(boot.interval(A, tnr_at, IntervalKind::bca), .31875, .51875);
}

TEST(Bootstrap, unstratified_items_match_the_vectors)  // B6
{
    Bootstrap const boot = demo_bootstrap(Unit::item);
    expect_interval(boot.interval(A, auroc_at), .745055125762, .896176395265);
    expect_interval(boot.difference(A, B, auroc_at), -.015734707798, .207367748257);
}

TEST(Bootstrap, groups_match_the_vectors)  // B7
{
    Bootstrap const boot = demo_bootstrap(Unit::group_strat);
    expect_interval(boot.interval(A, auroc_at), .750703125, .898439453125);
    expect_interval(boot.difference(A, B, auroc_at), -.029767578125, .21781640625);

    Binary const d = d200();
    detail::UnitLayout const layout = detail::lay_out(items_of(d), Unit::group_strat);
    std::vector<detail::UnitCounts> counts(layout.units);
    detail::draw_multinomial(layout, detail::stream_key(42, "demo"), {}, counts);
    std::vector<int> of_group(30);
    for (std::size_t i = 0; i < 200; ++i) {
        of_group[static_cast<std::size_t>(d.group[i])] = counts[layout.unit_of_item[i]].lane[0];
    }
    EXPECT_THAT(std::vector<int>(of_group.begin(), of_group.begin() + 10), ElementsAre(1, 0, 1, 1, 2, 1, 1, 2, 1, 0));
}

TEST(Bootstrap, poisson_weights_match_the_vectors)  // B8
{
    Binary const d = d200();
    BootstrapOptions options = demo(Unit::item);
    options.weighting = Weighting::poisson;
    Bootstrap const boot(std::vector<SeedItems>{items_of(d)}, ranking_metrics, options);
    expect_interval(boot.interval(A, auroc_at), .7452967, .8972678, 5e-8);
}

TEST(Bootstrap, d12_weights_and_jackknife_match_the_vectors)  // R5, B9
{
    Binary const d = d12();
    SeedItems const items{d.y, {}, {d.a, d.b}};
    detail::UnitLayout const layout = detail::lay_out(items, Unit::item_strat);
    std::vector<detail::UnitCounts> counts(layout.units);
    detail::draw_multinomial(layout, detail::stream_key(42, "demo"), {}, counts);
    std::vector<std::uint32_t> weights;
    for (std::size_t i = 0; i < 12; ++i)
        weights.push_back(counts[layout.unit_of_item[i]].lane[0]);
    EXPECT_THAT(weights, ElementsAre(2, 0, 2, 1, 1, 0, 1, 0, 3, 1, 0, 1));
    EXPECT_NEAR(Ranking(d.a, d.y, weights).auroc(), .6714285714, tolerance);

    detail::Placements const places = detail::placements(d.a, d.y);
    std::vector<double> S, T;
    for (std::size_t i = 0; i < 12; ++i)
        (d.y[i] != 0 ? S : T).push_back(static_cast<double>(places.twice[i]) / 2);
    std::sort(T.begin(), T.end());
    EXPECT_THAT(S, ElementsAre(7, 6.5, 5.5, 3.5, 1.5));
    EXPECT_THAT(T, ElementsAre(1.5, 2.5, 3, 3.5, 4, 4.5, 5));

    for (auto const& [unit, expected] :
         {std::pair{Unit::item_strat, -.0259705688}, std::pair{Unit::item, -.0269593325}}) {
        BootstrapOptions options = demo(unit);
        options.resamples = 32;
        Bootstrap const boot(std::vector<SeedItems>{items}, ranking_metrics, options);
        EXPECT_NEAR(boot.bca_constants(A, auroc_at).acceleration, expected, tolerance);
    }
}

TEST(Bootstrap, accuracy_matches_the_vectors)  // B10
{
    Binary const d = d200();
    std::vector<double> correct;
    for (std::size_t i = 0; i < 200; ++i)
        correct.push_back((d.a[i] >= 70) == (d.y[i] == 1) ? 1 : 0);
    std::vector<SeedItems> const seeds = {{d.y, {}, {correct}}};
    std::vector<MetricSpec> const metrics = {{Metric::mean}};
    Bootstrap const boot(seeds, metrics, demo(Unit::item));
    EXPECT_NEAR(boot.value(0, 0), .73, tolerance);
    expect_interval(boot.interval(0, 0), .665, .79);
}

/// Correctness of the two arms and their difference as columns, three seeds.
struct SeedColumns
{
    std::vector<std::uint8_t> label = std::vector<std::uint8_t>(24, 0);
    std::vector<std::vector<double>> a, b, d;
    std::vector<SeedItems> seeds;

    SeedColumns()
    {
        testing::Arms const m = testing::m24();
        for (std::size_t s = 0; s < 3; ++s) {
            a.emplace_back(m.a[s].begin(), m.a[s].end());
            b.emplace_back(m.b[s].begin(), m.b[s].end());
            d.emplace_back();
            for (std::size_t i = 0; i < 24; ++i)
                d[s].push_back(a[s][i] - b[s][i]);
        }
        for (std::size_t s = 0; s < 3; ++s)
            seeds.push_back({label, {}, {a[s], b[s], d[s]}});
    }
};

TEST(Bootstrap, seeds_match_the_vectors_in_every_design)  // B11
{
    SeedColumns const m;
    std::vector<MetricSpec> const metrics = {{Metric::mean}};
    auto const run = [&](Seeds design) {
        BootstrapOptions options;
        options.frame = "m24";
        options.unit = Unit::item;
        options.seeds = design;
        return Bootstrap(m.seeds, metrics, options);
    };
    Bootstrap const crossed = run(Seeds::crossed);
    expect_interval(crossed.difference(A, B, 0), -.0138888889, .3888888889);
    EXPECT_EQ(crossed.difference(A, B, 0).note, "few_seeds");
    EXPECT_EQ(crossed.difference(A, B, 0).method, "boot.crossed.item.percentile");
    expect_interval(run(Seeds::fixed).difference(A, B, 0), 0, .3611111111);
    expect_interval(run(Seeds::nested).difference(A, B, 0), .0555555556, .3194444444);
    // The difference as a column of its own is the same thing.
    expect_interval(crossed.interval(2, 0), -.0138888889, .3888888889);
}

TEST(Bootstrap, blocked_pass_equals_the_plain_metrics_of_every_resample)
{
    Binary const d = d200();
    for (Unit const unit : {Unit::item, Unit::item_strat, Unit::group, Unit::group_strat}) {
        BootstrapOptions options = demo(unit);
        options.resamples = 70;
        std::vector<MetricSpec> const metrics = {
            {Metric::auroc},          {Metric::average_precision}, {Metric::tnr_at_95_tpr}, {Metric::precision_at, .05},
            {Metric::recall_at, .25}, {Metric::f1_at, .25},        {Metric::mean},          {Metric::balanced_mean}};
        SeedItems const items = items_of(d);
        Bootstrap const boot(std::vector<SeedItems>{items}, metrics, options);
        detail::UnitLayout const layout = detail::lay_out(items, unit);
        std::uint64_t const key = detail::stream_key(42, "demo");
        for (std::size_t b = 0; b < 70; ++b) {
            detail::Lanes<detail::LaneJob> jobs{};
            jobs[0] = {static_cast<std::uint32_t>(b), 0};
            std::vector<detail::UnitCounts> counts(layout.units);
            detail::draw_multinomial(layout, key, jobs, counts);
            std::vector<std::uint32_t> weights;
            double sum[2] = {0, 0};
            double n[2] = {0, 0};
            for (std::size_t i = 0; i < 200; ++i) {
                weights.push_back(counts[layout.unit_of_item[i]].lane[0]);
                sum[d.y[i]] += weights[i] * d.b[i];
                n[d.y[i]] += weights[i];
            }
            Ranking const plain(d.b, d.y, weights);
            EXPECT_EQ(boot.replicates(B, 0)[b], plain.auroc());
            EXPECT_EQ(boot.replicates(B, 1)[b], plain.average_precision());
            EXPECT_EQ(boot.replicates(B, 2)[b], plain.tnr_at_95_tpr());
            EXPECT_EQ(boot.replicates(B, 3)[b], plain.at_fraction(.05).precision);
            EXPECT_EQ(boot.replicates(B, 4)[b], plain.at_fraction(.25).recall);
            EXPECT_EQ(boot.replicates(B, 5)[b], plain.at_fraction(.25).f1);
            EXPECT_NEAR(boot.replicates(B, 6)[b], (sum[0] + sum[1]) / (n[0] + n[1]), 1e-12);
            EXPECT_NEAR(boot.replicates(B, 7)[b], (sum[0] / n[0] + sum[1] / n[1]) / 2, 1e-12);
        }
    }
}

TEST(Bootstrap, values_on_the_sample_equal_the_plain_metrics)
{
    Binary const d = d200();
    Bootstrap const boot = demo_bootstrap(Unit::item);
    EXPECT_EQ(boot.value(A, auroc_at), auroc(d.a, d.y));
    EXPECT_EQ(boot.value(B, ap_at), average_precision(d.b, d.y));
    EXPECT_EQ(boot.seed_values(B, tnr_at)[0], tnr_at_95_tpr(d.b, d.y));
}

TEST(Bootstrap, threads_and_prefixes_change_nothing)
{
    SeedColumns const m;
    Binary const d = d200();
    auto const replicates = [&](std::vector<SeedItems> const& seeds, Metric metric, Seeds design, int threads,
                                std::size_t resamples) {
        BootstrapOptions options = demo(Unit::item);
        options.acceleration = false;
        options.seeds = design;
        options.threads = threads;
        options.resamples = resamples;
        std::vector<MetricSpec> const metrics = {{metric}};
        Bootstrap const boot(seeds, metrics, options);
        return std::vector<double>(boot.replicates(0, 0).begin(), boot.replicates(0, 0).end());
    };
    std::vector<SeedItems> const one = {items_of(d)};
    for (Seeds const design : {Seeds::fixed, Seeds::crossed, Seeds::nested}) {
        std::vector<double> const reference = replicates(m.seeds, Metric::mean, design, 1, 500);
        EXPECT_EQ(reference, replicates(m.seeds, Metric::mean, design, 2, 500));
        EXPECT_EQ(reference, replicates(m.seeds, Metric::mean, design, 5, 500));
        std::vector<double> const longer = replicates(m.seeds, Metric::mean, design, 2, 777);
        EXPECT_TRUE(std::equal(reference.begin(), reference.end(), longer.begin()));
    }
    EXPECT_EQ(replicates(one, Metric::auroc, Seeds::fixed, 1, 333),
              replicates(one, Metric::auroc, Seeds::fixed, 5, 333));
}

/// Threads in the place of processes: each hears what all said in the same round.
class Ranks
{
  public:
    explicit Ranks(std::size_t count) : barrier_(static_cast<std::ptrdiff_t>(count)), said_(count) {}

    Share share(std::size_t rank)
    {
        return {rank, said_.size(), [this, rank](std::string const& text) {
                    said_[rank] = text;
                    barrier_.arrive_and_wait();
                    auto const all = said_;
                    barrier_.arrive_and_wait();
                    return all;
                }};
    }
    std::size_t said_bytes() const
    {
        std::size_t bytes = 0;
        for (auto const& text : said_)
            bytes += text.size();
        return bytes;
    }

  private:
    std::barrier<> barrier_;
    std::vector<std::string> said_;
};

TEST(Bootstrap, ranks_change_no_bit)
{
    SeedColumns const m;
    for (Seeds const design : {Seeds::fixed, Seeds::crossed, Seeds::nested}) {
        std::vector<std::vector<double>> of_ranks;
        for (std::size_t const count : {1, 2, 5}) {
            Ranks ranks(count);
            std::vector<std::vector<double>> replicates(count);
            std::vector<std::thread> threads;
            for (std::size_t rank = 0; rank < count; ++rank) {
                threads.emplace_back([&, rank] {
                    BootstrapOptions options = demo(Unit::item);
                    options.acceleration = false;
                    options.seeds = design;
                    options.resamples = 333;
                    options.share = ranks.share(rank);
                    std::vector<MetricSpec> const metrics = {{Metric::mean}};
                    Bootstrap const boot(m.seeds, metrics, options);
                    for (std::size_t column = 0; column < boot.columns(); ++column) {
                        auto const part = boot.replicates(column, 0);
                        replicates[rank].insert(replicates[rank].end(), part.begin(), part.end());
                    }
                });
            }
            for (auto& thread : threads)
                thread.join();
            of_ranks.insert(of_ranks.end(), replicates.begin(), replicates.end());
            // Each value is said once: the work is shared, not repeated.
            std::size_t const slots = design == Seeds::nested ? m.seeds.size() : 1;
            EXPECT_EQ(ranks.said_bytes(), count == 1 ? 0 : replicates[0].size() * slots * sizeof(double));
        }
        for (auto const& replicates : of_ranks) {
            ASSERT_EQ(replicates.size(), of_ranks[0].size());
            EXPECT_EQ(std::memcmp(replicates.data(), of_ranks[0].data(), replicates.size() * sizeof(double)), 0);
        }
    }
}

TEST(Bootstrap, swapping_the_arms_negates_the_difference)
{
    Bootstrap const boot = demo_bootstrap(Unit::item_strat);
    Estimate const left = boot.difference(A, B, auroc_at);
    Estimate const right = boot.difference(B, A, auroc_at);
    EXPECT_NEAR(left.low, -right.high, 1e-15);
    EXPECT_NEAR(left.high, -right.low, 1e-15);
    EXPECT_EQ(boot.difference_test(A, B, auroc_at).p, boot.difference_test(B, A, auroc_at).p);
}

TEST(Bootstrap, leaving_out_items_or_one_item_groups_agree)
{
    Binary d = d200();
    for (int i = 0; i < 200; ++i)
        d.group[static_cast<std::size_t>(i)] = i;
    for (std::size_t const metric : {auroc_at, ap_at}) {
        BootstrapOptions by_item = demo(Unit::item_strat);
        BootstrapOptions by_group = demo(Unit::group_strat);
        by_item.resamples = by_group.resamples = 32;
        std::vector<SeedItems> const seeds = {items_of(d)};
        Bootstrap const items(seeds, ranking_metrics, by_item);
        Bootstrap const groups(seeds, ranking_metrics, by_group);
        EXPECT_NEAR(items.bca_constants(A, B, metric).acceleration, groups.bca_constants(A, B, metric).acceleration,
                    1e-9);
    }
}

TEST(Bootstrap, a_bad_column_does_not_spoil_the_others)
{
    Binary const d = d12();
    std::vector<double> broken = d.b;
    broken[3] = std::numeric_limits<double>::quiet_NaN();
    std::vector<SeedItems> const seeds = {{d.y, {}, {d.a, broken}}};
    BootstrapOptions options;
    options.resamples = 1000;
    Bootstrap const boot(seeds, ranking_metrics, options);
    EXPECT_EQ(boot.interval(0, auroc_at).status, Status::ok);
    EXPECT_EQ(boot.interval(1, auroc_at).status, Status::invalid_input);
    EXPECT_TRUE(std::isnan(boot.value(1, auroc_at)));
    EXPECT_EQ(boot.difference(0, 1, auroc_at).status, Status::invalid_input);
    EXPECT_TRUE(std::isnan(boot.difference_test(0, 1, auroc_at).p));
}

TEST(Bootstrap, statuses_follow_the_data)
{
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    auto const status = [&](Binary const& d, Unit unit, std::size_t resamples) {
        BootstrapOptions options;
        options.unit = unit;
        options.resamples = resamples;
        std::vector<SeedItems> const seeds = {{d.y, d.group, {d.a}}};
        return Bootstrap(seeds, metrics, options).interval(0, 0);
    };
    Binary d = d12();
    EXPECT_EQ(status(d, Unit::item_strat, 999).status, Status::not_reliable);
    EXPECT_EQ(status(d, Unit::item_strat, 999).note, "few_resamples");
    EXPECT_EQ(status(d, Unit::item_strat, 1000).status, Status::ok);
    d.a.assign(12, 1.0);
    EXPECT_EQ(status(d, Unit::item_strat, 1000).status, Status::degenerate);
    EXPECT_EQ(status(d, Unit::item_strat, 1000).note, "all_resamples_equal");
    d = d12();
    d.y.assign(12, 0);
    EXPECT_EQ(status(d, Unit::item, 1000).status, Status::undefined);
    d.y[5] = 1;  // (11/12)^12 = 35 % of the resamples have no positive
    EXPECT_EQ(status(d, Unit::item, 1000).status, Status::not_reliable);
    EXPECT_EQ(status(d, Unit::item, 1000).note, "undefined_resamples");
    EXPECT_EQ(status(d, Unit::item_strat, 1000).status, Status::degenerate);
    d = d12();
    for (std::size_t i = 0; i < 12; ++i)
        d.group.push_back(d.y[i] != 0 ? 0 : static_cast<std::int32_t>(i));
    EXPECT_EQ(status(d, Unit::group_strat, 1000).note, "one_group");
    d.group = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // 5 positive groups
    EXPECT_EQ(status(d, Unit::group_strat, 1000).status, Status::ok);
    EXPECT_EQ(status(d, Unit::group_strat, 1000).note, "few_groups");
    d.group = {0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // 4
    EXPECT_EQ(status(d, Unit::group_strat, 1000).status, Status::not_reliable);
}

TEST(Bootstrap, skewed_intervals_are_noted_where_bca_is_prepared)
{
    Binary const d = d12();
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    std::vector<SeedItems> const seeds = {{d.y, {}, {d.a, d.b}}};
    BootstrapOptions options;
    options.resamples = 2000;
    EXPECT_EQ(Bootstrap(seeds, metrics, options).interval(1, 0).note, "");
    options.acceleration = true;
    Bootstrap const boot(seeds, metrics, options);
    // a of column t from the leave-one-out formula in NumPy; that of column s is -.0260 (B9).
    EXPECT_NEAR(boot.bca_constants(1, 0).acceleration, -.1020131907780152, 1e-10);
    EXPECT_EQ(boot.interval(1, 0).note, "skewed");
    EXPECT_EQ(boot.interval(0, 0).note, "");
}

TEST(Bootstrap, basic_intervals_stay_in_range)
{
    std::vector<double> const scores = {1, .9, .8, .7, .1, .2, .3, .75, .05, .01};
    std::vector<std::uint8_t> const positive = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    std::vector<SeedItems> const seeds = {{positive, {}, {scores}}};
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    BootstrapOptions options;
    options.resamples = 2000;
    Estimate const e = Bootstrap(seeds, metrics, options).interval(0, 0, IntervalKind::basic);
    EXPECT_LE(e.high, 1);
    EXPECT_EQ(e.note, "clipped");
}

TEST(Bootstrap, nested_seeds_may_have_their_own_items)
{
    Binary const small = d12();
    Binary const large = d200();
    std::vector<SeedItems> const seeds = {{small.y, {}, {small.a}}, {large.y, {}, {large.a}}};
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    BootstrapOptions options;
    options.resamples = 1000;
    EXPECT_THROW(Bootstrap(seeds, metrics, options), Error);
    options.seeds = Seeds::nested;
    Bootstrap const boot(seeds, metrics, options);
    EXPECT_NEAR(boot.value(0, 0), (.6857142857142857 + .8253125) / 2, tolerance);
    EXPECT_EQ(boot.interval(0, 0).status, Status::ok);
}

TEST(Bootstrap, bad_input_is_an_error)
{
    Binary const d = d200();
    std::vector<SeedItems> seeds = {items_of(d)};
    EXPECT_THROW(Bootstrap({}, ranking_metrics, {}), Error);
    BootstrapOptions poisson;
    poisson.weighting = Weighting::poisson;
    EXPECT_THROW(Bootstrap(seeds, ranking_metrics, poisson), Error);
    std::vector<MetricSpec> const none = {{Metric::precision_at, 0}};
    EXPECT_THROW(Bootstrap(seeds, none, {}), Error);
    std::vector<std::int32_t> mixed(200, 0);
    for (std::size_t i = 0; i < 200; ++i)
        mixed[i] = static_cast<std::int32_t>(i / 10);
    seeds[0].group = mixed;
    BootstrapOptions grouped;
    grouped.unit = Unit::group_strat;
    EXPECT_THROW(Bootstrap(seeds, ranking_metrics, grouped), Error);
    EXPECT_EQ(default_unit(seeds[0]), Unit::group);
    seeds[0].group = {};
    EXPECT_THROW(Bootstrap(seeds, ranking_metrics, grouped), Error);
    EXPECT_EQ(default_unit(seeds[0]), Unit::item_strat);
    seeds[0].group = d.group;
    EXPECT_EQ(default_unit(seeds[0]), Unit::group_strat);
    std::vector<std::uint8_t> const three(200, 2);
    seeds[0].label = three;
    EXPECT_THROW(Bootstrap(seeds, ranking_metrics, {}), Error);
}

}  // namespace
}  // namespace ablatrix::stats
