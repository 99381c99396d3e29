#pragma once

#include <functional>

#include <ablatrix/sched/scheduler.hpp>

namespace ablatrix::sched {

struct Simulation
{
    int workers = 0;
    double makespan_s = 0;
    double busy_s = 0;  ///< summed over workers
    double critical_path_s = 0;
    double efficiency = 0;  ///< busy / (workers * makespan)
};

/// Drive the state machine in virtual time: messages take none, and a task takes what \p actual_seconds says (by
/// default its estimate).
Simulation simulate_table(TaskTable table, SchedulerOptions options, int workers,
                          std::function<double(TaskIndex)> const& actual_seconds = {});

}  // namespace ablatrix::sched
