#include <ablatrix/report/comparison.hpp>

#include <algorithm>
#include <cmath>

#include <ablatrix/base/text.hpp>

#include "detail/contrast.hpp"
#include "detail/contrast_records.hpp"
#include "detail/format.hpp"
#include "detail/grid_view.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

std::string contrast_name(GridView const& grid, ContrastResult const& result)
{
    auto const& what = result.contrast;
    auto const& methods = grid.layout().item_sets[what.set].methods;
    if (what.arm_a == what.arm_b) return methods[what.method_a] + " - " + methods[what.method_b];
    return methods[what.method_a] + ": " + grid.arms()[what.arm_a] + " - " + grid.arms()[what.arm_b];
}

std::vector<Contrast> contrasts_of_arms(GridView const& grid, std::size_t set, std::vector<std::string> const& arms)
{
    std::vector<Contrast> contrasts;
    auto const& methods = grid.layout().item_sets[set].methods;
    std::size_t const first = grid.arm_index(arms.front());
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (std::size_t i = 1; i < arms.size(); ++i) {
            std::size_t const other = grid.arm_index(arms[i]);
            if (!grid.has_method(first, set, m) || !grid.has_method(other, set, m) ||
                !grid.differs(set, m, other, first))
                continue;
            for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
                if (grid.planned_seeds(c, first) > 0 && grid.planned_seeds(c, other) > 0)
                    contrasts.push_back({c, set, other, m, first, m});
            }
        }
    }
    return contrasts;
}

std::vector<Contrast> contrasts_of_methods(GridView const& grid, std::size_t set,
                                           std::vector<std::string> const& methods, std::size_t arm)
{
    std::vector<Contrast> contrasts;
    auto const& known = grid.layout().item_sets[set].methods;
    auto const index_of = [&](std::string const& name) {
        return static_cast<std::size_t>(std::find(known.begin(), known.end(), name) - known.begin());
    };
    std::size_t const first = index_of(methods.front());
    for (std::size_t i = 1; i < methods.size(); ++i) {
        std::size_t const other = index_of(methods[i]);
        if (first == known.size() || other == known.size()) continue;
        for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
            if (grid.planned_seeds(c, arm) > 0) contrasts.push_back({c, set, arm, other, arm, first});
        }
    }
    return contrasts;
}

void add_difference_table(Document& document, GridView const& grid, std::vector<ContrastResult> const& results)
{
    auto const& items = grid.layout().item_sets[results.front().contrast.set];
    Table table;
    table.title = items.name + ": difference of " + metric_title(results.front().metric);
    table.columns = {{"comparison", Align::left},  {"condition", Align::left}, {"first", Align::right},
                     {"difference", Align::right}, {"p", Align::right},        {"Holm p", Align::right}};
    table.fixed_columns = 2;
    for (auto const& result : results) {
        table.rows.push_back({contrast_name(grid, result), grid.conditions()[result.contrast.condition].short_label,
                              fixed(result.mean_b), signed_with_interval(result.difference), p_text(result.test.p),
                              p_text(result.p_adjusted) + separation_mark(result.p_adjusted, result.p_min_adjusted)});
    }
    document.table(std::move(table));
    document.paragraph(base::join(contrast_notes(grid, results), " "));
}

void add_seed_table(Document& document, GridView const& grid, std::vector<ContrastResult> const& results)
{
    Table table;
    table.title = "Per seed: difference with its interval over items, and McNemar's exact test";
    table.columns = {{"comparison", Align::left},  {"condition", Align::left}, {"seed", Align::left},
                     {"difference", Align::right}, {"b:c", Align::right},      {"p", Align::right},
                     {"p min", Align::right}};
    table.fixed_columns = 3;
    for (auto const& result : results) {
        for (auto const& seed : result.seeds) {
            table.rows.push_back({contrast_name(grid, result), grid.conditions()[result.contrast.condition].short_label,
                                  seed.seed, signed_with_interval(seed.difference), discordant_text(seed.table),
                                  p_text(seed.exact.p) + (seed.exact.cannot_reach(alpha) ? " †" : ""),
                                  p_text(seed.exact.p_min)});
        }
    }
    document.table(std::move(table));
}

void add_combined_table(Document& document, GridView const& grid, std::vector<ContrastResult> const& results)
{
    Table table;
    table.title = "McNemar over all seeds";
    table.columns = {{"comparison", Align::left}, {"condition", Align::left},
                     {"b:c", Align::right},       {"sign-flip p", Align::right},
                     {"Holm p", Align::right},    {"difference of right share", Align::right},
                     {"p", Align::right},         {"Holm p", Align::right}};
    table.fixed_columns = 2;
    std::size_t hopeless = 0;
    for (auto const& result : results) {
        if (!result.has_items) continue;
        hopeless += result.flips_min_adjusted >= alpha ? 1 : 0;
        table.rows.push_back(
            {contrast_name(grid, result), grid.conditions()[result.contrast.condition].short_label,
             discordant_text(result.discordants()), p_text(result.flips.p),
             p_text(result.flips_adjusted) + separation_mark(result.flips_adjusted, result.flips_min_adjusted),
             signed_with_interval(result.share), p_text(result.share_test.p), p_text(result.share_adjusted)});
    }
    if (table.rows.empty()) return;
    bool const is_prediction =
        grid.layout().item_sets[results.front().contrast.set].kind == store::ColumnKind::prediction;
    std::string text =
        is_prediction
            ? "Right means: the predicted class is the clean label. "
            : "Right means: flagged if noisy, not flagged if clean, with as many flags as there are noisy items. ";
    text +=
        "b: items only the first-named side gets right, c: only the other. The sign flip keeps these trained models "
        "and takes each item with all its seeds as "
        "one unit; the right share's test is about new seeds";
    text += results.front().share_scope == "both"    ? " and new items (two-level)."
            : results.front().share_scope == "items" ? "' absence: one seed, items only."
                                                     : " (t over seeds).";
    text += " Holm over " + plural(results.size(), "comparison") + ".";
    if (hopeless > 0)
        text += " † cannot reach significance, whatever the data: too few items on which the sides differ.";
    document.table(std::move(table));
    document.paragraph(text);
}

/// One sentence a comparison, over all its conditions.
void add_findings(Document& document, GridView const& grid, std::vector<ContrastResult> const& results)
{
    std::vector<std::string> names;
    for (auto const& result : results) {
        auto const name = contrast_name(grid, result);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (auto const& name : names) {
        std::vector<std::string> higher, lower, same, open, unknown;
        for (auto const& result : results) {
            if (contrast_name(grid, result) != name) continue;
            std::string const place = grid.conditions()[result.contrast.condition].short_label;
            std::string const value = place + " (" + signed_with_interval(result.difference) + ")";
            if (result.n_seeds == 0)
                unknown.push_back(place);
            else if (is_same(result))
                same.push_back(place);
            else if (!(result.p_adjusted < alpha))
                open.push_back(place);
            else if (result.difference.value > 0)
                higher.push_back(value);
            else
                lower.push_back(value);
        }
        std::string text = name + ", " + metric_title(results.front().metric) + ":";
        std::string separator = " ";
        auto const add = [&](std::string const& what, std::vector<std::string> const& places) {
            if (places.empty()) return;
            text += separator + what + " in " + enumeration(places);
            separator = "; ";
        };
        add("higher", higher);
        add("lower", lower);
        add("equal", same);
        add("cannot tell", open);
        add("no seed with both sides", unknown);
        document.bullet(text + ".");
    }
}

}  // namespace

Report compare(store::ResultFile const& result, CompareOptions const& options)
{
    GridView grid(result, options.by);
    grid.share_with(options.share);
    bool const compares_arms = !options.arms.empty();
    if (compares_arms) {
        for (auto const& arm : options.arms)
            grid.arm_index(arm);
    }
    else {
        check_methods(grid.layout(), options.methods);
    }
    std::size_t const arm = options.arm.empty() ? grid.baseline() : grid.arm_index(options.arm);

    Report report;
    report.origin = origin_of(grid);
    add_overview(report.document, grid);
    bool found = false;
    for (std::size_t set = 0; set < grid.layout().item_sets.size(); ++set) {
        auto const contrasts = compares_arms ? contrasts_of_arms(grid, set, options.arms)
                                             : contrasts_of_methods(grid, set, options.methods, arm);
        if (contrasts.empty()) continue;
        for (auto const metric : shown_metrics(grid, set, options.metrics, 0)) {
            found = true;
            std::vector<ContrastResult> results;
            ContrastOptions contrast_options;
            contrast_options.metric = grid.layout().item_sets[set].metrics[metric];
            contrast_options.wants_bootstrap = true;
            contrast_options.resamples = options.resamples > 0 ? options.resamples : grid.resamples();
            contrast_options.threads = options.threads;
            for (auto const& what : contrasts)
                results.push_back(contrast(grid, what, contrast_options));
            adjust_family(results);
            std::string const family = std::string{compares_arms ? "arms" : "methods"} + ", " +
                                       grid.layout().item_sets[set].name + ", " + contrast_options.metric;
            for (auto const& one : results)
                add_records(report.records, grid, one, family);
            report.document.heading(grid.layout().item_sets[set].name + ", " + metric_title(contrast_options.metric));
            add_findings(report.document, grid, results);
            add_difference_table(report.document, grid, results);
            add_seed_table(report.document, grid, results);
            add_combined_table(report.document, grid, results);
        }
    }
    if (!found) {
        report.document.paragraph(
            compares_arms ? "No method depends on which of these arms is used: their results are the same columns."
                          : "No item set has all of these methods, or none of the metrics asked for.");
    }
    return report;
}

}  // namespace ablatrix::report
