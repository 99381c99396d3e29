#include <ablatrix/report/outlook.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include <ablatrix/stats/planning.hpp>

#include "detail/format.hpp"
#include "detail/planned_grid.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

constexpr double wanted_power = 0.8;
constexpr double noted_risk = 0.01;
constexpr std::int64_t few_groups = 10;
/// Below it, seeds by the thousand would be needed, and planning ends.
constexpr double smallest_effect = 0.05;

std::string percent(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, share > 0 && share < 0.1 ? "%.1f %%" : "%.0f %%", 100 * share);
    return text;
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string comparisons(std::int64_t count)
{
    return count == 1 ? "one comparison" : std::to_string(count) + " comparisons";
}

std::string seeds(std::int64_t count)
{
    return plural(static_cast<std::size_t>(count), "seed");
}

/// Holm in the best case: every test of the family attains the smallest p of a sign flip over S seeds.
double smallest_exact_p(PlannedFamily const& family)
{
    if (family.n_seeds < 2) return stats::undefined_value;
    return std::min(1.0, static_cast<double>(family.n_tests) *
                             std::ldexp(1.0, 1 - static_cast<int>(std::min<std::int64_t>(family.n_seeds, 1000))));
}

std::string place(PlannedFamily const& family)
{
    return family.item_set + ", " + family.name;
}

class Planner
{
  public:
    Planner(store::ResultLayout const& layout, OutlookOptions const& options)
        : grid_(layout, options.seed_axis, options.baseline_arm), options_(options)
    {}

    Outlook take()
    {
        find_families();
        warn_about_arms();
        warn_about_seeds();
        for (auto const& family : out_.families)
            judge(family);
        warn_about_gates();
        write();
        return std::move(out_);
    }

  private:
    void find_families()
    {
        for (std::size_t set = 0; set < grid_.layout().item_sets.size(); ++set) {
            auto const& items = grid_.layout().item_sets[set];
            auto const metric = options_.primary_metric.find(items.name);
            std::string const primary = metric != options_.primary_metric.end() ? metric->second
                                        : items.metrics.empty()                 ? ""
                                                                                : items.metrics.front();
            auto const arms = grid_.arm_contrasts(set);
            if (!arms.empty())
                add_family(set, "arms against " + grid_.arms()[grid_.baseline()], primary, arms).compares_arms = true;
            auto const methods = grid_.method_contrasts(set);
            if (!methods.contrasts.empty())
                add_family(set, "methods against " + methods.reference, primary, methods.contrasts,
                           methods.tests_per_condition);
        }
    }

    PlannedFamily& add_family(std::size_t set, std::string name, std::string const& metric,
                              std::vector<PlannedContrast> const& contrasts, std::size_t n_tests = 0)
    {
        PlannedFamily family;
        family.name = std::move(name);
        family.item_set = grid_.layout().item_sets[set].name;
        family.metric = metric;
        family.n_tests = static_cast<std::int64_t>(n_tests > 0 ? n_tests : contrasts.size());
        family.n_items = grid_.layout().item_sets[set].n_items;
        family.n_seeds = static_cast<std::int64_t>(contrasts.front().n_seeds);
        std::size_t truths = contrasts.front().n_truths;
        for (auto const& contrast : contrasts) {
            family.n_seeds = std::min(family.n_seeds, static_cast<std::int64_t>(contrast.n_seeds));
            truths = std::min(truths, contrast.n_truths);
        }
        family.n_units = family.n_items * static_cast<std::int64_t>(truths);
        return out_.families.emplace_back(std::move(family));
    }

    void warn(std::string code, std::string text, std::string way_out)
    {
        out_.warnings.push_back({std::move(code), std::move(text), std::move(way_out)});
    }

    void warn_about_arms()
    {
        for (auto const& names : grid_.equal_arms()) {
            warn("equal_arms",
                 "Arms " + enumeration(names) +
                     " read the same results in every run, so no comparison of them can "
                     "differ from 0.",
                 "Check their settings, or drop all but one.");
        }
    }

    /// One sentence for all families: they share their seeds.
    void warn_about_seeds()
    {
        bool const has_one_seed = std::any_of(out_.families.begin(), out_.families.end(),
                                              [](PlannedFamily const& family) { return family.n_seeds < 2; });
        if (!has_one_seed) return;
        warn("unreachable",
             "With one seed nothing can be said about new seeds: no spread, no interval and no test. Intervals and "
             "tests over items will speak for these trained models only.",
             "Two seeds are the least, five make sense.");
    }

    /// What an exact test over the seeds of any family cannot reach. No claim of a report rests on such a test: those
    /// about seeds rest on the paired t test, those about items on flips of items.
    std::string note_on_exact_tests() const
    {
        PlannedFamily const* worst = nullptr;
        for (auto const& family : out_.families) {
            if (family.n_seeds < 2 || !(smallest_exact_p(family) >= alpha)) continue;
            if (worst == nullptr ||
                std::pair(-family.n_seeds, family.n_tests) > std::pair(-worst->n_seeds, worst->n_tests))
                worst = &family;
        }
        if (worst == nullptr) return "";
        auto const needed = stats::discordants_needed(alpha, static_cast<double>(worst->n_tests));
        std::string text = "With " + seeds(worst->n_seeds) + " the smallest p of an exact test over seeds is " +
                           number(smallest_exact_p(*worst)) + " after Holm's correction for " +
                           comparisons(worst->n_tests) + " (" + place(*worst) +
                           "). The paired t test has no such limit, but its p then rests on normal differences. " +
                           seeds(needed) + " would do";
        if (worst->n_tests > 1)
            text += ", or " + std::to_string(stats::discordants_needed(alpha)) + " with a single comparison";
        return text + ".";
    }

    /// Effects are declared for arms; where there are none, for methods.
    plan::ExpectedEffect const* effect_of(PlannedFamily const& family) const
    {
        bool const has_arms = std::any_of(out_.families.begin(), out_.families.end(), [&](PlannedFamily const& other) {
            return other.item_set == family.item_set && other.compares_arms;
        });
        if (has_arms && !family.compares_arms) return nullptr;
        for (auto const& effect : options_.effects) {
            if (effect.metric == family.metric) return &effect;
        }
        return nullptr;
    }

    stats::PlannedComparison planned(PlannedFamily const& family, plan::ExpectedEffect const& effect) const
    {
        stats::PlannedComparison out;
        out.n_seeds = family.n_seeds;
        out.family = static_cast<double>(family.n_tests);
        out.seed_effect = effect.difference / effect.difference_sd;
        if (!std::isnan(effect.discordant))
            out.most_discordant = std::llround(effect.discordant * static_cast<double>(family.n_units));
        if (!std::isnan(effect.positive_share)) {
            double const rarer = std::min(effect.positive_share, 1 - effect.positive_share);
            out.fewest_groups = static_cast<std::int64_t>(rarer * static_cast<double>(family.n_items) + 1e-9);
            out.n_items = family.n_items;
            out.positive_share = effect.positive_share;
        }
        return out;
    }

    void judge(PlannedFamily const& family)
    {
        auto const* effect = effect_of(family);
        if (effect == nullptr || std::isnan(effect->discordant)) warn_about_few_items(family);
        if (effect == nullptr) return;
        auto const comparison = planned(family, *effect);
        for (auto const& code : stats::plan_warnings(comparison, wanted_power, alpha)) {
            if (code == "unreachable") warn_about_items(family, *effect, comparison);
            if (code == "underpowered") warn_about_power(family, *effect, comparison);
            // These are about runs, whichever family they end up in.
            if (code == "few_groups" && judged_.insert(family.item_set + code).second)
                warn_about_classes(family, *effect, comparison);
            if (code == "one_class_risk" && judged_.insert(family.item_set + code).second)
                warn_about_one_class(family, *effect);
        }
        judge_item_power(family, *effect);
    }

    /// Too few even if the two sides differ on every item.
    void warn_about_few_items(PlannedFamily const& family)
    {
        auto const needed = stats::discordants_needed(alpha, static_cast<double>(family.n_tests));
        if (family.n_units >= needed) return;
        warn("unreachable",
             "Two sides can differ on " + plural(static_cast<std::size_t>(family.n_units), "item") +
                 " at most; the exact test over items needs " + std::to_string(needed) + " among " +
                 comparisons(family.n_tests) + " (" + place(family) + ").",
             "Use more items or more seeds.");
    }

    void warn_about_items(PlannedFamily const& family, plan::ExpectedEffect const& effect,
                          stats::PlannedComparison const& comparison)
    {
        auto const needed = stats::discordants_needed(alpha, comparison.family);
        double const items = std::ceil(static_cast<double>(needed) / effect.discordant);
        warn("unreachable",
             "Two sides that differ on a share of " + number(effect.discordant) + " of the items differ on " +
                 std::to_string(comparison.most_discordant) + "; the exact test over items needs " +
                 std::to_string(needed) + " among " + comparisons(family.n_tests) + " (" + place(family) + ").",
             number(items) + " items would do.");
    }

    void warn_about_power(PlannedFamily const& family, plan::ExpectedEffect const& effect,
                          stats::PlannedComparison const& comparison)
    {
        std::string const what = "A difference of " + number(effect.difference) + " in " + metric_title(family.metric) +
                                 " with a spread of " + number(effect.difference_sd) + " over seeds (" + place(family) +
                                 ")";
        std::string const way_out =
            comparison.seed_effect < smallest_effect
                ? "No affordable number of seeds would do; look for a larger difference."
                : seeds(stats::seeds_for_paired_t(comparison.seed_effect, wanted_power, alpha / comparison.family)) +
                      " would do.";
        if (family.n_seeds < 2) {
            warn("underpowered", what + " cannot be tested with one seed.", way_out);
            return;
        }
        double const power = stats::paired_t_power(comparison.seed_effect, family.n_seeds, alpha / comparison.family);
        warn("underpowered",
             what + " is found with a chance of " + percent(power) + " by " + seeds(family.n_seeds) +
                 (family.n_tests > 1 ? ", as the strictest of " + comparisons(family.n_tests) : "") + ".",
             way_out);
    }

    void warn_about_classes(PlannedFamily const& family, plan::ExpectedEffect const& effect,
                            stats::PlannedComparison const& comparison)
    {
        double const rarer = std::min(effect.positive_share, 1 - effect.positive_share);
        std::string const way_out =
            rarer > 0 ? number(std::ceil(static_cast<double>(few_groups) / rarer)) + " items would do."
                      : "Use items of both classes.";
        warn("few_groups",
             "A run of " + family.item_set + " holds about " + std::to_string(comparison.fewest_groups) +
                 " items of its rarer class (a share of " + number(rarer) + " of " + std::to_string(family.n_items) +
                 "); an interval over items rests on fewer than 10.",
             way_out);
    }

    void warn_about_one_class(PlannedFamily const& family, plan::ExpectedEffect const& effect)
    {
        double const commoner = std::max(effect.positive_share, 1 - effect.positive_share);
        std::string const way_out = commoner < 1 ? number(std::ceil(std::log(noted_risk / 2) / std::log(commoner))) +
                                                       " items would do, or class counts that are fixed by design."
                                                 : "Use items of both classes.";
        warn("one_class_risk",
             "Drawn at random, the " + std::to_string(family.n_items) + " items of a run of " + family.item_set +
                 " are of one class only with a chance of " +
                 percent(stats::one_class_risk(family.n_items, effect.positive_share)) + "; " +
                 metric_title(family.metric) + " is then undefined.",
             way_out);
    }

    /// McNemar's question has its own power, which seeds do not change.
    void judge_item_power(PlannedFamily const& family, plan::ExpectedEffect const& effect)
    {
        if (family.metric != "accuracy" || std::isnan(effect.difference) || std::isnan(effect.discordant)) return;
        double const level = alpha / static_cast<double>(family.n_tests);
        double const power = stats::mcnemar_power(family.n_items, effect.discordant, effect.difference, level);
        if (power >= wanted_power) return;
        double const formula = stats::mcnemar_items_formula(effect.discordant, effect.difference, wanted_power, level);
        constexpr double most_exact = 20000;
        std::string const items =
            formula < most_exact
                ? std::to_string(stats::mcnemar_items(effect.discordant, effect.difference, wanted_power, level))
                : "About " + number(formula);
        warn("underpowered",
             "A difference of " + number(effect.difference) + " in accuracy, with " + percent(effect.discordant) +
                 " of the items right on one side only (" + place(family) +
                 "), is found by McNemar's exact test of one seed with a chance of " + percent(power) + " on " +
                 std::to_string(family.n_items) + " items" +
                 (family.n_tests > 1 ? ", as the strictest of " + comparisons(family.n_tests) : "") + ".",
             items + " items would do.");
    }

    void warn_about_gates()
    {
        for (auto const& gate : options_.gates)
            judge_gate(gate);
    }

    /// A gate "seed_sd(METRIC) < threshold" passes when the interval of the spread lies below the threshold.
    void judge_gate(plan::Gate const& gate)
    {
        auto const& rule = gate.rule;
        bool const is_upper = rule.op == stats::GateOp::less || rule.op == stats::GateOp::less_equal;
        if (gate.quantity.statistic != plan::GateStatistic::seed_sd || !is_upper || rule.mode != stats::GateMode::ci)
            return;
        auto const effect =
            std::find_if(options_.effects.begin(), options_.effects.end(),
                         [&](plan::ExpectedEffect const& one) { return one.metric == gate.quantity.name; });
        auto const n_seeds = static_cast<std::int64_t>(grid_.fewest_seeds());
        std::string const what = "Gate " + rule.id + " (" + rule.quantity + " " + std::string{stats::name_of(rule.op)} +
                                 " " + number(rule.threshold) + ")";
        if (n_seeds < 2) {
            warn("std_gate_unreachable", what + " is about the spread over seeds, and there is one seed.",
                 "Two seeds are the least, five make sense.");
            return;
        }
        if (effect == options_.effects.end() || std::isnan(effect->seed_sd)) return;
        double const bound = stats::largest_passing_sd(rule.threshold, n_seeds, rule.level);
        if (effect->seed_sd < bound) return;
        auto const needed = stats::seeds_for_sd(effect->seed_sd, rule.threshold, rule.level);
        warn("std_gate_unreachable",
             what + " passes with " + seeds(n_seeds) + " only when the observed spread is below " + number(bound) +
                 "; " + number(effect->seed_sd) + " is expected.",
             needed > 0 ? seeds(needed) + " would do." : "No number of seeds would do: raise the threshold.");
    }

    void write()
    {
        auto& document = out_.document;
        document.heading("What this grid can show");
        if (out_.families.empty()) {
            document.paragraph("One arm and one method: there is nothing to compare.");
        }
        else {
            add_table();
            document.paragraph(
                "Exact p: the smallest that a sign flip over these seeds can give after Holm's correction. Detectable: "
                "the difference that the paired t test over seeds finds with a chance of 80 %, in standard deviations "
                "of the differences over seeds; alone, and as the strictest test of its family.");
            auto const note = note_on_exact_tests();
            if (!note.empty()) document.paragraph(note);
            add_effects();
        }
        for (auto const& warning : out_.warnings)
            document.bullet(warning.code + ": " + warning.text + " " + warning.way_out);
    }

    void add_table()
    {
        Table table;
        table.columns = {{"item set", Align::left},
                         {"comparisons", Align::left},
                         {"tests", Align::right},
                         {"seeds", Align::right},
                         {"exact p", Align::right},
                         {"detectable\nalone", Align::right},
                         {"detectable\nstrictest", Align::right}};
        table.fixed_columns = 2;
        for (auto const& family : out_.families) {
            double const strictest = alpha / static_cast<double>(family.n_tests);
            table.rows.push_back({family.item_set, family.name, std::to_string(family.n_tests),
                                  std::to_string(family.n_seeds), p_text(smallest_exact_p(family)),
                                  fixed(stats::detectable_effect(family.n_seeds, wanted_power, alpha), 2),
                                  fixed(stats::detectable_effect(family.n_seeds, wanted_power, strictest), 2)});
        }
        out_.document.table(std::move(table));
    }

    void add_effects()
    {
        std::vector<std::string> sentences;
        bool has_power = false;
        for (auto const& family : out_.families) {
            auto const* effect = effect_of(family);
            if (effect == nullptr || std::isnan(effect->difference_sd)) continue;
            has_power = true;
            if (family.n_seeds < 2) continue;
            double const strictest = alpha / static_cast<double>(family.n_tests);
            double const size = effect->difference / effect->difference_sd;
            sentences.push_back(
                "Declared for " + metric_title(family.metric) + ": " + number(effect->difference) + ", " +
                number(size) + " standard deviations. Found with a chance of " +
                percent(stats::paired_t_power(size, family.n_seeds, alpha)) + " alone, " +
                percent(stats::paired_t_power(size, family.n_seeds, strictest)) + " as the strictest (" +
                place(family) + "); these seeds detect " +
                number(effect->difference_sd * stats::detectable_effect(family.n_seeds, wanted_power, strictest)) +
                ".");
        }
        for (auto const& sentence : sentences)
            out_.document.paragraph(sentence);
        if (!has_power) {
            out_.document.paragraph(
                "No difference with its spread over seeds is declared, so the power at what you hope to see is not "
                "known: see statistics.effect in docs/experiment-file.md.");
        }
    }

    PlannedGrid grid_;
    OutlookOptions const& options_;
    Outlook out_;
    std::set<std::string> judged_;
};

}  // namespace

bool Outlook::has(std::string const& code) const
{
    return std::any_of(warnings.begin(), warnings.end(), [&](PlanWarning const& one) { return one.code == code; });
}

Outlook look_ahead(store::ResultLayout const& layout, OutlookOptions const& options)
{
    return Planner(layout, options).take();
}

}  // namespace ablatrix::report
