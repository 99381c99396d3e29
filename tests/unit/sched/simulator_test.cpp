#include <ablatrix/sched/simulator.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace {

using namespace ablatrix::sched;

TaskTable independent(std::vector<double> const& seconds)
{
    TaskTable table;
    for (double const s : seconds)
        table.add({s, no_run, 0, true, Presence::needed}, {});
    return table;
}

TEST(Simulator, one_worker_takes_the_sum_of_all_tasks)
{
    auto const result = simulate_table(independent({3, 1, 2}), {}, 1);

    EXPECT_DOUBLE_EQ(result.makespan_s, 6);
    EXPECT_DOUBLE_EQ(result.busy_s, 6);
    EXPECT_DOUBLE_EQ(result.critical_path_s, 3);
    EXPECT_DOUBLE_EQ(result.efficiency, 1);
}

TEST(Simulator, longest_tasks_go_first)
{
    // By hand: 3 and 3 start, then 2, 2, 2: loads {3, 2, 2} and {3, 2}, the known LPT schedule of Graham's example
    auto const result = simulate_table(independent({2, 3, 2, 3, 2}), {}, 2);

    EXPECT_DOUBLE_EQ(result.makespan_s, 7);
    EXPECT_DOUBLE_EQ(result.efficiency, 12.0 / 14.0);
}

TEST(Simulator, a_chain_bounds_the_makespan_whatever_the_number_of_workers)
{
    TaskTable table;
    TaskRow row;
    row.seconds = 2;
    std::vector<TaskIndex> last;
    for (int i = 0; i < 4; ++i)
        last = {table.add(row, last)};
    row.seconds = 1;
    for (int i = 0; i < 8; ++i)
        table.add(row, {});

    auto const result = simulate_table(table, {}, 2);

    EXPECT_DOUBLE_EQ(result.critical_path_s, 8);
    EXPECT_DOUBLE_EQ(result.makespan_s, 8);  // one worker the chain, the other the eight
}

TEST(Simulator, more_workers_than_tasks_is_fine)
{
    auto const result = simulate_table(independent({1, 2}), {}, 1000);

    EXPECT_DOUBLE_EQ(result.makespan_s, 2);
    EXPECT_DOUBLE_EQ(result.efficiency, 3.0 / 2000.0);
}

TEST(Simulator, nothing_to_do_takes_no_time)
{
    EXPECT_DOUBLE_EQ(simulate_table({}, {}, 4).makespan_s, 0);
    EXPECT_THROW(simulate_table({}, {}, 0), ablatrix::Error);
}

TEST(Simulator, actual_times_may_differ_from_estimates)
{
    auto const result =
        simulate_table(independent({1, 1}), {}, 2, [](TaskIndex task) { return task == 0 ? 5.0 : 1.0; });

    EXPECT_DOUBLE_EQ(result.makespan_s, 5);
    EXPECT_DOUBLE_EQ(result.busy_s, 6);
}

TEST(Simulator, skewed_tasks_end_within_five_percent_of_the_bound)
{
    // Lognormal (sigma 1, median 50 ms), 64 workers; bound: max(mean load, longest task)
    ablatrix::base::Stream stream{1, "simulator_test"};
    std::vector<double> seconds;
    for (int i = 0; i < 2000; ++i)
        seconds.push_back(0.05 * std::exp(stream.normal()));
    double const load = std::accumulate(seconds.begin(), seconds.end(), 0.0) / 64;
    double const bound = std::max(load, *std::max_element(seconds.begin(), seconds.end()));

    auto const result = simulate_table(independent(seconds), {}, 64);

    EXPECT_LE(result.makespan_s, 1.05 * bound);
}

}  // namespace
