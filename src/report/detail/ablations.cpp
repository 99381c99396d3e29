#include "ablations.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "cell_means.hpp"
#include "contrast.hpp"
#include "contrast_records.hpp"
#include "format.hpp"
#include "mean_records.hpp"
#include "metric_info.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

class Ablations
{
  public:
    Ablations(Report& report, SetMeans const& set, bool is_short, int threads)
        : report_(report), set_(set), grid_(set.grid()), is_short_(is_short), threads_(threads)
    {}

    void add()
    {
        compare_arms();
        add_means_of_arms();
        if (ablations_.empty()) return;
        add_ablation_finding();
        // At the end of a run, the tests on predictions stand for both tables.
        if (!is_short_ || !set_.is_prediction() || has_separated_arm()) add_ablation_tables();
        if (!is_short_ || set_.is_prediction()) add_mcnemar_tables();
    }

  private:
    void compare_arms()
    {
        ContrastOptions options;
        options.metric = set_.primary();
        options.wants_items = !is_short_ || set_.is_prediction();
        options.resamples = grid_.resamples();
        options.threads = threads_;
        std::size_t const baseline = grid_.baseline();
        for (std::size_t m = 0; m < set_.items().methods.size(); ++m) {
            if (is_variant(set_.items().methods[m]) || !grid_.depends_on_arm(set_.set(), m)) continue;
            ablated_methods_.push_back(m);
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                if (arm == baseline || !grid_.differs(set_.set(), m, arm, baseline)) continue;
                if (!grid_.has_method(arm, set_.set(), m) || !grid_.has_method(baseline, set_.set(), m)) continue;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    if (grid_.planned_seeds(c, arm) == 0 || grid_.planned_seeds(c, baseline) == 0) continue;
                    ablations_.push_back(contrast(grid_, {c, set_.set(), arm, m, baseline, m}, options));
                }
            }
        }
        adjust_family(ablations_);
        for (auto const& result : ablations_)
            add_records(report_.records, grid_, result, "arms, " + set_.items().name + ", " + set_.primary());
    }

    void add_means_of_arms()
    {
        for (auto const m : ablated_methods_) {
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                if (arm == grid_.baseline() || !grid_.has_method(arm, set_.set(), m)) continue;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    add_mean_records(report_.records, grid_, set_.set(), c, arm, {m}, set_.metrics(),
                                     cell_means(grid_, c, arm, set_.set(), {m}, set_.metrics(), threads_));
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
            (merit(set_.primary(), result.difference.value) > 0 ? better : worse) += 1;
            if (largest == nullptr || std::abs(result.difference.value) > std::abs(largest->difference.value))
                largest = &result;
        }
        std::string const baseline = grid_.arms()[grid_.baseline()];
        std::string text =
            "Arms against " + baseline + " (" + set_.items().name + ", " + metric_title(set_.primary()) + "): ";
        if (largest == nullptr) {
            text += "none of " + plural(ablations_.size(), "comparison") +
                    " is separated after Holm's correction; this grid cannot tell the arms apart.";
        }
        else {
            text +=
                "of " + plural(ablations_.size(), "comparison") + ", " + std::to_string(worse) + " are worse and " +
                std::to_string(better) +
                " better after Holm's correction. Largest: " + grid_.arms()[largest->contrast.arm_a] + ", " +
                set_.items().methods[largest->contrast.method_a] +
                (grid_.conditions().size() > 1 ? ", " + grid_.conditions()[largest->contrast.condition].label : "") +
                ", " + signed_with_interval(largest->difference) + ".";
        }
        text += inert_arms_text();
        report_.document.paragraph(text);
    }

    /// Null when there is none.
    ContrastResult const* comparison(std::size_t condition, std::size_t arm, std::size_t method) const
    {
        auto const found = std::find_if(ablations_.begin(), ablations_.end(), [&](ContrastResult const& result) {
            auto const& what = result.contrast;
            return what.condition == condition && what.arm_a == arm && what.method_a == method;
        });
        return found == ablations_.end() ? nullptr : &*found;
    }

    /// One table a method: arms by conditions, each cell made by \p cell.
    template <typename Cell>
    void add_arm_tables(std::string const& what, Cell const& cell)
    {
        for (auto const m : ablated_methods_) {
            Table table;
            table.title = set_.items().methods[m] + " (" + set_.items().name + "): " + what;
            table.columns = {{"arm", Align::left}};
            add_condition_columns(table, grid_);
            for (std::size_t arm = 0; arm < grid_.arms().size(); ++arm) {
                std::vector<std::string> row = {grid_.arms()[arm]};
                bool has_any = false;
                for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                    auto const* result = comparison(c, arm, m);
                    row.push_back(result == nullptr ? "-" : cell(*result));
                    has_any = has_any || row.back() != "-";
                }
                if (has_any) table.rows.push_back(std::move(row));
            }
            if (!table.rows.empty()) report_.document.table(std::move(table));
        }
    }

    void add_ablation_tables()
    {
        add_arm_tables(metric_title(set_.primary()) + " minus that of arm " + grid_.arms()[grid_.baseline()],
                       [](ContrastResult const& result) -> std::string {
                           if (is_same(result)) return "same";
                           return compact(result.difference, true) +
                                  separation_mark(result.p_adjusted, result.p_min_adjusted);
                       });
        report_.document.paragraph(base::join(contrast_notes(grid_, ablations_), " "));
    }

    void add_mcnemar_tables()
    {
        add_arm_tables(std::string{"McNemar against arm "} + grid_.arms()[grid_.baseline()] +
                           ", items right only in this arm : only in the other, Holm p",
                       [](ContrastResult const& result) -> std::string {
                           if (!result.has_items) return "-";
                           if (is_same(result) && result.flips.note == "no_discordant") return "same";
                           return discordant_text(result.discordants()) + " " + short_p(result.flips_adjusted) +
                                  separation_mark(result.flips_adjusted, result.flips_min_adjusted);
                       });
        std::string text = set_.is_prediction()
                               ? "Right: the predicted class is the clean label. "
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

    Report& report_;
    SetMeans const& set_;
    GridView const& grid_;
    bool is_short_;
    int threads_;
    std::vector<std::size_t> ablated_methods_;  ///< as indices of the layout
    std::vector<ContrastResult> ablations_;
};

}  // namespace

void add_ablations(Report& report, SetMeans const& set, bool is_short, int threads)
{
    if (set.grid().has_arms()) Ablations(report, set, is_short, threads).add();
}

}  // namespace ablatrix::report::detail
