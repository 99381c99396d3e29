#include "unit/plan/fake_job.hpp"

#include <cstdint>
#include <utility>

#include <ablatrix/config/reader.hpp>

namespace ablatrix::plan {

namespace {

StageRegistry registry_of(FakeJob const& job)
{
    StageRegistry out;
    job.register_stages(out);
    return out;
}

base::Bundle empty_stage(StageContext const&)
{
    return {};
}

}  // namespace

config::Node FakeJob::defaults() const
{
    return config::parse_yaml(
        "seed: 1\nrows: 100\nfile:\nstrict: false\nnoise: {type: uniform, rate: 0.1}\n"
        "train: {epochs: 10}\nsignals: {off: []}\nextra: {}\n",
        "");
}

void FakeJob::canonicalise(config::Node& parameters) const
{
    if (parameters.find("noise.rate")->canonical() == "0")
        parameters.assign("noise.type", config::Node::scalar("none", {}));
}

void FakeJob::register_stages(StageRegistry& registry) const
{
    for (std::string const name : {"source", "noise", "train", "combine", "metrics"})
        registry.add({"fake." + name, 1, empty_stage});
}

std::vector<ItemSetSpec> FakeJob::item_sets() const
{
    return {{"detection", store::ColumnKind::score, {"auroc", "ap"}, true},
            {"test", store::ColumnKind::prediction, {"accuracy"}, false}};
}

RunOutputs FakeJob::build(config::Node const& parameters, std::filesystem::path const&, Graph& graph)
{
    config::Reader reader(parameters);
    auto const seed = reader.get("seed", std::int64_t{1});
    auto const rows = reader.get("rows", std::int64_t{1});
    auto const epochs = reader.child("train").integer("epochs", 1, 1, 1000);
    config::Reader& noise = reader.child("noise");
    auto const type = noise.choice("type", "uniform", {"uniform", "artifact", "none"});
    double const rate = noise.number("rate", 0, 0, 0.5);
    auto const off = reader.child("signals").get("off", std::vector<std::string>{});
    if (rows == 13) throw DataError("rows.tsv", 4, "a label is missing");

    auto const units = static_cast<double>(rows);
    TaskId const source = graph.add("fake.source", Params{}.set("rows", rows), {}, units);
    TaskId const labels = graph.add("fake.noise", Params{}.set("seed", seed).set("type", type).set("rate", rate),
                                    {{"rows", source}}, units);
    TaskId const train = graph.add("fake.train", Params{}.set("seed", seed).set("epochs", epochs), {{"labels", labels}},
                                   units * static_cast<double>(epochs));
    TaskId const combine = graph.add("fake.combine", Params{}.set("off", off), {{"dynamics", train}}, units);
    TaskId const plain = graph.add("fake.metrics", {}, {{"scores", train}, {"labels", labels}}, units);
    TaskId const combined = graph.add("fake.metrics", {}, {{"scores", combine}, {"labels", labels}}, units);

    RunOutputs out;
    out.truths = {{"detection", labels, rows}};
    out.columns = {{"detection", "baseline", train, "score/baseline", plain},
                   {"detection", "combined", combine, "score/combined", combined}};
    out.scalars = {{"loss", train, "loss"}};
    return out;
}

Experiment read_fake(std::string const& text, std::vector<std::string> const& sets)
{
    return read_experiment(config::parse_yaml(text, "x.yaml"), sets, FakeJob{}, "folder");
}

FakePlan::FakePlan(std::string const& text, std::vector<std::string> const& only)
    : registry(registry_of(job)), plan(make_plan(read_fake(text), job, registry, only))
{}

}  // namespace ablatrix::plan
