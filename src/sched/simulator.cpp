#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/sched/simulator.hpp>

namespace ablatrix::sched {
namespace {

struct Finish
{
    double time_s;
    int worker;
    TaskIndex task;
    double seconds;

    bool operator>(Finish const& other) const
    {
        return time_s != other.time_s ? time_s > other.time_s : worker > other.worker;
    }
};

}  // namespace

Simulation simulate_table(TaskTable table, SchedulerOptions options, int workers,
                          std::function<double(TaskIndex)> const& actual_seconds)
{
    ABLATRIX_VALIDATE(workers >= 1, "a simulation needs at least 1 worker, not " + std::to_string(workers));
    Scheduler scheduler{std::move(table), options};
    for (int worker = 0; worker < workers; ++worker)
        scheduler.worker_ready(worker);

    Simulation result;
    result.workers = workers;
    result.critical_path_s = scheduler.critical_path_s();
    std::priority_queue<Finish, std::vector<Finish>, std::greater<>> running;
    std::vector<double> free_at_s(static_cast<std::size_t>(workers), 0.0);  // after all that was sent to the worker
    double now_s = 0;
    while (!scheduler.done()) {
        for (Assignment const& given : scheduler.assign(now_s)) {
            double const seconds =
                actual_seconds ? actual_seconds(given.task) : scheduler.table().row(given.task).seconds;
            double& free_s = free_at_s[static_cast<std::size_t>(given.worker)];
            free_s = std::max(free_s, now_s) + seconds;
            running.push({free_s, given.worker, given.task, seconds});
            result.busy_s += seconds;
        }
        ABLATRIX_ASSERT(!running.empty());
        Finish const next = running.top();
        running.pop();
        now_s = next.time_s;
        scheduler.finished(next.worker, next.task, next.seconds);
    }
    result.makespan_s = now_s;
    if (now_s > 0) result.efficiency = result.busy_s / (workers * now_s);
    return result;
}

}  // namespace ablatrix::sched
