#include <ablatrix/report/summary.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/multiplicity.hpp>
#include <ablatrix/stats/paired.hpp>

#include "detail/cell.hpp"
#include "detail/cell_means.hpp"
#include "detail/contrast.hpp"
#include "detail/contrast_records.hpp"
#include "detail/format.hpp"
#include "detail/grid_view.hpp"
#include "detail/metric_info.hpp"
#include "detail/record_parts.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

constexpr double chance_auroc = 0.5;
constexpr double noted_overlap = 0.2;  ///< statistics.md 0.5: above it, p-values of a nested design are optimistic

/// Everything about one item set.
class SetSummary
{
  public:
    SetSummary(GridView const& grid, std::size_t set, SummaryOptions const& options, Report& report)
        : grid_(grid),
          set_(set),
          options_(options),
          report_(report),
          metrics_(shown_metrics(grid, set, options.metrics, 2))
    {
        auto const& methods = items().methods;
        for (std::size_t m = 0; m < methods.size(); ++m) {
            if (grid.has_method(grid.baseline(), set, m)) methods_.push_back(m);
        }
    }

    bool is_empty() const { return metrics_.empty() || methods_.empty(); }

    void compute_means()
    {
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
            means_.push_back(cell_means(grid_, c, grid_.baseline(), set_, methods_, metrics_, options_.threads));
            add_mean_records(c, grid_.baseline(), methods_, means_.back());
        }
    }

    void add_findings()
    {
        std::vector<Finding> findings;
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c)
            findings.push_back(find(c));
        std::string const all = headline(findings);
        if (!all.empty()) report_.document.paragraph(all);
        for (std::size_t c = 0; c < findings.size(); ++c)
            report_.document.bullet(finding_text(c, findings[c]));
    }

    void add_overview_table()
    {
        Table table;
        table.title = items().name + ": " + metric_title(primary()) + where_text() + ", mean over seeds";
        table.columns = {{"method", Align::left}};
        for (auto const& condition : grid_.conditions())
            table.columns.push_back({condition.heading, Align::right});
        for (auto const m : order_of_methods()) {
            if (is_variant(items().methods[methods_[m]])) continue;
            std::vector<std::string> row = {items().methods[methods_[m]]};
            for (auto const& means : means_)
                row.push_back(compact(means[m][0].estimate, false));
            table.rows.push_back(std::move(row));
        }
        report_.document.table(std::move(table));
        add_interval_notes(true);
    }

    void add_condition_tables()
    {
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
            Table table;
            table.title = items().name + ", " + grid_.conditions()[c].label +
                          (grid_.has_arms() ? ", arm " + grid_.arms()[grid_.baseline()] : "");
            table.columns = {{"method", Align::left}};
            for (auto const metric : metrics_)
                table.columns.push_back({metric_title(items().metrics[metric]), Align::right});
            auto order = order_in(c);
            for (auto const m : order) {
                std::vector<std::string> row = {items().methods[methods_[m]]};
                for (auto const& mean : means_[c][m])
                    row.push_back(with_interval(mean.estimate));
                table.rows.push_back(std::move(row));
            }
            report_.document.table(std::move(table));
        }
        add_interval_notes(false);
    }

    void add_ablations()
    {
        if (!grid_.has_arms()) return;
        compute_ablations();
        if (ablations_.empty()) return;
        add_ablation_finding();
        // At the end of a run, the tests on predictions stand for both tables.
        bool const is_prediction = items().kind == store::ColumnKind::prediction;
        if (!options_.is_short || !is_prediction || has_separated_arm()) add_ablation_tables();
        if (!options_.is_short || is_prediction) add_mcnemar_tables();
    }

  private:
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }
    std::string const& primary() const { return items().metrics[metrics_[0]]; }
    std::string where_text() const { return grid_.conditions().size() > 1 ? " by " + enumeration(grid_.by()) : ""; }
    bool may_lead(std::size_t m) const
    {
        return !is_reference(items().methods[methods_[m]]) && !is_variant(items().methods[methods_[m]]);
    }

    /// Grows as the method gets better; without a value it is the worst.
    double merit_of(std::size_t condition, std::size_t m) const
    {
        double const value = means_[condition][m][0].estimate.value;
        return std::isnan(value) ? -1e300 : merit(primary(), value);
    }
    std::string best_word() const { return metric_info(primary()).goal == Goal::lower ? "lowest" : "highest"; }

    /// Best first in one condition; changed test sets last.
    std::vector<std::size_t> order_in(std::size_t condition) const
    {
        return sorted_methods([&](std::size_t m) { return merit_of(condition, m); });
    }

    std::vector<std::size_t> order_of_methods() const
    {
        return sorted_methods([&](std::size_t m) {
            double sum = 0;
            for (std::size_t c = 0; c < means_.size(); ++c)
                sum += merit_of(c, m);
            return sum;
        });
    }

    template <typename Value>
    std::vector<std::size_t> sorted_methods(Value const& value) const
    {
        std::vector<std::size_t> order(methods_.size());
        for (std::size_t m = 0; m < order.size(); ++m)
            order[m] = m;
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            bool const variant_a = is_variant(items().methods[methods_[a]]);
            bool const variant_b = is_variant(items().methods[methods_[b]]);
            if (variant_a != variant_b) return variant_b;
            return value(a) > value(b);
        });
        return order;
    }

    void add_mean_records(std::size_t condition, std::size_t arm, std::vector<std::size_t> const& methods,
                          std::vector<std::vector<Mean>> const& means)
    {
        for (std::size_t m = 0; m < methods.size(); ++m) {
            for (std::size_t k = 0; k < metrics_.size(); ++k) {
                auto const& mean = means[m][k];
                Record record = record_about(grid_, set_, condition, arm, methods[m]);
                record.kind = "metric";
                record.metric = items().metrics[metrics_[k]];
                record.design = mean.design;
                record.scope = mean.scope;
                record.estimate = mean.estimate;
                set_spread(record, mean.sd);
                record.resampling = mean.resampling;
                record.seed_set = mean.seed_set;
                record.n_seeds = static_cast<std::int64_t>(mean.n_seeds);
                record.n_excluded = static_cast<std::int64_t>(mean.n_excluded);
                record.n_items = mean.n_items;
                record.n_positive = mean.n_positive;
                report_.records.push_back(std::move(record));
            }
        }
    }

    void add_interval_notes(bool primary_only)
    {
        std::vector<Mean> shown;
        for (auto const& of_condition : means_) {
            for (auto const& of_method : of_condition) {
                for (std::size_t k = 0; k < (primary_only ? 1 : of_method.size()); ++k)
                    shown.push_back(of_method[k]);
            }
        }
        auto notes = interval_notes(grid_, shown);
        double const overlap = seed_overlap(grid_, 0, grid_.baseline(), set_);
        bool const is_nested = grid_.seeds().size() > 1 && !is_crossed(grid_, 0, grid_.baseline(), set_);
        if (is_nested && overlap > noted_overlap) {
            notes.push_back("Two seeds share " + fixed(100 * overlap, 0) +
                            " % of their items on average: intervals and p-values over seeds are optimistic.");
        }
        report_.document.paragraph(base::join(notes, " "));
    }

    ContrastResult compare_methods(std::size_t condition, std::size_t a, std::size_t b) const
    {
        ContrastOptions options;
        options.metric = primary();
        options.wants_items = items().kind == store::ColumnKind::prediction;
        options.resamples = grid_.resamples();
        options.threads = options_.threads;
        return contrast(grid_, {condition, set_, grid_.baseline(), methods_[a], grid_.baseline(), methods_[b]},
                        options);
    }

    /// Methods that are the same numbers under other names.
    bool are_equal(std::size_t condition, std::size_t a, std::size_t b) const
    {
        auto const left = grid_.seed_values(condition, grid_.baseline(), set_, methods_[a], metrics_[0]);
        auto const right = grid_.seed_values(condition, grid_.baseline(), set_, methods_[b], metrics_[0]);
        for (std::size_t seed = 0; seed < left.size(); ++seed) {
            if (std::isnan(left[seed]) != std::isnan(right[seed])) return false;
            if (!std::isnan(left[seed]) && std::abs(left[seed] - right[seed]) > 1e-12) return false;
        }
        return true;
    }

    /// What there is to say about one condition.
    struct Finding
    {
        std::vector<std::size_t> candidates;       ///< methods that may lead, best first
        std::vector<std::string> same;             ///< the leader and methods with the very same values
        std::vector<std::size_t> others;           ///< the rest, best first
        std::vector<ContrastResult> against_rest;  ///< leader against each of the others, one family
        std::optional<ContrastResult> against_none;
        bool is_separated() const { return !against_rest.empty() && against_rest.front().p_adjusted < alpha; }
    };

    Finding find(std::size_t condition)
    {
        Finding finding;
        for (auto const m : order_in(condition)) {
            if (may_lead(m) && means_[condition][m][0].n_seeds > 0) finding.candidates.push_back(m);
        }
        if (finding.candidates.empty()) return finding;
        std::size_t const leader = finding.candidates.front();
        for (auto const m : finding.candidates) {
            if (m == leader || are_equal(condition, leader, m))
                finding.same.push_back(items().methods[methods_[m]]);
            else
                finding.others.push_back(m);
        }
        // The leader was chosen on these very rows, so it is tested against every other method, not only the runner-up.
        std::string const place = items().name + ", " + grid_.conditions()[condition].label;
        for (auto const other : finding.others)
            finding.against_rest.push_back(compare_methods(condition, leader, other));
        adjust_family(finding.against_rest);
        for (auto const& result : finding.against_rest)
            add_records(report_.records, grid_, result, "leader, " + place);

        for (std::size_t m = 0; m < methods_.size(); ++m) {
            if (items().methods[methods_[m]] != "none") continue;
            std::vector<ContrastResult> results;
            for (auto const candidate : finding.candidates)
                results.push_back(compare_methods(condition, candidate, m));
            adjust_family(results);
            for (auto const& result : results)
                add_records(report_.records, grid_, result, "against none, " + place);
            finding.against_none = results.front();
        }
        return finding;
    }

    std::string chosen_name(Finding const& finding) const
    {
        return items().methods[methods_[finding.candidates.front()]];
    }

    std::string finding_text(std::size_t condition, Finding const& finding) const
    {
        std::string const place = grid_.conditions().size() > 1 ? grid_.conditions()[condition].short_label + ": " : "";
        if (finding.candidates.empty()) return place + no_value_text(condition);
        auto const& mean = means_[condition][finding.candidates.front()][0];
        std::string const value = metric_title(primary()) + " " + with_interval(mean.estimate);
        std::string text = place + chosen_name(finding);
        if (finding.same.size() > 1) {
            std::vector<std::string> const equals(finding.same.begin() + 1, finding.same.end());
            text += " (like " + enumeration(equals) + ", the same values)";
        }
        text += finding.against_none ? none_text(finding, value) : rank_text(finding, value);
        return text + below_chance_text(condition, finding.candidates);
    }

    std::string no_value_text(std::size_t condition) const
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            for (auto const run : grid_.runs(condition, grid_.baseline(), seed)) {
                if (grid_.is_done(run))
                    return metric_title(primary()) + " is undefined here (no noisy or no clean items).";
            }
        }
        return "no finished run, nothing to say.";
    }

    std::string rank_text(Finding const& finding, std::string const& value) const
    {
        if (finding.others.empty()) return " has " + value + "; there is no other method to compare with.";
        auto const& runner_up = finding.against_rest.front();
        std::string const second = items().methods[methods_[finding.others.front()]];
        std::string const difference =
            signed_with_interval(runner_up.difference) + ", " + p_phrase(runner_up.p_adjusted, "Holm p");
        if (finding.is_separated())
            return " leads with " + value + ", separated from the runner-up " + second + " (" + difference + ").";
        std::size_t tied = 0;
        for (auto const& result : finding.against_rest)
            tied += result.p_adjusted < alpha ? 0 : 1;
        std::string text =
            " is " + best_word() + " with " + value + ", but cannot be told from " + second + " (" + difference + ")";
        if (tied > 1)
            text +=
                " nor from " + std::to_string(tied - 1) + " of the other " + std::to_string(finding.others.size() - 1);
        return text + ".";
    }

    std::string none_text(Finding const& finding, std::string const& value) const
    {
        auto const& result = *finding.against_none;
        return " is best with " + value + "; against none (" + fixed(result.mean_b) + ") " +
               signed_with_interval(result.difference) + ", " + p_phrase(result.p_adjusted, "Holm p") +
               (result.p_adjusted < alpha ? ": separated." : ": cannot tell.");
    }

    std::string below_chance_text(std::size_t condition, std::vector<std::size_t> const& candidates) const
    {
        if (primary() != "auroc") return {};
        std::vector<std::string> names;
        for (auto m = candidates.rbegin(); m != candidates.rend(); ++m) {
            auto const& mean = means_[condition][*m][0];
            if (mean.estimate.high < chance_auroc)
                names.push_back(items().methods[methods_[*m]] + " " + fixed(mean.estimate.value));
        }
        if (names.empty()) return {};
        std::size_t const count = names.size();
        if (names.size() > 3) names.resize(3);
        return " Worse than chance: " + (count > 3 ? plural(count, "method") + ", lowest " : std::string{}) +
               enumeration(names) + ".";
    }

    /// Over all conditions: who is best how often, and which method depends most on the condition.
    std::string headline(std::vector<Finding> const& findings) const
    {
        std::vector<std::pair<std::string, std::size_t>> counts;
        std::size_t separated = 0, compared = 0, n_seeds = 0;
        bool has_none = false;
        for (auto const& finding : findings) {
            if (finding.candidates.empty()) continue;
            ++compared;
            has_none = has_none || finding.against_none.has_value();
            separated += finding.against_none ? (finding.against_none->p_adjusted < alpha ? 1 : 0)
                                              : (finding.is_separated() ? 1 : 0);
            if (!finding.against_rest.empty()) n_seeds = std::max(n_seeds, finding.against_rest.front().n_seeds);
            auto const name = chosen_name(finding);
            auto const known =
                std::find_if(counts.begin(), counts.end(), [&](auto const& count) { return count.first == name; });
            if (known == counts.end())
                counts.emplace_back(name, 1);
            else
                ++known->second;
        }
        if (compared < 2) return {};
        std::stable_sort(counts.begin(), counts.end(),
                         [](auto const& a, auto const& b) { return a.second > b.second; });
        std::vector<std::string> parts;
        for (auto const& [name, count] : counts)
            parts.push_back(name + " in " + std::to_string(count));
        std::string text = "Of " + plural(compared, "condition") + ", " + best_word() + " " + metric_title(primary()) +
                           ": " + enumeration(parts) + ". The best is separated from " +
                           (has_none ? "the method 'none'" : "the runner-up") + " in " +
                           (separated == 0 ? "no condition" : std::to_string(separated)) + ".";
        if (n_seeds > 1 && n_seeds < 5) text += " " + plural(n_seeds, "seed") + " can show only large differences.";
        return text + swing_text();
    }

    std::string swing_text() const
    {
        double largest = 0;
        std::string text;
        for (std::size_t m = 0; m < methods_.size(); ++m) {
            if (!may_lead(m)) continue;
            std::optional<std::size_t> low, high;
            for (std::size_t c = 0; c < means_.size(); ++c) {
                if (std::isnan(means_[c][m][0].estimate.value)) continue;
                if (!low || merit_of(c, m) < merit_of(*low, m)) low = c;
                if (!high || merit_of(c, m) > merit_of(*high, m)) high = c;
            }
            if (!low || merit_of(*high, m) - merit_of(*low, m) <= largest) continue;
            largest = merit_of(*high, m) - merit_of(*low, m);
            text = " Most dependent on the condition: " + items().methods[methods_[m]] + ", " +
                   with_interval(means_[*high][m][0].estimate) + " (" + grid_.conditions()[*high].short_label +
                   ") to " + with_interval(means_[*low][m][0].estimate) + " (" + grid_.conditions()[*low].short_label +
                   ").";
        }
        return text;
    }

    void compute_ablations()
    {
        ContrastOptions options;
        options.metric = primary();
        options.wants_items = !options_.is_short || items().kind == store::ColumnKind::prediction;
        options.resamples = grid_.resamples();
        options.threads = options_.threads;
        std::size_t const baseline = grid_.baseline();
        for (std::size_t m = 0; m < items().methods.size(); ++m) {
            if (is_variant(items().methods[m]) || !grid_.depends_on_arm(set_, m)) continue;
            ablated_methods_.push_back(m);
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                if (arm == baseline || !grid_.differs(set_, m, arm, baseline)) continue;
                if (!grid_.has_method(arm, set_, m) || !grid_.has_method(baseline, set_, m)) continue;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    if (grid_.planned_seeds(c, arm) == 0 || grid_.planned_seeds(c, baseline) == 0) continue;
                    ablations_.push_back(contrast(grid_, {c, set_, arm, m, baseline, m}, options));
                }
            }
        }
        adjust_family(ablations_);
        for (auto const& result : ablations_)
            add_records(report_.records, grid_, result, "arms, " + items().name + ", " + primary());
        for (auto const m : ablated_methods_) {
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                if (arm == baseline || !grid_.has_method(arm, set_, m)) continue;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    add_mean_records(c, arm, {m}, cell_means(grid_, c, arm, set_, {m}, metrics_, options_.threads));
                }
            }
        }
    }

    bool has_separated_arm() const
    {
        return std::any_of(ablations_.begin(), ablations_.end(),
                           [](ContrastResult const& result) { return result.p_adjusted < alpha; });
    }

    /// Arms that change no number: what they switch off has no effect, which is worth knowing.
    std::string inert_arms_text() const
    {
        std::vector<std::string> names;
        for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
            std::size_t all = 0, same = 0;
            for (auto const& result : ablations_) {
                if (result.contrast.arm_a != arm || result.n_seeds == 0) continue;
                ++all;
                same += is_same(result) ? 1 : 0;
            }
            if (all > 0 && same == all) names.push_back(grid_.arms()[arm]);
        }
        return names.empty() ? "" : " No effect at all: " + enumeration(names) + ".";
    }

    void add_ablation_finding()
    {
        std::size_t better = 0, worse = 0;
        ContrastResult const* largest = nullptr;
        for (auto const& result : ablations_) {
            if (!(result.p_adjusted < alpha)) continue;
            (merit(primary(), result.difference.value) > 0 ? better : worse) += 1;
            if (largest == nullptr || std::abs(result.difference.value) > std::abs(largest->difference.value))
                largest = &result;
        }
        std::string const baseline = grid_.arms()[grid_.baseline()];
        std::string text = "Arms against " + baseline + " (" + items().name + ", " + metric_title(primary()) + "): ";
        if (largest == nullptr) {
            text += "none of " + plural(ablations_.size(), "comparison") +
                    " is separated after Holm's correction; this grid cannot tell the arms apart.";
        }
        else {
            text +=
                "of " + plural(ablations_.size(), "comparison") + ", " + std::to_string(worse) + " are worse and " +
                std::to_string(better) +
                " better after Holm's correction. Largest: " + grid_.arms()[largest->contrast.arm_a] + ", " +
                items().methods[largest->contrast.method_a] +
                (grid_.conditions().size() > 1 ? ", " + grid_.conditions()[largest->contrast.condition].label : "") +
                ", " + signed_with_interval(largest->difference) + ".";
        }
        text += inert_arms_text();
        report_.document.paragraph(text);
    }

    /// One table a method: arms by conditions, each cell made by \p cell.
    template <typename Cell>
    void add_arm_tables(std::string const& what, Cell const& cell)
    {
        for (auto const m : ablated_methods_) {
            Table table;
            table.title = items().methods[m] + " (" + items().name + "): " + what;
            table.columns = {{"arm", Align::left}};
            for (auto const& condition : grid_.conditions())
                table.columns.push_back({condition.heading, Align::right});
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                std::vector<std::string> row = {grid_.arms()[arm]};
                bool has_any = false;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    std::string text = "-";
                    for (auto const& result : ablations_) {
                        if (result.contrast.condition == c && result.contrast.arm_a == arm &&
                            result.contrast.method_a == m)
                            text = cell(result);
                    }
                    has_any = has_any || text != "-";
                    row.push_back(text);
                }
                if (has_any) table.rows.push_back(std::move(row));
            }
            if (!table.rows.empty()) report_.document.table(std::move(table));
        }
    }

    void add_ablation_tables()
    {
        add_arm_tables(metric_title(primary()) + " minus that of arm " + grid_.arms()[grid_.baseline()],
                       [](ContrastResult const& result) -> std::string {
                           if (is_same(result)) return "same";
                           return compact(result.difference, true) +
                                  separation_mark(result.p_adjusted, result.p_min_adjusted);
                       });
        report_.document.paragraph(base::join(contrast_notes(grid_, ablations_), " "));
    }

    void add_mcnemar_tables()
    {
        bool const is_prediction = items().kind == store::ColumnKind::prediction;
        add_arm_tables(std::string{"McNemar against arm "} + grid_.arms()[grid_.baseline()] +
                           ", items right only in this arm : only in the other, Holm p",
                       [](ContrastResult const& result) -> std::string {
                           if (!result.has_items) return "-";
                           if (is_same(result) && result.flips.note == "no_discordant") return "same";
                           return discordant_text(result.discordants()) + " " + short_p(result.flips_adjusted) +
                                  separation_mark(result.flips_adjusted, result.flips_min_adjusted);
                       });
        std::string text = is_prediction ? "Right: the predicted class is the clean label. "
                                         : "Right: flagged if noisy, not flagged if clean, when the k most suspicious "
                                           "items are flagged and k is the number of noisy ones. ";
        text +=
            "Counts are summed over seeds; p is the exact sign flip over items (one item with all its seeds is one "
            "unit), for these trained models; Holm over " +
            plural(ablations_.size(), "comparison") + ".";
        std::size_t hopeless = 0;
        for (auto const& result : ablations_)
            hopeless += result.flips_min_adjusted >= alpha ? 1 : 0;
        if (hopeless > 0)
            text += " † cannot reach significance: too few items on which the arms differ (" +
                    plural(hopeless, "comparison") + ").";
        report_.document.paragraph(text);
    }

    GridView const& grid_;
    std::size_t set_;
    SummaryOptions const& options_;
    Report& report_;
    std::vector<std::size_t> metrics_;
    std::vector<std::size_t> methods_;
    std::vector<std::vector<std::vector<Mean>>> means_;  ///< [condition][method][metric], baseline arm
    std::vector<std::size_t> ablated_methods_;
    std::vector<ContrastResult> ablations_;
};

/// Numbers of runs that belong to no method: explanation quality, cleaning precision and so on.
void add_scalar_table(GridView const& grid, Report& report)
{
    auto const& names = grid.layout().scalars;
    if (names.empty()) return;
    Table table;
    table.title = "Other measurements, mean over seeds" +
                  std::string{grid.has_arms() ? ", arm " + grid.arms()[grid.baseline()] : ""};
    table.columns = {{"quantity", Align::left}};
    for (auto const& condition : grid.conditions())
        table.columns.push_back({condition.heading, Align::right});
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::vector<std::string> row = {names[i]};
        for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
            std::vector<double> values;
            std::vector<std::string> seeds;
            auto const all = grid.seed_scalars(c, grid.baseline(), i);
            for (std::size_t seed = 0; seed < all.size(); ++seed) {
                if (!std::isfinite(all[seed])) continue;
                values.push_back(all[seed]);
                seeds.push_back(grid.seeds()[seed]);
            }
            auto const estimate = stats::seed_mean(values, grid.level());
            row.push_back(compact(estimate, false));
            Record record;
            record.kind = "metric";
            record.metric = names[i];
            record.condition = condition_pairs(grid, c);
            record.arm = grid.arms()[grid.baseline()];
            record.scope = "seeds";
            record.seed_set = base::join(seeds, ", ");
            record.estimate = estimate;
            set_spread(record, stats::sample_sd(values));
            record.n_seeds = static_cast<std::int64_t>(values.size());
            record.n_excluded = static_cast<std::int64_t>(grid.planned_seeds(c, grid.baseline())) - record.n_seeds;
            report.records.push_back(std::move(record));
        }
        table.rows.push_back(std::move(row));
    }
    report.document.table(std::move(table));
}

}  // namespace

Report summarize(store::ResultFile const& result, SummaryOptions const& options)
{
    check_metrics(result.layout(), options.metrics);
    GridView grid(result, options.by);
    grid.share_with(options.share);
    Report report;
    report.origin = origin_of(grid);
    add_overview(report.document, grid);
    for (std::size_t set = 0; set < grid.layout().item_sets.size(); ++set) {
        SetSummary summary(grid, set, options, report);
        if (summary.is_empty()) continue;
        report.document.heading(grid.layout().item_sets[set].name);
        summary.compute_means();
        summary.add_findings();
        if (options.is_short)
            summary.add_overview_table();
        else
            summary.add_condition_tables();
        summary.add_ablations();
    }
    if (!options.is_short) add_scalar_table(grid, report);
    return report;
}

}  // namespace ablatrix::report
