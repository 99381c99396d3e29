#include <ablatrix/stats/max_t.hpp>

#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fixtures.hpp"

namespace ablatrix::stats {
namespace {

using Contrasts = std::vector<std::pair<std::size_t, std::size_t>>;

Bootstrap demo(std::vector<std::span<double const>> columns, testing::Binary const& d)
{
    std::vector<SeedItems> const seeds = {{d.y, {}, std::move(columns)}};
    std::vector<MetricSpec> const metrics = {{Metric::auroc}};
    BootstrapOptions options;
    options.frame = "demo";
    return Bootstrap(seeds, metrics, options);
}

TEST(MaxT, agrees_with_a_second_program)  // H1
{
    testing::Binary const d = testing::d200();
    MaxT const r = max_t(demo({d.a, d.b, d.c}, d), Contrasts{{0, 1}, {0, 2}, {1, 2}}, 0);
    EXPECT_NEAR(r.tests[0].p, .1968803120, 1e-10);
    EXPECT_NEAR(r.tests[1].p, .4620537946, 1e-10);
    EXPECT_NEAR(r.tests[2].p, .4883511649, 1e-10);
    EXPECT_NEAR(r.critical, 2.3665609382, 1e-10);
    for (Estimate const& e : r.intervals) {
        EXPECT_NEAR(e.high - e.value, r.critical * e.standard_error, 1e-12);
        EXPECT_EQ(e.status, Status::ok);
    }
}

TEST(MaxT, leaves_out_what_has_no_spread)
{
    testing::Binary const d = testing::d200();
    MaxT const r = max_t(demo({d.a, d.b, d.a}, d), Contrasts{{0, 1}, {0, 2}}, 0);
    EXPECT_EQ(r.tests[1].status, Status::degenerate);
    EXPECT_TRUE(std::isnan(r.tests[1].p));
    // Alone in its family, the other one has the plain two-sided p.
    MaxT const alone = max_t(demo({d.a, d.b}, d), Contrasts{{0, 1}}, 0);
    EXPECT_EQ(r.tests[0].p, alone.tests[0].p);
}

TEST(EndpointRange, is_made_of_order_statistics)  // numbers 220 and 282 of 10000 at the 2.5 % end
{
    std::vector<double> values;
    for (int i = 10000; i >= 1; --i)
        values.push_back(i);
    values.push_back(std::nan(""));
    EndpointRange const range = endpoint_range(values);
    EXPECT_EQ(range.low_from, 220);
    EXPECT_EQ(range.low_to, 282);
    EXPECT_EQ(range.high_from, 9719);
    EXPECT_EQ(range.high_to, 9781);
    EXPECT_TRUE(std::isnan(endpoint_range(std::vector<double>(10, 1.0)).low_from));
}

}  // namespace
}  // namespace ablatrix::stats
