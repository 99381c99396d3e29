// How close tasks of unequal length come to the shortest possible schedule, and how well the simulator foretells a real
// run: sleeping tasks through the coordinator and worker loops that experiments use, then the same tasks in virtual
// time. Run under mpirun; rank 0 coordinates, the others sleep. Prints one JSON object.
//
//     mpirun -n RANKS makespan_bench [--tasks N] [--mean-ms M]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/scheduler.hpp>
#include <ablatrix/sched/simulator.hpp>

namespace {

using namespace ablatrix;
using sched::TaskIndex;
using sched::TaskTable;

double seconds_now()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Lognormal durations with sigma 1 and a mean of \p mean_s; the same on every rank.
class Durations
{
  public:
    explicit Durations(double mean_s) : scale_s_(mean_s * std::exp(-0.5)), stream_(42, "makespan_bench") {}
    double next() { return scale_s_ * std::exp(stream_.normal()); }

  private:
    double scale_s_;
    base::Stream stream_;
};

TaskIndex add(TaskTable& table, double seconds, std::initializer_list<TaskIndex> inputs)
{
    return table.add({seconds, 0, 0, true, sched::Presence::needed}, {inputs.begin(), inputs.size()});
}

TaskTable independent_tasks(std::size_t tasks, double mean_s)
{
    TaskTable table;
    Durations durations(mean_s);
    for (std::size_t i = 0; i < tasks; ++i)
        add(table, durations.next(), {});
    return table;
}

/// The shape of a grid: one source feeds five folds, which one step gathers for three records.
TaskTable pipelines(std::size_t tasks, double mean_s)
{
    TaskTable table;
    Durations durations(mean_s);
    while (table.size() < tasks) {
        TaskIndex const source = add(table, durations.next(), {});
        TaskIndex folds[5];
        for (auto& fold : folds)
            fold = add(table, durations.next(), {source});
        TaskIndex const gathered = add(table, durations.next(), {folds[0], folds[1], folds[2], folds[3], folds[4]});
        for (int record = 0; record < 3; ++record)
            add(table, durations.next(), {gathered});
    }
    return table;
}

class Listener final : public sched::DispatchListener
{
  public:
    void reported(sched::Scheduler const&, int, sched::TaskReport const&) override {}
    void failed(sched::Scheduler const&, std::vector<sched::Failure> const&) override { std::abort(); }
    void tick(sched::Scheduler const&, double) override {}
};

/// Seconds on rank 0 until the last task is reported.
double real_makespan_s(TaskTable const& table, mpi::Communicator const& channel)
{
    channel.barrier();
    double const start = seconds_now();
    if (channel.rank() == 0) {
        Listener listener;
        sched::Scheduler scheduler{table, {}};
        sched::coordinate(scheduler, channel, listener);
    }
    else {
        sched::work(channel, [&table](sched::Assignment const& assignment, sched::Meanwhile const&) {
            sched::TaskReport report;
            report.seconds = table.row(assignment.task).seconds;
            std::this_thread::sleep_for(std::chrono::duration<double>(report.seconds));
            return report;
        });
    }
    return seconds_now() - start;
}

/// No schedule is shorter than the work shared out evenly, nor than the longest chain.
double lower_bound_s(TaskTable const& table, int workers)
{
    double work_s = 0, longest_s = 0;
    std::vector<double> end_s(table.size());
    for (TaskIndex task = 0; task < table.size(); ++task) {
        for (TaskIndex const input : table.inputs(task))
            end_s[task] = std::max(end_s[task], end_s[input]);
        end_s[task] += table.row(task).seconds;
        work_s += table.row(task).seconds;
        longest_s = std::max(longest_s, end_s[task]);
    }
    return std::max(work_s / workers, longest_s);
}

void measure(char const* name, TaskTable const& table, mpi::Communicator const& channel, char const* end)
{
    double const real_s = real_makespan_s(table, channel);
    if (channel.rank() != 0) return;
    int const workers = channel.size() - 1;
    double const bound_s = lower_bound_s(table, workers);
    double const simulated_s = sched::simulate_table(table, {}, workers).makespan_s;
    std::printf(
        "\"%s\": {\"makespan_s\": %.4f, \"bound_s\": %.4f, \"simulated_s\": %.4f, \"over_bound\": %.4f, "
        "\"over_simulated\": %.4f}%s",
        name, real_s, bound_s, simulated_s, real_s / bound_s, real_s / simulated_s, end);
}

struct Options
{
    std::size_t tasks = 400;
    double mean_s = 0.05;
};

Options read_options(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; i += 2) {
        std::string_view const name{argv[i]};
        double const value = i + 1 < argc ? std::atof(argv[i + 1]) : 0;
        ABLATRIX_VALIDATE((name == "--tasks" || name == "--mean-ms") && value > 0,
                          "usage: mpirun -n RANKS makespan_bench [--tasks N] [--mean-ms M]");
        if (name == "--tasks") options.tasks = static_cast<std::size_t>(value);
        if (name == "--mean-ms") options.mean_s = 1e-3 * value;
    }
    return options;
}

void run(int argc, char** argv)
{
    Options const options = read_options(argc, argv);
    auto const world = mpi::Communicator::world();
    ABLATRIX_VALIDATE(world.size() > 1, "one rank has nobody to send tasks to. Use mpirun -n 2 or more");
    auto const channel = world.duplicate();
    if (world.rank() == 0)
        std::printf("{\"ranks\": %d, \"tasks\": %zu, \"mean_ms\": %g, ", world.size(), options.tasks,
                    1e3 * options.mean_s);
    measure("skewed", independent_tasks(options.tasks, options.mean_s), channel, ", ");
    measure("pipelines", pipelines(options.tasks, options.mean_s), channel, "}\n");
}

}  // namespace

int main(int argc, char** argv)
{
    mpi::Environment const environment{argc, argv};
    try {
        run(argc, argv);
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "makespan_bench: %s\n", error.what());
        mpi::Communicator::world().abort(1);
    }
}
