#include "plan_text.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/store/result_file.hpp>

#include "experiment_setup.hpp"

namespace ablatrix::app {
namespace {

std::string count_text(std::uint64_t count, std::string const& what)
{
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::uint64_t compute_tasks(plan::Graph const& graph)
{
    std::uint64_t count = 0;
    for (auto const& task : graph.tasks())
        count += task.role == plan::TaskRole::compute ? 1 : 0;
    return count;
}

std::uint64_t cached_tasks(sched::Remaining const& remaining)
{
    std::uint64_t count = 0;
    for (auto const& kind : remaining.kinds)
        count += kind.cached;
    return count;
}

std::string result_size(plan::ExperimentPlan const& plan)
{
    return base::human_bytes(
        store::ResultFile::estimated_bytes(plan.layout, {plan.experiment.resolved.to_yaml(), plan.fingerprint, {}}));
}

}  // namespace

bool is_learned(sched::Remaining const& remaining)
{
    for (auto const& kind : remaining.kinds) {
        if (!kind.learned && kind.cached < kind.tasks) return false;
    }
    return true;
}

std::uint64_t unshared_tasks(plan::ExperimentPlan const& plan)
{
    auto const& tasks = plan.graph.tasks();
    // Tasks come after their inputs, so one pass from the run's record task downwards finds all that it needs.
    std::vector<std::size_t> needed_by(tasks.size(), static_cast<std::size_t>(-1));
    std::uint64_t total = 0;
    std::vector<std::size_t> open;
    for (std::size_t run = 0; run < plan.run_tasks.size(); ++run) {
        open.assign(1, plan::index_of(plan.run_tasks[run]));
        while (!open.empty()) {
            std::size_t const at = open.back();
            open.pop_back();
            if (needed_by[at] == run) continue;
            needed_by[at] = run;
            total += tasks[at].role == plan::TaskRole::compute ? 1 : 0;
            for (auto const& input : tasks[at].inputs)
                open.push_back(plan::index_of(input.task));
        }
    }
    return total;
}

std::string summarise_plan(plan::ExperimentPlan const& plan, sched::Remaining const& remaining)
{
    std::uint64_t const unique = compute_tasks(plan.graph);
    std::string text = count_text(plan.grid.runs.size(), "run");
    if (remaining.runs_done > 0) text += " (" + std::to_string(remaining.runs_done) + " already done)";
    text += ", " + count_text(unique, "unique task") + " instead of " + std::to_string(unshared_tasks(plan)) +
            " without sharing, " + std::to_string(cached_tasks(remaining)) +
            " in the cache; work left: " + (is_learned(remaining) ? "" : "roughly ") +
            base::human_seconds(remaining.seconds) + " on one worker; result file " + result_size(plan) + ".";
    return text;
}

report::Outlook outlook_of(plan::ExperimentPlan const& plan, plan::Job const& job)
{
    report::OutlookOptions options;
    options.seed_axis = job.seed_axis();
    options.baseline_arm = plan.experiment.statistics.baseline_arm;
    for (auto const& set : plan.item_sets)
        options.primary_metric[set.name] = primary_metric(plan.experiment, job, set);
    options.effects = plan.experiment.statistics.effects;
    options.gates = plan.experiment.gates;
    return report::look_ahead(plan.layout, options);
}

std::string warning_lines(report::Outlook const& outlook)
{
    constexpr std::size_t shown = 2;
    std::string text;
    for (std::size_t i = 0; i < outlook.warnings.size() && i < shown; ++i) {
        auto const& warning = outlook.warnings[i];
        text += "warning: " + warning.text + " " + warning.way_out + "\n";
    }
    if (outlook.warnings.size() > shown)
        text += count_text(outlook.warnings.size() - shown, "more warning") + ": see `ablatrix plan`.\n";
    return text;
}

report::Document describe_plan(plan::ExperimentPlan const& plan, sched::Remaining const& remaining)
{
    report::Document document;
    document.heading("Plan of '" + plan.experiment.name + "'");

    report::Table axes{
        "", {{"axis", report::Align::left}, {"values", report::Align::right}, {"", report::Align::left}}, {}};
    for (auto const& axis : plan.grid.axes) {
        axes.rows.push_back({axis.name, std::to_string(axis.values.size()), base::join(axis.values, ", ")});
    }
    document.table(std::move(axes));
    std::string runs =
        count_text(plan.grid.runs.size(), "run") + " out of " + count_text(plan.grid.expanded, "grid point");
    std::uint64_t folded = 0;
    for (auto const& run : plan.grid.runs)
        folded += run.folded;
    if (folded > 0) runs += " (" + std::to_string(folded) + " folded into runs that mean the same)";
    runs += "; " + std::to_string(remaining.runs_done) + " already done.";
    document.paragraph(runs);

    report::Table kinds{"",
                        {{"task kind", report::Align::left},
                         {"tasks", report::Align::right},
                         {"cached", report::Align::right},
                         {"left", report::Align::right},
                         {"estimated", report::Align::right},
                         {"from", report::Align::left}},
                        {}};
    for (auto const& kind : remaining.kinds) {
        bool const nothing_left = kind.cached >= kind.tasks;
        kinds.rows.push_back({kind.kind, std::to_string(kind.tasks), std::to_string(kind.cached),
                              std::to_string(kind.tasks - kind.cached),
                              nothing_left ? "-" : base::human_seconds(kind.seconds),
                              nothing_left   ? ""
                              : kind.learned ? "earlier runs"
                                             : "a guess"});
    }
    document.table(std::move(kinds));

    std::uint64_t const unique = compute_tasks(plan.graph);
    std::uint64_t const unshared = unshared_tasks(plan);
    char factor[32];
    std::snprintf(factor, sizeof factor, "%.1f",
                  static_cast<double>(unshared) / static_cast<double>(std::max<std::uint64_t>(unique, 1)));
    document.paragraph("Runs share work: " + count_text(unique, "unique task") + " instead of " +
                       std::to_string(unshared) + ", " + factor + " times fewer.");
    document.paragraph("Estimated work left: " + base::human_seconds(remaining.seconds) + " on one worker" +
                       (is_learned(remaining)
                            ? "."
                            : "; partly guessed, because not every kind of task has run with this cache yet."));
    document.paragraph("Result file: about " + result_size(plan) + ".");
    return document;
}

}  // namespace ablatrix::app
