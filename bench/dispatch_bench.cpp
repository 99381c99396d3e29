// What handing out a task costs: no-op tasks through the coordinator and worker loops that experiments use, without and
// with leases, a result file and its journals, beside a bare MPI request/reply loop in the same program. Run under
// mpirun -n 2 or more; prints one JSON object.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <mpi.h>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/plan/graph.hpp>
#include <ablatrix/sched/costs.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/progress.hpp>
#include <ablatrix/store/result_file.hpp>

#include "src/sched/detail/survival.hpp"

namespace {

using namespace ablatrix;

constexpr double longest_silence_s = 30;  ///< of a worker with a lease

struct Figures
{
    double tasks_per_s = 0;
    double p50_us = 0;
    double p99_us = 0;
};

double quantile_us(std::vector<double> seconds, double q)
{
    if (seconds.empty()) return 0;
    auto const place = static_cast<std::ptrdiff_t>(q * static_cast<double>(seconds.size() - 1));
    std::nth_element(seconds.begin(), seconds.begin() + place, seconds.end());
    return 1e6 * seconds[static_cast<std::size_t>(place)];
}

double clock_s()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Bare MPI

/// Hand out \p tasks numbers, \p in_flight at a time to each worker; the trips of single tasks go into \p trips_s.
double bare_coordinator_s(std::int64_t tasks, int in_flight, std::vector<double>& trips_s)
{
    int ranks = 1;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    std::vector<double> sent_s(static_cast<std::size_t>(ranks));
    std::int64_t next = 0;
    auto const send = [&](int worker) {
        MPI_Send(&next, 1, MPI_INT64_T, worker, 1, MPI_COMM_WORLD);
        ++next;
        sent_s[static_cast<std::size_t>(worker)] = clock_s();
    };
    double const start = clock_s();
    for (int i = 0; i < in_flight; ++i) {
        for (int worker = 1; worker < ranks && next < tasks; ++worker)
            send(worker);
    }
    for (std::int64_t done = 0; done < tasks; ++done) {
        std::int64_t reply = 0;
        MPI_Status status;
        MPI_Recv(&reply, 1, MPI_INT64_T, MPI_ANY_SOURCE, 1, MPI_COMM_WORLD, &status);
        trips_s.push_back(clock_s() - sent_s[static_cast<std::size_t>(status.MPI_SOURCE)]);
        if (next < tasks) send(status.MPI_SOURCE);
    }
    double const seconds = clock_s() - start;
    std::int64_t const stop = -1;
    for (int worker = 1; worker < ranks; ++worker)
        MPI_Send(&stop, 1, MPI_INT64_T, worker, 1, MPI_COMM_WORLD);
    return seconds;
}

void bare_worker()
{
    for (;;) {
        std::int64_t task = 0;
        MPI_Recv(&task, 1, MPI_INT64_T, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (task < 0) return;
        MPI_Send(&task, 1, MPI_INT64_T, 0, 1, MPI_COMM_WORLD);
    }
}

Figures measure_bare(std::int64_t tasks, int rank)
{
    Figures figures;
    std::vector<double> ignored, trips_s;
    if (rank == 0) {
        figures.tasks_per_s = static_cast<double>(tasks) / bare_coordinator_s(tasks, 2, ignored);
        bare_coordinator_s(tasks, 1, trips_s);
    }
    else {
        bare_worker();
        bare_worker();
    }
    figures.p50_us = quantile_us(trips_s, 0.50);
    figures.p99_us = quantile_us(trips_s, 0.99);
    return figures;
}

// Ablatrix

/// Independent no-op stages, each with its own fingerprint.
plan::Graph no_op_graph(plan::StageRegistry const& registry, std::int64_t tasks)
{
    plan::Graph graph{registry};
    for (std::int64_t i = 0; i < tasks; ++i)
        graph.add("no_op", plan::Params{}.set("index", i), {}, 1);
    return graph;
}

sched::TaskTable table_of(plan::Graph const& graph, double sleep_s)
{
    sched::TaskTable table;
    for (std::size_t i = 0; i < graph.size(); ++i) {
        table.add({std::max(1e-6, sleep_s), static_cast<std::uint32_t>(i), 0, true, sched::Presence::needed}, {});
    }
    return table;
}

/// Books as in a real session: progress, learned costs, and the time of every trip.
class Books final : public sched::DispatchListener
{
  public:
    Books(std::size_t tasks, int ranks)
        : progress_(sched::Progress::Launcher::mpirun), tasks_(tasks), last_s_(static_cast<std::size_t>(ranks))
    {
        trips_s_.reserve(tasks);
    }

    void reported(sched::Scheduler const&, int worker, sched::TaskReport const& report) override
    {
        ++done_;
        costs_.observe("no_op", 1, report.seconds);
        double const now = clock_s();
        double& last = last_s_[static_cast<std::size_t>(worker)];
        if (last > 0) trips_s_.push_back(now - last);
        last = now;
    }
    void failed(sched::Scheduler const&, std::vector<sched::Failure> const&) override { std::abort(); }
    void tick(sched::Scheduler const& scheduler, double now_s) override
    {
        if (!progress_.due(now_s)) return;
        sched::ProgressFacts facts;
        facts.tasks_done = done_;
        facts.tasks_total = tasks_;
        facts.running = scheduler.counts().running;
        facts.left_s = scheduler.remaining_time_s();
        progress_.show(facts, now_s);
    }
    std::vector<double> const& trips_s() const { return trips_s_; }

  private:
    sched::Progress progress_;
    sched::CostModel costs_;
    std::size_t tasks_;
    std::size_t done_ = 0;
    std::vector<double> last_s_, trips_s_;
};

/// What an experiment has besides tasks; null: it does without.
struct Means
{
    store::ResultFile* result = nullptr;                ///< every task gets its row in the journal and in the file
    sched::detail::Recovery const* recovery = nullptr;  ///< workers have leases, and are missed when they are gone
};

/// Seconds on rank 0; trips of single tasks go into \p trips_s.
double dispatch_s(plan::Graph const& graph, mpi::Communicator const& world, int in_flight, double sleep_s,
                  Means const& means, std::vector<double>& trips_s)
{
    auto const channel = world.duplicate();
    channel.barrier();
    double const start = clock_s();
    if (channel.rank() == 0) {
        sched::SchedulerOptions options;
        options.in_flight = in_flight;
        sched::Scheduler scheduler{table_of(graph, sleep_s), options};
        Books books{graph.size(), channel.size()};
        sched::coordinate(scheduler, channel, books, means.recovery);
        trips_s = books.trips_s();
    }
    else {
        auto const execute = [&](sched::Assignment const& assignment, sched::Meanwhile const&) {
            plan::Task const& task = graph.tasks()[assignment.task];
            double const begin = clock_s();
            plan::StageContext const context{task.params, {}, 1, "cpu"};
            base::Bundle const made = graph.registry().at(task.kind).run(context);
            if (sleep_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(sleep_s));
            sched::TaskReport report;
            report.bytes = static_cast<std::int64_t>(made.memory_bytes());
            report.seconds = clock_s() - begin;
            if (means.result != nullptr)
                means.result->write_stage(assignment.task,
                                          {assignment.attempt, channel.rank(), report.seconds, report.bytes, 1});
            return report;
        };
        sched::work(channel, execute, means.recovery);
    }
    return clock_s() - start;
}

Figures measure_ablatrix(plan::Graph const& graph, mpi::Communicator const& world, Means const& means)
{
    Figures figures;
    std::vector<double> ignored, trips_s;
    figures.tasks_per_s = static_cast<double>(graph.size()) / dispatch_s(graph, world, 2, 0, means, ignored);
    dispatch_s(graph, world, 1, 0, means, trips_s);
    figures.p50_us = quantile_us(trips_s, 0.50);
    figures.p99_us = quantile_us(trips_s, 0.99);
    return figures;
}

/// The same with leases, a result file and its journals, in a folder that is removed again.
Figures measure_recorded(plan::Graph const& graph, mpi::Communicator& world, std::filesystem::path const& parent)
{
    std::string name = (parent / "ablatrix-dispatch-bench-XXXXXX").string();
    if (world.rank() == 0) ABLATRIX_VALIDATE(::mkdtemp(name.data()) != nullptr, "cannot write to '" + name + "'");
    std::filesystem::path const folder = world.broadcast(name);
    store::ResultLayout layout;
    for (plan::Task const& task : graph.tasks())
        layout.stages.push_back({task.fingerprint, task.kind});
    store::ResultFile::create(folder / "result.h5", layout, {}, world);
    auto result = store::ResultFile::open(folder / "result.h5", world);
    sched::detail::Recovery const recovery{world, longest_silence_s};
    auto const figures = measure_ablatrix(graph, world, {&result, &recovery});
    result.close();
    world.barrier();
    if (world.rank() == 0) std::filesystem::remove_all(folder);
    return figures;
}

void print(char const* name, Figures const& figures, char const* end)
{
    std::printf("\"%s\": {\"tasks_per_s\": %.0f, \"p50_us\": %.2f, \"p99_us\": %.2f}%s", name, figures.tasks_per_s,
                figures.p50_us, figures.p99_us, end);
}

struct Options
{
    std::int64_t tasks = 100000;
    double sleep_s = 0;
    std::filesystem::path folder = std::filesystem::temp_directory_path();
};

Options read_options(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; i += 2) {
        std::string_view const name{argv[i]};
        char const* const text = i + 1 < argc ? argv[i + 1] : "";
        double const value = std::atof(text);
        bool const is_number = (name == "--tasks" || name == "--sleep-ms") && value > 0;
        ABLATRIX_VALIDATE(is_number || (name == "--folder" && *text != '\0'),
                          "usage: mpirun -n RANKS dispatch_bench [--tasks N] [--sleep-ms M] [--folder DIR]");
        if (name == "--folder") options.folder = text;
        if (name == "--tasks") options.tasks = static_cast<std::int64_t>(value);
        if (name == "--sleep-ms") options.sleep_s = 1e-3 * value;
    }
    return options;
}

/// Busy time of all workers over the time they were there.
double measure_efficiency(plan::Graph const& graph, mpi::Communicator const& world, double sleep_s)
{
    std::vector<double> ignored;
    double const seconds = dispatch_s(graph, world, 2, sleep_s, {}, ignored);
    return sleep_s * static_cast<double>(graph.size()) / (seconds * (world.size() - 1));
}

int run(int argc, char** argv)
{
    Options const options = read_options(argc, argv);
    std::int64_t const tasks = options.tasks;
    auto world = mpi::Communicator::world();
    ABLATRIX_VALIDATE(world.size() > 1, "one rank has nobody to send tasks to. Use mpirun -n 2 or more");

    plan::StageRegistry registry;
    registry.add({"no_op", 1, [](plan::StageContext const&) { return base::Bundle{}; }});
    double const start = clock_s();
    auto const graph = no_op_graph(registry, tasks);
    double const plan_s = clock_s() - start;

    if (options.sleep_s > 0) {
        double const efficiency = measure_efficiency(graph, world, options.sleep_s);
        if (world.rank() != 0) return 0;
        std::printf("{\"ranks\": %d, \"tasks\": %lld, \"sleep_ms\": %g, \"efficiency\": %.4f}\n", world.size(),
                    static_cast<long long>(tasks), 1e3 * options.sleep_s, efficiency);
        return 0;
    }
    auto const ablatrix = measure_ablatrix(graph, world, {});
    auto const recorded = measure_recorded(graph, world, options.folder);
    world.barrier();
    auto const bare = measure_bare(tasks, world.rank());
    if (world.rank() != 0) return 0;

    std::printf("{\"ranks\": %d, \"tasks\": %lld, \"plan_us_per_task\": %.2f, ", world.size(),
                static_cast<long long>(tasks), 1e6 * plan_s / static_cast<double>(tasks));
    print("ablatrix", ablatrix, ", ");
    print("ablatrix_recorded", recorded, ", ");
    print("bare_mpi", bare, ", ");
    std::printf("\"mpi\": \"%s\"}\n", mpi::Environment::library_version().c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    mpi::Environment const environment{argc, argv};
    try {
        return run(argc, argv);
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "dispatch_bench: %s\n", error.what());
        mpi::Communicator::world().abort(1);
    }
}
