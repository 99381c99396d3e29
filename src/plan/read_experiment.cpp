#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/reader.hpp>
#include <ablatrix/plan/experiment.hpp>

#include "detail/effects.hpp"
#include "detail/execution.hpp"
#include "detail/parameters.hpp"

namespace ablatrix::plan {

namespace {

using config::ConfigError;
using config::Mark;
using config::Node;

constexpr std::array<std::string_view, 7> sections = {"name",       "job",   "parameters", "grid",
                                                      "statistics", "gates", "execution"};

constexpr std::string_view parameters_prefix = "parameters.";

bool is_zipped(Node const& file, std::string const& name)
{
    Node const* const zip = file.find("grid.zip");
    if (zip == nullptr || zip->kind() != Node::Kind::sequence) return false;
    return std::ranges::any_of(zip->items(), [&](Node const& entry) {
        return entry.kind() == Node::Kind::map && entry.find(name) != nullptr;
    });
}

/// A parameter that is an axis has no value beside the axis: setting it gives the axis this value, or these.
bool set_axis(Node& file, std::string const& text)
{
    std::string const assignment = text.starts_with(parameters_prefix) ? text.substr(parameters_prefix.size()) : text;
    std::string const name{base::trim(std::string_view{assignment}.substr(0, assignment.find('=')))};
    if (is_zipped(file, name)) {
        throw ConfigError("'" + name + "' takes its values from grid.zip", Mark{"--set " + text, 0, 0}, {},
                          "Keep some of them with --only " + name + "=VALUE, or edit the file");
    }
    Node const* const axis = file.find("grid.product." + name);
    if (axis == nullptr || axis->kind() != Node::Kind::sequence) return false;
    Node given;
    apply_set(given, assignment);
    Node const* const value = given.find(name);
    bool const has_lists = !axis->items().empty() && axis->items().front().kind() == Node::Kind::sequence;
    bool const is_list = value->kind() == Node::Kind::sequence && !has_lists;
    file.assign("grid.product." + name, is_list ? *value : Node::sequence({*value}, value->mark()));
    return true;
}

/// "noise.rate=0.2" is short for "parameters.noise.rate=0.2".
void apply_sets(Node& file, std::vector<std::string> const& sets)
{
    for (std::string const& text : sets) {
        std::string const first{base::trim(std::string_view{text}.substr(0, text.find_first_of(".=")))};
        bool const is_section = std::ranges::find(sections, first) != sections.end();
        bool const has_value = text.find('=') != std::string::npos;
        if (has_value && (!is_section || text.starts_with(parameters_prefix)) && set_axis(file, text)) continue;
        if (is_section || !has_value) {
            apply_set(file, text);
            continue;
        }
        Node const* const found = file.find("parameters");
        Node parameters = found == nullptr ? Node{} : *found;
        apply_set(parameters, text);
        file.assign("parameters", std::move(parameters));
    }
}

std::vector<std::string> arm_names(Node const& grid)
{
    std::vector<std::string> out;
    Node const* const arms = grid.find("arms.values");
    if (arms == nullptr || arms->kind() != Node::Kind::map) return out;
    for (auto const& [name, overrides] : arms->entries())
        out.push_back(name);
    return out;
}

std::vector<std::string> metric_names(Job const& job)
{
    std::vector<std::string> out;
    for (ItemSetSpec const& spec : job.item_sets()) {
        for (std::string const& metric : spec.metrics) {
            if (std::ranges::find(out, metric) == out.end()) out.push_back(metric);
        }
    }
    return out;
}

StatisticsOptions read_statistics(config::Reader& reader, Node const& grid, Job const& job)
{
    StatisticsOptions out;
    auto const arms = arm_names(grid);
    out.baseline_arm = reader.get("baseline_arm", out.baseline_arm);
    if (!out.baseline_arm.empty() && arms.empty())
        reader.fail("baseline_arm", "there is no arm '" + out.baseline_arm + "': the grid has no arms",
                    "Add grid.arms, or remove this key");
    if (!out.baseline_arm.empty()) out.baseline_arm = reader.choice("baseline_arm", out.baseline_arm, arms);
    out.primary_metric = reader.get("primary_metric", out.primary_metric);
    if (!out.primary_metric.empty())
        out.primary_metric = reader.choice("primary_metric", out.primary_metric, metric_names(job));
    out.level = reader.number("level", out.level, 0.5, 0.9999);
    out.resamples = static_cast<int>(reader.integer("resamples", out.resamples, 100, 1'000'000));
    out.seed = reader.get("seed", out.seed);
    out.correction = reader.choice("correction", out.correction, {"holm"});
    out.effects = detail::read_effects(reader.child("effect"), metric_names(job));
    return out;
}

Node text_node(std::string const& text)
{
    return Node::scalar(text, {}, true);
}
Node number_node(std::string const& text)
{
    return Node::scalar(text, {});
}

Node to_node(StatisticsOptions const& options)
{
    std::vector<Node::Entry> entries = {{"baseline_arm", text_node(options.baseline_arm)},
                                        {"primary_metric", text_node(options.primary_metric)},
                                        {"level", number_node(base::shortest(options.level))},
                                        {"resamples", number_node(std::to_string(options.resamples))},
                                        {"seed", number_node(std::to_string(options.seed))},
                                        {"correction", text_node(options.correction)}};
    if (!options.effects.empty()) entries.emplace_back("effect", detail::to_node(options.effects));
    return Node::map(std::move(entries), {});
}

Node resolve(Experiment const& experiment)
{
    std::vector<Node::Entry> entries = {{"name", text_node(experiment.name)},
                                        {"job", text_node(experiment.job)},
                                        {"parameters", experiment.parameters}};
    if (experiment.grid.kind() != Node::Kind::null) entries.emplace_back("grid", experiment.grid);
    entries.emplace_back("statistics", to_node(experiment.statistics));
    if (!experiment.gates.empty()) entries.emplace_back("gates", to_node(experiment.gates));
    entries.emplace_back("execution", detail::to_node(experiment.execution));
    return Node::map(std::move(entries), {});
}

std::string default_name(Mark const& mark)
{
    std::string const stem = std::filesystem::path(mark.file).stem().string();
    return stem.empty() ? "experiment" : stem;
}

void check_is_map(Node const& file)
{
    if (file.kind() == Node::Kind::map) return;
    throw ConfigError("expected an experiment, found " + file.describe(), file.mark(), {},
                      "Start with 'job: ecg'; see docs/experiment-file.md");
}

}  // namespace

std::string job_name(Node const& file)
{
    check_is_map(file);
    return config::Reader(file).require<std::string>("job");
}

Experiment read_experiment(Node file, std::vector<std::string> const& sets, Job const& job, std::filesystem::path base)
{
    check_is_map(file);
    Node const defaults = job.defaults();
    // Flat keys become sections first, so that --set meets the same tree whichever way the file is written.
    Node const* const written = file.find("parameters");
    if (written != nullptr) file.assign("parameters", detail::read_parameters(*written, defaults));
    apply_sets(file, sets);

    config::Reader reader(file);
    Experiment out;
    out.base = std::move(base);
    out.name = reader.get("name", default_name(file.mark()));
    out.job = reader.require<std::string>("job");
    if (out.job != job.name())
        reader.fail("job", "the job is '" + out.job + "', not '" + job.name() + "'", "Set the job in the file");
    out.parameters = defaults;
    if (Node const* const parameters = reader.raw("parameters"))
        out.parameters.merge(detail::read_parameters(*parameters, defaults));
    reader.raw("grid");
    if (Node const* const grid = file.find("grid")) out.grid = *grid;
    out.statistics = read_statistics(reader.child("statistics"), out.grid, job);
    if (Node const* const gates = reader.raw("gates")) out.gates = read_gates(*gates, out.statistics.level);
    out.execution = detail::read_execution(reader.child("execution"), job);
    reader.finish();
    detail::check_grid_types(out.grid, defaults);
    out.resolved = resolve(out);
    return out;
}

}  // namespace ablatrix::plan
