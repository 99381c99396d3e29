#include <ablatrix/stats/gates.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/multiplicity.hpp>
#include <ablatrix/stats/paired.hpp>
#include <ablatrix/stats/planning.hpp>

#include "detail/distributions.hpp"
#include "detail/scores.hpp"

namespace ablatrix::stats {

namespace {

constexpr std::array ops = {GateOp::less, GateOp::less_equal, GateOp::greater, GateOp::greater_equal};
constexpr std::array modes = {GateMode::point, GateMode::ci, GateMode::test, GateMode::equiv};
constexpr std::array scopes = {GateScope::all_of, GateScope::any_of};

constexpr std::int64_t most_seeds_proposed = 10000;

template <typename Choices>
auto chosen(Choices const& choices, std::string_view name, std::string_view what)
{
    std::string known;
    for (auto const choice : choices) {
        if (name_of(choice) == name) return choice;
        known += (known.empty() ? "" : ", ") + std::string(name_of(choice));
    }
    ABLATRIX_VALIDATE(false, "unknown " + std::string(what) + " '" + std::string(name) + "' of a gate. Use " + known);
    return choices.front();
}

bool satisfies(GateOp op, double value, double threshold)
{
    switch (op) {
        case GateOp::less:
            return value < threshold;
        case GateOp::less_equal:
            return value <= threshold;
        case GateOp::greater:
            return value > threshold;
        case GateOp::greater_equal:
            return value >= threshold;
    }
    return false;
}

bool wants_more(GateOp op)
{
    return op == GateOp::greater || op == GateOp::greater_equal;
}

Outcome as_outcome(bool holds)
{
    return holds ? Outcome::pass : Outcome::fail;
}

Outcome point_outcome(GateRule const& rule, double value)
{
    if (std::isnan(value)) return Outcome::undecidable;
    return as_outcome(satisfies(rule.op, rule.mode == GateMode::equiv ? std::abs(value) : value, rule.threshold));
}

std::string short_number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string settle_proportion(GateRule const& rule, GateEvidence const& evidence)
{
    if (!wants_more(rule.op)) return "";
    std::int64_t const needed = successes_needed(evidence.trials, rule.threshold, rule.level);
    if (needed > 0) return "at least " + std::to_string(needed) + " of " + std::to_string(evidence.trials);
    std::int64_t const items = perfect_items_needed(rule.threshold, rule.level);
    return "at least " + std::to_string(items) + " items, all right";
}

std::string settle_spread(GateRule const& rule, GateEvidence const& evidence)
{
    if (wants_more(rule.op)) return "";
    std::int64_t const seeds = seeds_for_sd(evidence.estimate.value, rule.threshold, rule.level);
    std::string text = "a standard deviation below " +
                       short_number(largest_passing_sd(rule.threshold, evidence.n_seeds, rule.level)) + " at " +
                       std::to_string(evidence.n_seeds) + " seeds";
    if (seeds > 0) text += ", or " + std::to_string(seeds) + " seeds at the observed one";
    return text;
}

/// The interval shrinks with the square root of the data: how much data until its near end reaches the threshold.
std::string settle_interval(double value, double low, double high, double threshold)
{
    double const distance = std::abs(value - threshold);
    double const width = value < threshold ? high - value : value - low;
    if (!(distance > 0) || !(width > 0)) return "";
    return "about " + short_number((width / distance) * (width / distance)) +
           " times as many items or seeds, if the value stays";
}

std::string need_unmet(GateRule const& rule, GateEvidence const& evidence)
{
    if (evidence.n_seeds < rule.min_seeds) return "needs_seeds";
    if (evidence.n_groups < rule.min_groups) return "needs_groups";
    return "";
}

std::string settle_need(GateRule const& rule, GateEvidence const& evidence)
{
    if (evidence.n_seeds < rule.min_seeds) return std::to_string(rule.min_seeds) + " seeds";
    return std::to_string(rule.min_groups) + " groups";
}

void undecided(GateResult& result, std::string reason, std::string settle = "")
{
    result.outcome = Outcome::undecidable;
    result.reason = std::move(reason);
    result.settle = std::move(settle);
}

bool is_inside(EndpointRange const& range, double threshold)
{
    return (threshold >= range.low_from && threshold <= range.low_to) ||
           (threshold >= range.high_from && threshold <= range.high_to);
}

constexpr char const* more_resamples = "more resamples (statistics.resamples)";

void judge_interval(GateRule const& rule, GateEvidence const& evidence, GateResult& result)
{
    Estimate const& e = evidence.estimate;
    ABLATRIX_EXPECT(e.status != Status::ok || e.level >= rule.level - 1e-12);
    if (std::isnan(e.value)) return undecided(result, "no_value");
    if (e.status != Status::ok) return undecided(result, std::string(name_of(e.status)));
    if (std::isnan(e.low) || std::isnan(e.high)) return undecided(result, "no_interval");
    if (is_inside(evidence.mc, rule.threshold)) return undecided(result, "resampling_error", more_resamples);
    bool const low = satisfies(rule.op, e.low, rule.threshold);
    bool const high = satisfies(rule.op, e.high, rule.threshold);
    if (low == high) {
        result.outcome = as_outcome(low);
        result.reason = low ? "interval_satisfies" : "interval_violates";
        return;
    }
    std::string settle;
    if (evidence.successes >= 0 && evidence.trials > 0) settle = settle_proportion(rule, evidence);
    if (evidence.spread_over_seeds) settle = settle_spread(rule, evidence);
    if (settle.empty()) settle = settle_interval(e.value, e.low, e.high, rule.threshold);
    undecided(result, "interval_straddles", settle);
}

void judge_test(GateRule const& rule, GateEvidence const& evidence, GateResult& result)
{
    double const alpha = 1 - rule.level;
    result.p = std::isnan(evidence.p_adjusted) ? evidence.test.p : evidence.p_adjusted;
    double const p_min = std::isnan(evidence.p_min_adjusted) ? evidence.test.p_min : evidence.p_min_adjusted;
    if (std::isnan(result.p)) return undecided(result, "no_p");
    if (evidence.test.status != Status::ok) return undecided(result, std::string(name_of(evidence.test.status)));
    // Without a smallest p (NaN) any p can be reached.
    if (result.p >= alpha && p_min >= alpha) {
        double const family = std::isnan(evidence.test.p_min) ? 1 : p_min / evidence.test.p_min;
        std::string settle = std::to_string(discordants_needed(alpha, std::max(1.0, family)));
        return undecided(result, "cannot_reach", "at least " + settle + " discordant items, clusters or seeds");
    }
    if (result.p >= alpha) {
        result.outcome = Outcome::fail;
        result.reason = "not_shown";
        return;
    }
    if (std::isnan(evidence.effect) || evidence.effect == 0) return undecided(result, "no_effect_sign");
    bool const declared = wants_more(rule.op) == (evidence.effect > 0);
    result.outcome = as_outcome(declared);
    result.reason = declared ? "significant" : "significant_opposite";
}

void judge_equivalence(GateRule const& rule, GateEvidence const& evidence, GateResult& result)
{
    Estimate const& outer = evidence.estimate;
    Estimate const& inner = evidence.inner;
    double const delta = rule.threshold;
    if (std::isnan(outer.value)) return undecided(result, "no_value");
    for (Estimate const* e : {&inner, &outer}) {
        if (e->status != Status::ok) return undecided(result, std::string(name_of(e->status)));
        if (std::isnan(e->low) || std::isnan(e->high)) return undecided(result, "no_interval");
    }
    if (is_within_resampling_error(rule, evidence)) return undecided(result, "resampling_error", more_resamples);
    if (inner.low > -delta && inner.high < delta) {
        result.outcome = Outcome::pass;
        result.reason = "equivalent";
    }
    else if (outer.low >= delta || outer.high <= -delta) {
        result.outcome = Outcome::fail;
        result.reason = "interval_violates";
    }
    else {
        undecided(result, "interval_straddles",
                  settle_interval(inner.value, inner.low, inner.high, inner.value < 0 ? -delta : delta));
    }
}

void check_rule(GateRule const& rule)
{
    std::string const place = " (gate " + rule.id + "). ";
    ABLATRIX_VALIDATE(rule.level > 0.5 && rule.level < 1, "a level outside (0.5, 1)" + place + "Use 0.95");
    ABLATRIX_VALIDATE(std::isfinite(rule.threshold), "a threshold is no finite number" + place + "Give one");
    ABLATRIX_VALIDATE(rule.mode != GateMode::equiv || rule.threshold > 0,
                      "equivalence needs a positive margin" + place + "Set threshold above 0");
    ABLATRIX_VALIDATE(rule.mode != GateMode::equiv || !wants_more(rule.op),
                      "equivalence is a difference below its margin" + place + "Use op '<'");
    ABLATRIX_VALIDATE(rule.ddof == 0 || rule.ddof == 1, "ddof other than 0 and 1" + place + "Use 1");
}

}  // namespace

std::string_view name_of(GateOp op)
{
    switch (op) {
        case GateOp::less:
            return "<";
        case GateOp::less_equal:
            return "<=";
        case GateOp::greater:
            return ">";
        case GateOp::greater_equal:
            return ">=";
    }
    return "unknown";
}

std::string_view name_of(GateMode mode)
{
    switch (mode) {
        case GateMode::point:
            return "point";
        case GateMode::ci:
            return "ci";
        case GateMode::test:
            return "test";
        case GateMode::equiv:
            return "equiv";
    }
    return "unknown";
}

std::string_view name_of(GateScope scope)
{
    return scope == GateScope::all_of ? "all_of" : "any_of";
}

std::string_view name_of(Outcome outcome)
{
    switch (outcome) {
        case Outcome::pass:
            return "pass";
        case Outcome::fail:
            return "fail";
        case Outcome::undecidable:
            return "undecidable";
    }
    return "unknown";
}

GateOp gate_op(std::string_view name)
{
    return chosen(ops, name, "operator");
}

GateMode gate_mode(std::string_view name)
{
    return chosen(modes, name, "mode");
}

GateScope gate_scope(std::string_view name)
{
    return chosen(scopes, name, "scope");
}

bool is_within_resampling_error(GateRule const& rule, GateEvidence const& evidence)
{
    double const threshold = rule.threshold;
    if (rule.mode == GateMode::ci) return is_inside(evidence.mc, threshold);
    if (rule.mode != GateMode::equiv) return false;
    // The inner interval decides a pass, the outer one a failure.
    bool const is_outside = evidence.estimate.low >= threshold || evidence.estimate.high <= -threshold;
    EndpointRange const& range = is_outside ? evidence.mc : evidence.inner_mc;
    return is_inside(range, threshold) || is_inside(range, -threshold);
}

double gate_level(GateRule const& rule, std::size_t candidates)
{
    bool const corrected = rule.scope == GateScope::any_of && rule.mode == GateMode::ci && candidates > 1;
    return corrected ? 1 - (1 - rule.level) / static_cast<double>(candidates) : rule.level;
}

GateResult judge(GateRule const& rule, GateEvidence const& evidence)
{
    check_rule(rule);
    GateResult result;
    result.id = rule.id;
    result.candidate = evidence.candidate;
    result.value = evidence.estimate.value;
    result.low = evidence.estimate.low;
    result.high = evidence.estimate.high;
    if (rule.mode == GateMode::test && std::isnan(result.value)) result.value = evidence.effect;
    result.point = point_outcome(rule, result.value);
    if (evidence.ece_null >= rule.threshold / 2 && !wants_more(rule.op)) add_note(result.note, "ece_uninformative");

    if (std::string const unmet = need_unmet(rule, evidence); !unmet.empty()) {
        undecided(result, unmet, settle_need(rule, evidence));
    }
    else if (evidence.spread_over_seeds && !evidence.seed_effective) {
        undecided(result, "seed_not_effective", "randomness that depends on the seed");
    }
    else if (rule.mode == GateMode::point) {
        result.outcome = result.point;
        result.reason = std::isnan(result.value) ? "no_value" : "value";
    }
    else if (rule.mode == GateMode::ci) {
        judge_interval(rule, evidence, result);
    }
    else if (rule.mode == GateMode::test) {
        judge_test(rule, evidence, result);
    }
    else {
        judge_equivalence(rule, evidence, result);
    }
    return result;
}

GateVerdict judge_all(GateRule const& rule, std::span<GateEvidence const> candidates, std::size_t family_size)
{
    GateVerdict verdict;
    verdict.reason = "no_candidates";
    std::vector<GateEvidence> family(candidates.begin(), candidates.end());
    if (rule.mode == GateMode::test && rule.scope == GateScope::any_of) {
        std::vector<double> p;
        std::vector<double> p_min;
        for (GateEvidence const& evidence : family) {
            p.push_back(evidence.test.p);
            p_min.push_back(evidence.test.p_min);
        }
        std::vector<double> const adjusted = adjust(p, Adjustment::holm);
        std::vector<double> const least = adjusted_minimum(p, p_min, Adjustment::holm);
        for (std::size_t i = 0; i < family.size(); ++i) {
            if (!std::isnan(family[i].p_adjusted)) continue;
            family[i].p_adjusted = adjusted[i];
            family[i].p_min_adjusted = least[i];
        }
    }
    GateRule each = rule;
    each.level = gate_level(rule, std::max(family_size, family.size()));
    std::vector<Outcome> outcomes;
    std::vector<Outcome> points;
    for (GateEvidence const& evidence : family) {
        verdict.candidates.push_back(judge(each, evidence));
        outcomes.push_back(verdict.candidates.back().outcome);
        points.push_back(verdict.candidates.back().point);
    }
    verdict.outcome = combine(outcomes, rule.scope);
    verdict.point = combine(points, rule.scope);
    for (GateResult const& result : verdict.candidates) {
        if (result.outcome != verdict.outcome) continue;
        verdict.reason = result.reason;
        break;
    }
    return verdict;
}

Outcome combine(std::span<Outcome const> outcomes, GateScope scope)
{
    if (outcomes.empty()) return Outcome::undecidable;
    auto const any = [&](Outcome wanted) {
        return std::find(outcomes.begin(), outcomes.end(), wanted) != outcomes.end();
    };
    Outcome const decisive = scope == GateScope::all_of ? Outcome::fail : Outcome::pass;
    if (any(decisive)) return decisive;
    if (any(Outcome::undecidable)) return Outcome::undecidable;
    return decisive == Outcome::fail ? Outcome::pass : Outcome::fail;
}

Estimate seed_sd_interval(std::span<double const> values, double level, int ddof)
{
    ABLATRIX_EXPECT(ddof == 0 || ddof == 1);
    Estimate estimate;
    estimate.level = level;
    estimate.method = ddof == 1 ? "seed_sd.chi_square" : "seed_sd.chi_square.ddof0";
    double const s = sample_sd(values);
    if (std::isnan(s)) {
        estimate.note = "one_seed";
        return estimate;
    }
    double const df = static_cast<double>(values.size()) - 1;
    estimate.value = ddof == 1 ? s : s * std::sqrt(df / (df + 1));
    if (detail::all_equal(values)) {
        estimate.status = Status::degenerate;
        estimate.note = "no_spread";
        return estimate;
    }
    estimate.low = s * std::sqrt(df / detail::chi_square_quantile((1 + level) / 2, df));
    estimate.high = s * std::sqrt(df / detail::chi_square_quantile((1 - level) / 2, df));
    estimate.status = Status::ok;
    return estimate;
}

double largest_passing_sd(double threshold, std::int64_t n_seeds, double level)
{
    if (n_seeds < 2) return undefined_value;
    double const df = static_cast<double>(n_seeds - 1);
    return threshold * std::sqrt(detail::chi_square_quantile((1 - level) / 2, df) / df);
}

std::int64_t seeds_for_sd(double sd, double threshold, double level)
{
    if (!(sd < threshold)) return 0;
    for (std::int64_t seeds = 2; seeds <= most_seeds_proposed; ++seeds) {
        if (sd < largest_passing_sd(threshold, seeds, level)) return seeds;
    }
    return 0;
}

}  // namespace ablatrix::stats
