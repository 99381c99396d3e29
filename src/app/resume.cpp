#include "resume.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/node.hpp>

namespace ablatrix::app {
namespace {

constexpr std::size_t shown_changes = 8;

/// Leaves of a configuration by dotted path; how to execute, summarise and judge is left out, because it does not change
/// results.
void flatten(config::Node const& node, std::string const& path, std::map<std::string, std::string>& leaves)
{
    if (path == "execution" || path == "statistics" || path == "gates") return;
    if (node.kind() != config::Node::Kind::map) {
        leaves[path] = node.canonical();
        return;
    }
    for (auto const& [key, value] : node.entries())
        flatten(value, path.empty() ? key : path + "." + key, leaves);
}

std::vector<std::string> changed_settings(std::string const& before_yaml, config::Node const& after)
{
    std::map<std::string, std::string> old_leaves;
    std::map<std::string, std::string> new_leaves;
    flatten(config::parse_yaml(before_yaml, "result file"), "", old_leaves);
    flatten(config::parse_yaml(after.to_yaml(), "experiment"), "", new_leaves);
    std::vector<std::string> lines;
    for (auto const& [path, value] : old_leaves) {
        auto const found = new_leaves.find(path);
        if (found == new_leaves.end())
            lines.push_back(path + ": " + value + " -> (absent)");
        else if (found->second != value)
            lines.push_back(path + ": " + value + " -> " + found->second);
    }
    for (auto const& [path, value] : new_leaves) {
        if (!old_leaves.contains(path)) lines.push_back(path + ": (absent) -> " + value);
    }
    return lines;
}

/// Kinds of the tasks that only one side has.
std::set<std::string> changed_kinds(store::ResultLayout const& before, store::ResultLayout const& after)
{
    std::set<base::Fingerprint> old_tasks;
    std::set<base::Fingerprint> new_tasks;
    for (auto const& stage : before.stages)
        old_tasks.insert(stage.fingerprint);
    for (auto const& stage : after.stages)
        new_tasks.insert(stage.fingerprint);
    std::set<std::string> kinds;
    for (auto const& stage : before.stages) {
        if (!new_tasks.contains(stage.fingerprint)) kinds.insert(stage.kind);
    }
    for (auto const& stage : after.stages) {
        if (!old_tasks.contains(stage.fingerprint)) kinds.insert(stage.kind);
    }
    return kinds;
}

/// Values of an axis in order of appearance, such as "1, 2, 3".
std::string axis_values(store::ResultLayout const& layout, std::string const& name)
{
    std::vector<std::string> values;
    for (auto const& axis : layout.axes) {
        if (axis.name != name) continue;
        for (auto const& value : axis.value_of_run) {
            if (std::find(values.begin(), values.end(), value) != values.end()) continue;
            if (values.size() == shown_changes) return base::join(values, ", ") + ", ...";
            values.push_back(value);
        }
    }
    return values.empty() ? "(absent)" : base::join(values, ", ");
}

/// "--only" changes the runs, not the settings.
std::string changed_axes(store::ResultLayout const& before, store::ResultLayout const& after)
{
    std::string text;
    for (auto const& axis : after.axes) {
        auto const old_values = axis_values(before, axis.name);
        auto const new_values = axis_values(after, axis.name);
        if (old_values != new_values) text += "\n  " + axis.name + ": " + old_values + " -> " + new_values;
    }
    return text;
}

}  // namespace

std::string describe_change(store::ResultFile const& existing, plan::ExperimentPlan const& plan)
{
    if (existing.provenance().plan == plan.fingerprint) return {};
    std::string text;
    auto const lines = changed_settings(existing.provenance().experiment_yaml, plan.experiment.resolved);
    for (std::size_t i = 0; i < lines.size() && i < shown_changes; ++i)
        text += "\n  " + lines[i];
    if (lines.size() > shown_changes)
        text += "\n  and " + std::to_string(lines.size() - shown_changes) + " more settings";

    auto const& before = existing.layout();
    auto const& after = plan.layout;
    if (before.n_runs != after.n_runs) {
        text += "\n  runs in the grid: " + std::to_string(before.n_runs) + " -> " + std::to_string(after.n_runs);
    }
    auto const axes = lines.empty() ? changed_axes(before, after) : std::string{};
    if (!axes.empty()) {
        text += axes + "\n  the settings are equal: --only differs";
    }
    else if (lines.empty()) {
        text += "\n  the settings are equal; data files, --only or the program's stages differ";
        auto const kinds = changed_kinds(before, after);
        std::string names;
        std::size_t shown = 0;
        for (auto const& kind : kinds) {
            if (++shown > shown_changes) break;
            names += (names.empty() ? "" : ", ") + kind;
        }
        if (!names.empty())
            text += " (other tasks of kind " + names + (kinds.size() > shown_changes ? ", ..." : "") + ")";
    }
    return text;
}

}  // namespace ablatrix::app
