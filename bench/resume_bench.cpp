// What a resume of a large grid costs before the first task: expand the experiment, open its result file, see what is
// left. The first call writes the result file, with all runs but one in ten recorded; every further call measures one
// resume and prints a JSON object with seconds of processor time and of the wall clock.
//
//     resume_bench RESULT.h5 [RUNS]

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <malloc.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/config/node.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/sched/scheduler.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "src/sched/detail/work_list.hpp"

namespace {

using namespace ablatrix;
namespace fs = std::filesystem;

constexpr std::int64_t n_items = 8;
constexpr std::int64_t n_rates = 100;  // runs of one seed

/// One truth per seed; one stage per run, which gives scores and their metrics.
class SmallJob final : public plan::Job
{
  public:
    std::string name() const override { return "small"; }
    config::Node defaults() const override { return config::parse_yaml("{seed: 1, rate: 0}", "defaults"); }
    void canonicalise(config::Node&) const override {}
    void register_stages(plan::StageRegistry& registry) const override
    {
        for (auto const* name : {"small_source", "small_scores"})
            registry.add({name, 1, [](plan::StageContext const&) { return base::Bundle{}; }});
    }
    std::vector<plan::ItemSetSpec> item_sets() const override
    {
        return {{"detection", store::ColumnKind::score, {"auroc"}}};
    }
    plan::RunOutputs build(config::Node const& parameters, fs::path const&, plan::Graph& graph) override
    {
        std::int64_t const seed = std::stoll(parameters.find("seed")->text());
        std::int64_t const rate = std::stoll(parameters.find("rate")->text());
        auto const source = graph.add("small_source", plan::Params{}.set("seed", seed), {}, n_items);
        auto const scores = graph.add("small_scores", plan::Params{}.set("rate", rate), {{"source", source}}, n_items);
        plan::RunOutputs outputs;
        outputs.truths.push_back({"detection", source, n_items});
        outputs.columns.push_back({"detection", "score", scores, "score", scores});
        return outputs;
    }
    std::string seed_axis() const override { return "seed"; }
    std::string primary_metric(std::string const&) const override { return "auroc"; }
};

std::string numbers(std::int64_t count)
{
    std::string text;
    for (std::int64_t i = 1; i <= count; ++i)
        text += (i > 1 ? ", " : "") + std::to_string(i);
    return text;
}

std::string experiment_text(std::int64_t runs)
{
    return "name: resume\njob: small\ngrid:\n  product: {seed: [" + numbers(runs / n_rates) + "], rate: [" +
           numbers(n_rates) + "]}\n";
}

plan::ExperimentPlan make_plan(std::string const& text, SmallJob& job, plan::StageRegistry const& registry)
{
    return plan::make_plan(plan::read_experiment(config::parse_yaml(text, "resume.yaml"), {}, job, "."), job, registry,
                           {});
}

/// A result in which all runs but one in ten are done.
void write_result(fs::path const& path, plan::ExperimentPlan const& plan)
{
    store::Provenance provenance;
    provenance.experiment_yaml = plan.experiment.resolved.to_yaml();
    provenance.plan = plan.fingerprint;
    store::ResultFile::create(path, plan.layout, provenance, {});
    auto file = store::ResultFile::open(path, {});
    auto const& set = plan.layout.item_sets.at(0);

    std::vector<std::int64_t> items(n_items);
    std::iota(items.begin(), items.end(), 0);
    std::vector<std::int32_t> const labels(n_items, 1);
    for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
        file.write_truth(0, truth, {items, labels, labels, std::vector<std::uint8_t>(n_items, 0)});

    store::StageRecord made;
    made.status = made.attempts = made.worker = 1;
    store::RunRecord done;
    done.status = store::RunStatus::done;
    done.attempts = done.worker = 1;
    done.device = "cpu";
    for (std::size_t run = 0; run < plan.run_tasks.size(); ++run) {
        if (run % 10 == 9) continue;
        file.write_stage(plan::index_of(plan.outputs[run].columns[0].task), made);
        store::Column column;
        column.scores.assign(n_items, static_cast<double>(run));
        column.metrics = {0.5};
        file.write_column(0, static_cast<std::size_t>(set.column_of[run]), column);
        file.write_run(run, done, {{0.5}});
    }
    file.close();
}

double seconds_of(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Prints what each step takes, and in the end their sum.
class Clock
{
  public:
    template <typename Step>
    auto measure(char const* name, Step&& step)
    {
        double const processor_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        double const wall_s = seconds_of(CLOCK_MONOTONIC);
        auto made = step();
        print(name, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor_s, seconds_of(CLOCK_MONOTONIC) - wall_s);
        return made;
    }
    void print_sum() { print("sum", processor_s_, wall_s_); }

  private:
    void print(char const* name, double processor_s, double wall_s)
    {
        std::printf("\"%s\": {\"processor_s\": %.4f, \"wall_s\": %.4f}, ", name, processor_s, wall_s);
        processor_s_ += processor_s;
        wall_s_ += wall_s;
    }
    double processor_s_ = 0, wall_s_ = 0;
};

std::size_t bytes_in_use()
{
    auto const info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

void measure(fs::path const& path, std::string const& text, SmallJob& job, plan::StageRegistry const& registry)
{
    store::ArtifactCache const cache{path.native() + ".cache"};
    std::printf("{");
    Clock clock;
    std::size_t const before_plan = bytes_in_use();
    auto const plan = clock.measure("expand_and_plan", [&] { return make_plan(text, job, registry); });
    std::size_t const after_plan = bytes_in_use();
    auto const result = clock.measure("open_result", [&] { return store::ResultFile::open(path, {}); });
    auto const remaining = clock.measure("what_remains", [&] { return sched::what_remains(plan, cache, &result); });
    clock.print_sum();

    std::size_t const before_queue = bytes_in_use();
    auto work = sched::detail::find_work(plan, cache, &result, {});
    sched::Scheduler const scheduler{std::move(work.table), {}};
    std::size_t const after_queue = bytes_in_use();
    std::size_t const runs = remaining.runs;
    ABLATRIX_VALIDATE(runs - remaining.runs_done == runs / 10, "'" + path.string() + "' holds another number of runs");
    std::printf("\"runs\": %zu, \"left\": %zu, \"plan_bytes_per_run\": %zu, \"queue_bytes_per_run\": %zu}\n", runs,
                runs - remaining.runs_done, (after_plan - before_plan) / runs, (after_queue - before_queue) / runs);
}

void run(int argc, char** argv)
{
    ABLATRIX_VALIDATE(argc == 2 || argc == 3, "usage: resume_bench RESULT.h5 [RUNS]");
    fs::path const path = argv[1];
    std::int64_t const runs = argc == 3 ? std::atoll(argv[2]) : 100000;
    ABLATRIX_VALIDATE(runs > 0 && runs % n_rates == 0, "the number of runs must be a multiple of 100");
    SmallJob job;
    plan::StageRegistry registry;
    job.register_stages(registry);
    std::string const text = experiment_text(runs);
    if (fs::exists(path))
        measure(path, text, job, registry);
    else
        write_result(path, make_plan(text, job, registry));
}

}  // namespace

int main(int argc, char** argv)
{
    mpi::Environment const environment{argc, argv};
    try {
        run(argc, argv);
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "resume_bench: %s\n", error.what());
        return 1;
    }
}
