#include "sections.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "format.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t named_failures = 5;

std::string stem_of(std::string const& method)
{
    return method.substr(0, method.find_first_of("@/"));
}

std::string constant_axes(GridView const& grid)
{
    std::string text;
    for (auto const& axis : grid.layout().axes) {
        bool const is_constant =
            std::all_of(axis.value_of_run.begin(), axis.value_of_run.end(),
                        [&](std::string const& value) { return value == axis.value_of_run.front(); });
        if (is_constant && !axis.value_of_run.empty())
            text += (text.empty() ? "" : ", ") + axis.name + " = " + axis.value_of_run.front();
    }
    return text;
}

std::string unknown_text(std::int64_t items)
{
    return "Left out of whatever is computed from items: " + plural(static_cast<std::size_t>(items), "item") +
           " a seed without a clean label.";
}

/// \p names of what \p kind says, in any item set.
void check_names(std::string const& kind, std::vector<std::string> store::ItemSetLayout::*names,
                 store::ResultLayout const& layout, std::vector<std::string> const& wanted)
{
    std::vector<std::string> known;
    for (auto const& set : layout.item_sets)
        known.insert(known.end(), (set.*names).begin(), (set.*names).end());
    for (auto const& name : wanted) {
        ABLATRIX_VALIDATE(std::find(known.begin(), known.end(), name) != known.end(),
                          "unknown " + kind + " '" + name + "'." + base::did_you_mean_hint(name, known) +
                              " There are: " + base::join(known, ", ") + ".");
    }
}

}  // namespace

void check_methods(store::ResultLayout const& layout, std::vector<std::string> const& wanted)
{
    check_names("method", &store::ItemSetLayout::methods, layout, wanted);
}

void check_metrics(store::ResultLayout const& layout, std::vector<std::string> const& wanted)
{
    check_names("metric", &store::ItemSetLayout::metrics, layout, wanted);
}

void add_overview(Document& document, GridView const& grid)
{
    std::size_t done = 0, failed = 0, pending = 0;
    std::vector<std::size_t> failed_runs;
    std::vector<std::size_t> pending_runs;
    for (std::size_t run = 0; run < grid.statuses().size(); ++run) {
        switch (grid.statuses()[run]) {
            case store::RunStatus::done:
                ++done;
                break;
            case store::RunStatus::failed:
                ++failed;
                failed_runs.push_back(run);
                break;
            case store::RunStatus::pending:
                ++pending;
                pending_runs.push_back(run);
                break;
        }
    }
    std::string const name = grid.fact("name").empty() ? "Results" : grid.fact("name");
    document.heading(name + ": " + plural(grid.statuses().size(), "run") + ", " + plural(grid.seeds().size(), "seed") +
                     ", " + plural(grid.conditions().size(), "condition") +
                     (grid.has_arms() ? ", " + plural(grid.arms().size(), "arm") : ""));
    std::string text = failed + pending == 0 ? "All runs are done."
                                             : std::to_string(done) + " runs are done, " + std::to_string(failed) +
                                                   " failed, " + std::to_string(pending) + " not run yet.";
    if (!grid.by().empty() && grid.conditions().size() > 1) text += " Conditions are " + enumeration(grid.by()) + ".";
    if (grid.has_arms()) text += " The baseline arm is " + grid.arms()[grid.baseline()] + ".";
    auto const constant = constant_axes(grid);
    if (!constant.empty()) text += " The same everywhere: " + constant + ".";
    document.paragraph(text);
    // One broken stage fails every run that needs it: say its message once.
    std::map<std::string, std::size_t> group_of;
    std::vector<std::vector<std::size_t>> groups;
    for (auto const run : failed_runs) {
        auto const [group, is_new] = group_of.try_emplace(grid.file().read_run(run).error, groups.size());
        if (is_new) groups.emplace_back();
        groups[group->second].push_back(run);
    }
    for (std::size_t i = 0; i < groups.size() && i < named_failures; ++i) {
        std::string who = grid.run_label(groups[i][0]);
        if (groups[i].size() > 1) who += " and " + plural(groups[i].size() - 1, "other run");
        document.bullet("failed: " + who + ": " + grid.file().read_run(groups[i][0]).error);
    }
    for (std::size_t i = 0; i < pending_runs.size() && i < named_failures; ++i)
        document.bullet("not run: " + grid.run_label(pending_runs[i]));
    if (groups.size() > named_failures || pending_runs.size() > named_failures) {
        document.bullet(
            "more failed or missing runs: see ablatrix status; seeds without a result are left out below and counted");
    }
}

Origin origin_of(GridView const& grid)
{
    return {grid.fact("name"), grid.file().provenance().plan.text(), ""};
}

bool is_reference(std::string const& method)
{
    auto const stem = stem_of(method);
    return stem == "random" || stem == "none" || stem.ends_with("oracle");
}

bool is_variant(std::string const& method)
{
    return method.find('/') != std::string::npos;
}

std::vector<std::size_t> shown_metrics(GridView const& grid, std::size_t set, std::vector<std::string> const& wanted,
                                       std::size_t extra)
{
    auto const& names = grid.layout().item_sets[set].metrics;
    std::vector<std::size_t> shown;
    for (auto const& name : wanted) {
        auto const found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) shown.push_back(static_cast<std::size_t>(found - names.begin()));
    }
    if (!wanted.empty() || names.empty()) return shown;
    std::size_t const primary = grid.metric_index(set, grid.primary_metric(set));
    shown.push_back(primary);
    for (std::size_t i = 0; i < names.size() && shown.size() < 1 + extra; ++i) {
        if (i != primary) shown.push_back(i);
    }
    return shown;
}

std::vector<std::string> interval_notes(GridView const& grid, std::vector<Mean> const& means)
{
    std::set<std::string> seen;
    std::vector<std::string> notes;
    auto const say = [&](std::string const& note) {
        if (seen.insert(note).second) notes.push_back(note);
    };
    std::string const level = fixed(100 * grid.level(), 0) + " % intervals";
    bool const has_both =
        std::any_of(means.begin(), means.end(), [](Mean const& mean) { return mean.scope == "both"; });
    std::size_t excluded = 0;
    std::int64_t unknown = 0;
    for (auto const& mean : means) {
        excluded = std::max(excluded, mean.n_excluded);
        unknown = std::max(unknown, mean.n_unknown);
        if (std::isnan(mean.estimate.value)) continue;
        if (mean.scope == "both") {
            say(level + ": two-level (moments over seeds and items; every seed judges the same " +
                (mean.n_items > 0 ? std::to_string(mean.n_items) + " " : "") +
                "items). They speak for new seeds and new items.");
        }
        else if (mean.scope == "items" && mean.n_seeds > 1) {
            say(level +
                " of methods that say the same for every seed: over items. They say nothing about other seeds.");
        }
        else if (mean.scope == "items") {
            std::string how = ": Wilson over items";
            if (mean.estimate.method.starts_with("boot"))
                how = ": bootstrap over items within each class (" + std::to_string(grid.resamples()) + " resamples)";
            if (mean.estimate.method.starts_with("delong"))
                how = " where scores separate the classes perfectly: a one-sided bound from the number of items";
            say(level + how + ", because there is one seed. They say nothing about other seeds.");
        }
        else if (mean.n_seeds >= 2) {
            say(level + (has_both ? " of other numbers" : "") + ": t over " + std::to_string(mean.n_seeds) +
                " seeds. " +
                (mean.design == "nested"
                     ? "Each seed has its own items and flips, so these intervals cover both; nothing was resampled."
                     : "All seeds share the items, so these intervals speak for new seeds on these items only."));
        }
        else {
            say("Values without interval rest on one seed.");
        }
    }
    if (excluded > 0)
        say("Up to " + plural(excluded, "seed") + " of a cell left out: run failed or missing, or metric undefined.");
    if (unknown > 0) say(unknown_text(unknown));
    return notes;
}

std::vector<std::string> contrast_notes(GridView const& grid, std::vector<ContrastResult> const& results)
{
    std::vector<std::string> notes;
    std::set<std::string> seen;
    auto const say = [&](std::string const& note) {
        if (seen.insert(note).second) notes.push_back(note);
    };
    std::size_t excluded = 0;
    std::int64_t unknown = 0;
    for (auto const& result : results) {
        excluded = std::max(excluded, result.n_excluded);
        unknown = std::max(unknown, result.n_unknown);
        if (result.n_seeds == 0) continue;
        std::string const level = fixed(100 * grid.level(), 0) + " % intervals of paired differences: ";
        if (result.n_seeds == 1)
            say(level + "over items of the one seed.");
        else if (result.scope == "both")
            say(level + "two-level over " + std::to_string(result.n_seeds) + " seeds and their shared items.");
        else if (result.scope == "items")
            say(level + "over items, where both sides say the same for every seed.");
        else
            say(level + "t over " + std::to_string(result.n_seeds) + " seeds, both sides on the same seeds and items.");
    }
    if (!results.empty()) {
        say("* = p < 0.05 after Holm's correction over " + plural(results.front().family_size, "comparison") +
            " of this table.");
    }
    if (excluded > 0)
        say("Up to " + plural(excluded, "seed") +
            " of a comparison left out: run failed or missing, or metric undefined.");
    if (unknown > 0) say(unknown_text(unknown));
    return notes;
}

std::string place_prefix(GridView const& grid, std::size_t condition)
{
    return grid.conditions().size() > 1 ? grid.conditions()[condition].short_label + ": " : "";
}

void add_condition_columns(Table& table, GridView const& grid)
{
    for (auto const& condition : grid.conditions())
        table.columns.push_back({condition.heading, Align::right});
}

bool is_same(ContrastResult const& result)
{
    auto const& difference = result.difference;
    return difference.value == 0 && (std::isnan(difference.low) || difference.low == difference.high);
}

std::string discordant_text(stats::PairedTable const& table)
{
    return std::to_string(table.only_a) + ":" + std::to_string(table.only_b);
}

std::string separation_mark(double p_adjusted, double p_min_adjusted)
{
    if (p_adjusted < alpha) return "*";
    if (p_min_adjusted >= alpha) return "†";
    return "";
}

}  // namespace ablatrix::report::detail
