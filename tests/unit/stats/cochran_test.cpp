#include <ablatrix/stats/cochran.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/mcnemar.hpp>

namespace ablatrix::stats {
namespace {

struct Arms
{
    std::vector<std::vector<std::uint8_t>> values;

    std::vector<std::span<std::uint8_t const>> spans() const { return {values.begin(), values.end()}; }
};

/// Items as strings of the arms' correctness, with how often each occurs.
Arms arms_of(std::vector<std::pair<std::string_view, int>> const& items)
{
    Arms arms;
    arms.values.resize(items.front().first.size());
    for (auto const& [pattern, count] : items) {
        for (int copy = 0; copy < count; ++copy) {
            for (std::size_t j = 0; j < pattern.size(); ++j)
                arms.values[j].push_back(pattern[j] == '1' ? 1 : 0);
        }
    }
    return arms;
}

TEST(CochranQ, agrees_with_statsmodels_and_enumeration)  // C5
{
    Arms const arms =
        arms_of({{"111", 6}, {"110", 4}, {"100", 5}, {"010", 1}, {"001", 1}, {"101", 2}, {"000", 3}, {"011", 1}});
    stats::Test const q = cochran_q(arms.spans());
    EXPECT_NEAR(q.statistic, 5.5714285714, 1e-10);
    EXPECT_NEAR(q.p, .0616850126, 1e-10);
    EXPECT_EQ(q.df, 2);
    EXPECT_EQ(q.status, Status::ok);
    EXPECT_NEAR(cochran_q_exact(arms.spans()).p, .0795760959, 1e-10);
    double const pairs[] = {.1796875, .0654296875, .7265625};
    EXPECT_NEAR(mcnemar(paired_table(arms.values[0], arms.values[1])).p, pairs[0], 1e-10);
    EXPECT_NEAR(mcnemar(paired_table(arms.values[0], arms.values[2])).p, pairs[1], 1e-10);
    EXPECT_NEAR(mcnemar(paired_table(arms.values[1], arms.values[2])).p, pairs[2], 1e-10);
}

TEST(CochranQ, two_arms_are_mcnemar)
{
    Arms const arms = arms_of({{"11", 4}, {"10", 9}, {"01", 3}});
    PairedTable const table{4, 9, 3, 0};
    EXPECT_NEAR(cochran_q(arms.spans()).p, mcnemar(table, McNemarRule::asymptotic).p, 1e-12);
    EXPECT_NEAR(cochran_q_exact(arms.spans()).p, mcnemar(table).p, 1e-12);
}

TEST(CochranQ, edge_cases_have_their_status)
{
    EXPECT_EQ(cochran_q(arms_of({{"111", 2}, {"000", 3}}).spans()).p, 1);
    EXPECT_EQ(cochran_q_exact(arms_of({{"111", 2}}).spans()).note, "no_discordant");
    EXPECT_EQ(cochran_q(arms_of({{"110", 7}}).spans()).status, Status::not_reliable);
    EXPECT_THROW(cochran_q(arms_of({{"1", 2}}).spans()), Error);
}

TEST(CochranQ, many_arms_are_sampled_near_the_chi_square_value)
{
    std::vector<std::pair<std::string_view, int>> items = {
        {"111111000000", 9}, {"000000111111", 7}, {"101010101010", 9}, {"110011001100", 8}};
    Arms const arms = arms_of(items);
    stats::Test const sampled = cochran_q_exact(arms.spans(), "frame", 1);
    EXPECT_EQ(sampled.method, "cochran_q.monte_carlo");
    EXPECT_NEAR(sampled.p, cochran_q(arms.spans()).p, .03);
}

}  // namespace
}  // namespace ablatrix::stats
