#include <ablatrix/report/gates.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/config/reader.hpp>
#include <ablatrix/stats/multiplicity.hpp>

#include "detail/contrast.hpp"
#include "detail/format.hpp"
#include "detail/gate_candidates.hpp"
#include "detail/gate_evidence.hpp"
#include "detail/grid_view.hpp"
#include "detail/record_parts.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

using stats::GateMode;
using stats::GateScope;
using stats::Outcome;

constexpr double default_level = 0.95;

/// A gate on its way to a verdict; all vectors have one entry a candidate.
struct Case
{
    plan::Gate const* gate = nullptr;
    GateSource source;
    std::vector<GateCandidate> candidates;
    std::vector<GateFacts> facts;
    std::size_t family = 0;  ///< candidates that share the correction
    stats::GateVerdict verdict;

    stats::GateRule const& rule() const { return gate->rule; }
};

/// Is this rule corrected for its candidates, or for those of its family? A conjunction alone is not (Berger 1982).
bool is_corrected(stats::GateRule const& rule)
{
    bool const is_any = rule.scope == GateScope::any_of;
    return (rule.mode == GateMode::ci && is_any) || (rule.mode == GateMode::test && (is_any || !rule.family.empty()));
}

void find_families(std::vector<Case>& cases)
{
    std::map<std::string, std::size_t> sizes;
    for (auto const& one : cases) {
        if (is_corrected(one.rule()) && !one.rule().family.empty()) sizes[one.rule().family] += one.candidates.size();
    }
    for (auto& one : cases) {
        auto const found = sizes.find(one.rule().family);
        bool const is_member = is_corrected(one.rule()) && found != sizes.end();
        one.family = is_member ? found->second : one.candidates.size();
    }
}

/// Holm over the tests of a named family; members that are judged by intervals count as tests without a p-value.
void adjust_family(std::vector<Case>& cases, std::string const& family)
{
    std::vector<double> p, p_min;
    std::vector<stats::GateEvidence*> members;
    for (auto& one : cases) {
        if (one.rule().family != family || !is_corrected(one.rule())) continue;
        for (auto& facts : one.facts) {
            bool const is_test = one.rule().mode == GateMode::test;
            members.push_back(&facts.evidence);
            p.push_back(is_test ? facts.evidence.test.p : stats::undefined_value);
            p_min.push_back(is_test ? facts.evidence.test.p_min : stats::undefined_value);
        }
    }
    auto const adjusted = stats::adjust(p, stats::Adjustment::holm);
    auto const least = stats::adjusted_minimum(p, p_min, stats::Adjustment::holm);
    for (std::size_t i = 0; i < members.size(); ++i) {
        members[i]->p_adjusted = adjusted[i];
        members[i]->p_min_adjusted = least[i];
    }
}

void adjust_families(std::vector<Case>& cases)
{
    std::vector<std::string> done = {""};
    for (auto const& one : cases) {
        if (std::find(done.begin(), done.end(), one.rule().family) != done.end()) continue;
        done.push_back(one.rule().family);
        adjust_family(cases, one.rule().family);
    }
}

std::string symbol(stats::GateOp op)
{
    switch (op) {
        case stats::GateOp::less_equal:
            return "≤";
        case stats::GateOp::greater_equal:
            return "≥";
        default:
            return std::string{name_of(op)};
    }
}

/// "seed_sd(auroc) < 0.03", "|difference(auroc)| < 0.01 (equivalence)".
std::string rule_text(stats::GateRule const& rule)
{
    std::string const number = base::shortest(rule.threshold);
    switch (rule.mode) {
        case GateMode::equiv:
            return rule.quantity + " within ±" + number;
        case GateMode::test:
            return rule.quantity + " " + symbol(rule.op) + " 0 (test)";
        case GateMode::point:
            return rule.quantity + " " + symbol(rule.op) + " " + number + " (bare value)";
        case GateMode::ci:
            break;
    }
    return rule.quantity + " " + symbol(rule.op) + " " + number;
}

/// Three digits after the point, more for small numbers.
std::string number_text(double value)
{
    if (std::isnan(value)) return "-";
    bool const is_small = value != 0 && std::abs(value) < 0.1;
    return fixed(value, is_small ? 4 : 3);
}

std::string value_text(stats::GateResult const& result)
{
    if (std::isnan(result.low) || std::isnan(result.high)) return number_text(result.value);
    return number_text(result.value) + " [" + number_text(result.low) + ", " + number_text(result.high) + "]";
}

std::string seeds_text(GateFacts const& facts)
{
    return plural(static_cast<std::size_t>(std::max<std::int64_t>(facts.evidence.n_seeds, 0)), "seed");
}

/// Why an outcome is what it is, in words.
std::string reason_text(stats::GateRule const& rule, stats::GateResult const& result, GateCandidate const& candidate,
                        GateFacts const& facts)
{
    if (!candidate.missing.empty()) return candidate.missing;
    std::string const reason = result.reason;
    if (reason == "interval_satisfies") return "the whole interval satisfies it";
    if (reason == "interval_violates") return "the whole interval violates it";
    if (reason == "interval_straddles") return "the interval reaches across the threshold";
    if (reason == "resampling_error") return "the threshold lies within the resampling error of the interval's end";
    if (reason == "needs_seeds") return "needs " + std::to_string(rule.min_seeds) + " seeds, has " + seeds_text(facts);
    if (reason == "needs_groups") return "needs " + std::to_string(rule.min_groups) + " groups";
    if (reason == "seed_not_effective") return "predictions are the same for every seed";
    if (reason == "no_value") return "there is no value";
    if (reason == "no_interval") return "there is no interval";
    if (reason == "undefined") return "no interval from " + seeds_text(facts);
    if (reason == "degenerate") return "no spread over " + seeds_text(facts) + ", so no interval";
    if (reason == "not_reliable") return "its interval is not reliable";
    if (reason == "value") return "by the bare value";
    if (reason == "significant") return p_phrase(result.p);
    if (reason == "significant_opposite") return p_phrase(result.p) + " in the other direction";
    if (reason == "not_shown") return "not shown, " + p_phrase(result.p);
    if (reason == "cannot_reach") return "could not become significant, " + p_phrase(result.p);
    if (reason == "no_p") return "there is no p-value";
    if (reason == "no_effect_sign") return "the difference has no direction";
    if (reason == "equivalent") return "the interval lies inside the margin";
    return reason;
}

/// What would decide it, for reasons that the judge knows no number for.
std::string settle_text(stats::GateResult const& result, GateCandidate const& candidate, GateFacts const& facts)
{
    if (result.outcome != Outcome::undecidable || !result.settle.empty() || !candidate.missing.empty())
        return result.settle;
    if (facts.evidence.n_seeds < 2 && facts.scope == "seeds") return "a second seed at least";
    return {};
}

class GateJudge
{
  public:
    GateJudge(GridView const& grid, std::vector<plan::Gate> const& gates, GateOptions const& options)
        : grid_(grid), options_(options)
    {
        for (auto const& gate : gates) {
            Case one;
            one.gate = &gate;
            one.source = source_of(grid, gate);
            one.candidates = candidates_of(grid, gate, one.source);
            cases_.push_back(std::move(one));
        }
        find_families(cases_);
    }

    GateReport judge()
    {
        for (auto& one : cases_) {
            double const level = stats::gate_level(one.rule(), one.family);
            one.facts = facts_of(grid_, *one.gate, one.source, one.candidates, level, options_.threads);
        }
        adjust_families(cases_);
        GateReport out;
        std::vector<Outcome> outcomes;
        for (auto& one : cases_) {
            std::vector<stats::GateEvidence> evidence;
            for (auto const& facts : one.facts)
                evidence.push_back(facts.evidence);
            one.verdict = stats::judge_all(one.rule(), evidence, one.family);
            for (std::size_t i = 0; i < one.candidates.size(); ++i) {
                auto& result = one.verdict.candidates[i];
                result.settle = settle_text(result, one.candidates[i], one.facts[i]);
            }
            outcomes.push_back(one.verdict.outcome);
            out.gates.push_back({one.rule(), one.verdict});
        }
        out.outcome = stats::combine(outcomes, GateScope::all_of);
        out.report.origin = origin_of(grid_);
        describe(out.report.document, outcomes);
        for (auto const& one : cases_)
            add_records(one, out.report.records);
        return out;
    }

  private:
    void describe(Document& document, std::vector<Outcome> const& outcomes)
    {
        document.heading("Gates");
        document.paragraph(headline(outcomes));
        for (auto const& one : cases_)
            document.bullet(sentence(one));
        add_table(document);
        document.paragraph(notes());
    }

    /// Candidates of gates that have several; of the others the sentence says all.
    void add_table(Document& document) const
    {
        Table table;
        table.title = "What gates with several candidates looked at";
        table.columns = {{"gate", Align::left},
                         {"of", Align::left},
                         {"value", Align::right},
                         {"bare value", Align::left},
                         {"outcome", Align::left}};
        table.fixed_columns = 2;
        for (auto const& one : cases_) {
            for (std::size_t i = 0; one.candidates.size() > 1 && i < one.candidates.size(); ++i) {
                auto const& result = one.verdict.candidates[i];
                std::string outcome{name_of(result.outcome)};
                // Where there is no interval, the value beside it does not say why.
                if (result.outcome == Outcome::undecidable && result.reason != "interval_straddles")
                    outcome += ": " + reason_text(one.rule(), result, one.candidates[i], one.facts[i]);
                table.rows.push_back({one.rule().id, one.candidates[i].label, value_text(result), point_text(result),
                                      outcome + left_out_text(one.facts[i])});
            }
        }
        if (!table.rows.empty()) document.table(std::move(table));
    }

    static std::string point_text(stats::GateResult const& result)
    {
        return std::isnan(result.value) ? "-" : std::string{name_of(result.point)};
    }

    static std::string left_out_text(GateFacts const& facts)
    {
        if (facts.n_excluded == 0) return {};
        return " (" + plural(facts.n_excluded, "seed") + " left out: failed, missing or undefined)";
    }

    std::string headline(std::vector<Outcome> const& outcomes) const
    {
        std::vector<std::string> failed, open;
        for (std::size_t i = 0; i < cases_.size(); ++i) {
            if (outcomes[i] == Outcome::fail) failed.push_back(cases_[i].rule().id);
            if (outcomes[i] == Outcome::undecidable) open.push_back(cases_[i].rule().id);
        }
        if (cases_.empty()) return "There are no gates.";
        std::string const all = plural(cases_.size(), "gate");
        if (failed.empty() && open.empty()) return (cases_.size() == 1 ? "The gate holds." : "All " + all + " hold.");
        std::string text;
        if (!failed.empty())
            text = std::to_string(failed.size()) + " of " + all + (failed.size() == 1 ? " fails: " : " fail: ") +
                   enumeration(failed) + ".";
        if (!open.empty())
            text += (text.empty() ? "" : " ") + std::to_string(open.size()) + " of " + all +
                    " cannot be decided, which is not a pass: " + enumeration(open) + ".";
        return text;
    }

    /// One gate with the candidate that decided it.
    static std::string sentence(Case const& one)
    {
        auto const& verdict = one.verdict;
        auto const i = decisive(one);
        auto const& result = verdict.candidates[i];
        std::string text = one.rule().id + ": " + std::string{name_of(verdict.outcome)} + ". " + rule_text(one.rule());
        std::size_t const n = one.candidates.size();
        if (n > 1) {
            std::size_t const same = static_cast<std::size_t>(
                std::count_if(verdict.candidates.begin(), verdict.candidates.end(),
                              [&](stats::GateResult const& other) { return other.outcome == verdict.outcome; }));
            text += one.rule().scope == GateScope::all_of ? ", wanted of all " : ", wanted of one of ";
            text += std::to_string(n) + "; " + std::to_string(same) + " " + outcome_verb(verdict.outcome, same);
        }
        if (!one.candidates[i].label.empty()) text += "; " + one.candidates[i].label;
        text += ": ";
        if (!std::isnan(result.value)) text += value_text(result) + ", ";
        text += reason_text(one.rule(), result, one.candidates[i], one.facts[i]) + left_out_text(one.facts[i]) + ".";
        if (verdict.point != verdict.outcome && one.rule().mode != GateMode::point)
            text += " By the bare values alone: " + std::string{name_of(verdict.point)} + ".";
        if (!result.settle.empty()) text += " It would take " + result.settle + ".";
        if (result.note.find("ece_uninformative") != std::string::npos)
            text += " A perfectly calibrated model of this many items would already have half the threshold.";
        return text;
    }

    static std::string outcome_verb(Outcome outcome, std::size_t count)
    {
        if (outcome == Outcome::undecidable) return "undecidable";
        return std::string{name_of(outcome)} + (count == 1 ? outcome == Outcome::pass ? "es" : "s" : "");
    }

    /// The candidate that decided; of several the one nearest to another outcome.
    static std::size_t decisive(Case const& one)
    {
        auto const& results = one.verdict.candidates;
        std::size_t best = results.size();
        double least = INFINITY;
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].outcome != one.verdict.outcome) continue;
            double const end = nearest_end(one.rule(), results[i]);
            double const distance = std::isnan(end) ? INFINITY : std::abs(end - one.rule().threshold);
            if (best == results.size() || distance < least) {
                best = i;
                least = distance;
            }
        }
        ABLATRIX_EXPECT(best < results.size());
        return best;
    }

    static double nearest_end(stats::GateRule const& rule, stats::GateResult const& result)
    {
        if (std::isnan(result.low) || std::isnan(result.high)) return result.value;
        return std::abs(result.low - rule.threshold) < std::abs(result.high - rule.threshold) ? result.low
                                                                                              : result.high;
    }

    std::string notes() const
    {
        std::string text =
            "Undecidable: the data cannot tell, or something is missing; it never counts as a pass. The bare value's "
            "outcome is what a rule without intervals would say.";
        std::int64_t most = 0;
        std::size_t family = 0;
        for (auto const& one : cases_) {
            for (auto const& facts : one.facts)
                most =
                    std::max(most, facts.resampling.resamples + std::max<std::int64_t>(facts.resampling.undefined, 0));
            if (is_corrected(one.rule()) && one.family > 1) family = std::max(family, one.family);
        }
        if (most > static_cast<std::int64_t>(grid_.resamples()))
            text += " Intervals that ended near a threshold were computed with " + std::to_string(most) + " resamples.";
        if (family > 1)
            text += " Corrected for up to " + std::to_string(family) +
                    " candidates: p-values by Holm, 'any_of' intervals by their level.";
        return text;
    }

    void add_records(Case const& one, std::vector<Record>& records) const
    {
        Record verdict = record_of(one, decisive(one));
        verdict.gate.outcome = name_of(one.verdict.outcome);
        verdict.gate.outcome_point = name_of(one.verdict.point);
        verdict.kind = "gate";
        // Where several are judged, the numbers are those of the one that decided, and its place says which.
        verdict.details = {{"scope_of_gate", std::string{name_of(one.rule().scope)}},
                           {"candidates", std::to_string(one.candidates.size())},
                           {"reason", one.verdict.reason}};
        records.push_back(std::move(verdict));
        for (std::size_t i = 0; one.candidates.size() > 1 && i < one.candidates.size(); ++i) {
            Record record = record_of(one, i);
            record.details = {{"reason", one.verdict.candidates[i].reason}};
            records.push_back(std::move(record));
        }
    }

    Record record_of(Case const& one, std::size_t i) const
    {
        auto const& candidate = one.candidates[i];
        auto const& result = one.verdict.candidates[i];
        auto const& facts = one.facts[i];
        auto const& rule = one.rule();
        Record record;
        record.kind = "gate_candidate";
        record.metric = rule.quantity;
        record.params = {{"gate", rule.id}};
        if (candidate.missing.empty()) {
            add_place(one, candidate, record);
        }
        else {
            record.params.emplace_back("missing", candidate.missing);
        }
        record.scope = facts.scope;
        record.design = facts.design;
        record.estimate = facts.evidence.estimate;
        if (!candidate.missing.empty()) record.estimate.status = stats::Status::not_run;
        if (!result.note.empty()) stats::add_note(record.estimate.note, result.note);
        if (rule.mode == GateMode::test) {
            record.test = facts.evidence.test;
            record.p_adjusted = result.p;
            record.p_min_adjusted = facts.evidence.p_min_adjusted;
            record.cannot_reach = result.reason == "cannot_reach";
        }
        if (is_corrected(rule) && one.family > 1) {
            record.adjust = "holm";
            record.family = rule.family.empty() ? "gate " + rule.id : rule.family;
            record.family_size = static_cast<std::int64_t>(one.family);
        }
        record.resampling = facts.resampling;
        record.seed_set = facts.seed_set;
        set_spread(record, facts.sd);
        record.n_items = facts.n_items;
        record.n_seeds = facts.evidence.n_seeds;
        record.n_excluded = static_cast<std::int64_t>(facts.n_excluded);
        if (facts.evidence.spread_over_seeds) {
            record.sd = facts.evidence.estimate.value;
            record.ddof = rule.ddof;
        }
        record.gate = {rule.id,
                       std::string{name_of(rule.op)},
                       rule.threshold,
                       std::string{name_of(rule.mode)},
                       std::string{name_of(result.outcome)},
                       std::string{name_of(result.point)},
                       result.settle};
        return record;
    }

    void add_place(Case const& one, GateCandidate const& candidate, Record& record) const
    {
        record.condition = condition_pairs(grid_, candidate.condition);
        record.arm = grid_.arms()[candidate.arm];
        bool const is_difference = one.gate->quantity.statistic == plan::GateStatistic::difference;
        if (is_difference) record.arm_b = grid_.arms()[candidate.arm_b];
        if (one.source.is_scalar) return;
        auto const& items = grid_.layout().item_sets[one.source.set];
        record.item_set = items.name;
        record.method = items.methods[candidate.method];
        if (is_difference) record.method_b = items.methods[candidate.method_b];
    }

    GridView const& grid_;
    GateOptions const& options_;
    std::vector<Case> cases_;
};

std::string seed_axis_of(store::ResultFile const& result)
{
    auto const& facts = result.provenance().facts;
    auto const found = facts.find("seed_axis");
    return found == facts.end() || found->second.empty() ? "seed" : found->second;
}

double stored_level(config::Node const& experiment)
{
    auto const* const level = experiment.find("statistics.level");
    return level == nullptr ? default_level
                            : config::Reader(*experiment.find("statistics")).get("level", default_level);
}

config::Node stored_experiment(store::ResultFile const& result)
{
    return config::parse_yaml(result.provenance().experiment_yaml, "result file");
}

}  // namespace

std::vector<plan::Gate> stored_gates(store::ResultFile const& result)
{
    auto const experiment = stored_experiment(result);
    auto const* const section = experiment.find("gates");
    return section == nullptr ? std::vector<plan::Gate>{} : plan::read_gates(*section, stored_level(experiment));
}

std::vector<plan::Gate> gates_for(store::ResultFile const& result, config::Node const& file)
{
    auto gates = plan::read_gate_file(file, stored_level(stored_experiment(result)));
    plan::check_gates(gates, result.layout(), seed_axis_of(result), plan::GridCoverage::part);
    return gates;
}

GateReport gates(store::ResultFile const& result, std::vector<plan::Gate> const& gates, GateOptions const& options)
{
    plan::check_gates(gates, result.layout(), seed_axis_of(result), plan::GridCoverage::part);
    GridView grid(result, {});
    grid.share_with(options.share);
    return GateJudge(grid, gates, options).judge();
}

}  // namespace ablatrix::report
