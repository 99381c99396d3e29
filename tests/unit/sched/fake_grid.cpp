#include "fake_grid.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include <ablatrix/config/node.hpp>
#include <ablatrix/config/reader.hpp>

namespace ablatrix::sched_test {
namespace {

Hook& hook()
{
    static Hook instance;
    return instance;
}

void call_hook(std::string const& kind, plan::StageContext const& context)
{
    if (hook()) hook()(kind, context);
}

base::Bundle make_source(plan::StageContext const& context)
{
    call_hook("fake_source", context);
    base::Bundle bundle;
    std::vector<std::int64_t> items(FakeJob::n_items);
    std::iota(items.begin(), items.end(), 0);
    bundle.put("item", items);
    bundle.put("clean", std::vector<std::int32_t>(FakeJob::n_items, 0));
    bundle.put("observed", std::vector<std::int32_t>{0, 1, 0, 1, 0, 1});
    bundle.put("is_noisy", std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1});
    bundle.put_scalar("base", 100.0 * static_cast<double>(context.params().get<std::int64_t>("seed")));
    return bundle;
}

base::Bundle make_scores(plan::StageContext const& context)
{
    call_hook("fake_scores", context);
    double const base = context.input("source").scalar("base");
    std::vector<double> plain, negated;
    for (std::int64_t const item : context.input("source").get<std::int64_t>("item")) {
        plain.push_back(base + static_cast<double>(item) + 10.0 * context.params().get_int("arm"));
        negated.push_back(-plain.back());
    }
    base::Bundle bundle;
    bundle.put("score/plain", plain);
    bundle.put("score/negated", negated);
    return bundle;
}

base::Bundle make_metrics(plan::StageContext const& context)
{
    call_hook("fake_metrics", context);
    base::Bundle bundle;
    for (auto const* array : {"score/plain", "score/negated"}) {
        auto const scores = context.input("scores").get<double>(array);
        double const sum = std::accumulate(scores.begin(), scores.end(), 0.0);
        bundle.put(std::string{"metrics/"} + array,
                   std::vector<double>{sum / static_cast<double>(scores.size()),
                                       *std::max_element(scores.begin(), scores.end())});
    }
    bundle.put_scalar("arm_times_two", 2.0 * context.params().get_int("arm"));
    return bundle;
}

std::string experiment_text(int n_seeds, int n_arms, int max_attempts)
{
    std::string const seeds_and_arms = [&] {
        std::string text = "seed: [";
        for (int s = 1; s <= n_seeds; ++s)
            text += (s > 1 ? ", " : "") + std::to_string(s);
        text += "], arm: [";
        for (int a = 0; a < n_arms; ++a)
            text += (a > 0 ? ", " : "") + std::to_string(a);
        return text + "]";
    }();
    return "name: fake\njob: fake\ngrid:\n  product: {" + seeds_and_arms +
           "}\nexecution: {max_attempts: " + std::to_string(max_attempts) + ", device: cpu}\n";
}

plan::StageRegistry registry_of(FakeJob const& job)
{
    plan::StageRegistry registry;
    job.register_stages(registry);
    return registry;
}

}  // namespace

void set_hook(Hook next)
{
    hook() = std::move(next);
}

config::Node FakeJob::defaults() const
{
    return config::parse_yaml("{seed: 1, arm: 0}", "defaults");
}

void FakeJob::register_stages(plan::StageRegistry& registry) const
{
    registry.add({"fake_source", 1, make_source});
    registry.add({"fake_scores", 1, make_scores});
    registry.add({"fake_metrics", 1, make_metrics});
}

std::vector<plan::ItemSetSpec> FakeJob::item_sets() const
{
    return {{"detection", store::ColumnKind::score, {"mean", "max"}, false}};
}

plan::RunOutputs FakeJob::build(config::Node const& parameters, std::filesystem::path const&, plan::Graph& graph)
{
    std::int64_t const seed = std::stoll(parameters.find("seed")->text());
    std::int64_t const arm = std::stoll(parameters.find("arm")->text());
    auto const source = graph.add("fake_source", plan::Params{}.set("seed", seed), {}, n_items);
    auto const scores = graph.add("fake_scores", plan::Params{}.set("arm", arm), {{"source", source}}, n_items);
    auto const metrics = graph.add("fake_metrics", plan::Params{}.set("arm", arm), {{"scores", scores}}, n_items);
    plan::RunOutputs outputs;
    outputs.truths.push_back({"detection", source, n_items});
    outputs.columns.push_back({"detection", "plain", scores, "score/plain", metrics});
    outputs.columns.push_back({"detection", "negated", scores, "score/negated", metrics});
    outputs.scalars.push_back({"arm_times_two", metrics, "arm_times_two"});
    return outputs;
}

FakeGrid::FakeGrid(int n_seeds, int n_arms, int max_attempts)
    : registry(registry_of(job)),
      plan(plan::make_plan(
          plan::read_experiment(config::parse_yaml(experiment_text(n_seeds, n_arms, max_attempts), "fake.yaml"), {},
                                job, "."),
          job, registry, {}))
{}

sched::Outcome run_grid(plan::ExperimentPlan const& plan, std::filesystem::path const& cache,
                        std::filesystem::path const& result, mpi::Communicator& world,
                        sched::ExecuteOptions const& options)
{
    bool const fresh = world.broadcast(std::filesystem::exists(result) ? "there" : "fresh") == "fresh";
    if (fresh) {
        store::Provenance provenance;
        provenance.experiment_yaml = plan.experiment.resolved.to_yaml();
        provenance.plan = plan.fingerprint;
        store::ResultFile::create(result, plan.layout, provenance, world);
    }
    auto file = store::ResultFile::open(result, world);
    mpi::DeviceBinding device;
    device.rank = world.rank();
    device.device = "cpu";
    auto const outcome = sched::execute(plan, store::ArtifactCache{cache}, file, world, device, options);
    file.close();
    return outcome;
}

}  // namespace ablatrix::sched_test
