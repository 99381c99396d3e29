#include "findings.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "format.hpp"
#include "metric_info.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr double chance_auroc = 0.5;

/// Says who leads and whether that is more than chance.
class Findings
{
  public:
    explicit Findings(SetMeans const& set) : set_(set), grid_(set.grid()) {}

    /// Over all conditions: who is best how often, and which method depends most on the condition.
    std::string headline(std::vector<Leader> const& leaders) const
    {
        std::size_t separated = 0, compared = 0, n_seeds = 0;
        bool has_none = false;
        for (auto const& leader : leaders) {
            if (!leader.exists()) continue;
            ++compared;
            has_none = has_none || leader.against_none.has_value();
            bool const is_separated =
                leader.against_none ? leader.against_none->p_adjusted < alpha : leader.is_separated();
            separated += is_separated ? 1 : 0;
            if (!leader.against_rest.empty()) n_seeds = std::max(n_seeds, leader.against_rest.front().n_seeds);
        }
        if (compared < 2) return {};
        std::string text = "Of " + plural(compared, "condition") + ", " + best_word() + " " +
                           metric_title(set_.primary()) + ": " + enumeration(wins(leaders)) +
                           ". The best is separated from " + (has_none ? "the method 'none'" : "the runner-up") +
                           " in " + (separated == 0 ? "no condition" : std::to_string(separated)) + ".";
        if (n_seeds > 1 && n_seeds < 5) text += " " + plural(n_seeds, "seed") + " can show only large differences.";
        return text + swing_text();
    }

    std::string condition_text(std::size_t condition, Leader const& leader) const
    {
        std::string const place = place_prefix(grid_, condition);
        if (!leader.exists()) return place + no_value_text(condition);
        auto const& mean = set_.mean(condition, leader.candidates.front());
        std::string const value = metric_title(set_.primary()) + " " + with_interval(mean.estimate);
        std::string text = place + set_.name(leader.candidates.front());
        if (leader.same.size() > 1) {
            std::vector<std::string> const equals(leader.same.begin() + 1, leader.same.end());
            text += " (like " + enumeration(equals) + ", the same values)";
        }
        text += leader.against_none ? none_text(leader, value) : rank_text(leader, value);
        return text + below_chance_text(condition, leader.candidates);
    }

  private:
    std::string best_word() const { return metric_info(set_.primary()).goal == Goal::lower ? "lowest" : "highest"; }

    std::string no_value_text(std::size_t condition) const
    {
        std::vector<std::string> references;
        for (std::size_t m = 0; m < set_.methods().size(); ++m) {
            auto const& estimate = set_.mean(condition, m).estimate;
            if (!set_.may_lead(m) && std::isfinite(estimate.value))
                references.push_back(set_.name(m) + " (" + metric_title(set_.primary()) + " " +
                                     with_interval(estimate) + ")");
        }
        if (!references.empty()) return "no method has a value to compare with " + enumeration(references) + ".";
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            for (auto const run : grid_.runs(condition, grid_.baseline(), seed)) {
                if (grid_.is_done(run))
                    return metric_title(set_.primary()) + " is undefined here (no noisy or no clean items).";
            }
        }
        return "no finished run, nothing to say.";
    }

    std::string rank_text(Leader const& leader, std::string const& value) const
    {
        if (leader.others.empty()) return " has " + value + "; there is no other method to compare with.";
        auto const& runner_up = leader.against_rest.front();
        std::string const second = set_.name(leader.others.front());
        std::string const difference =
            signed_with_interval(runner_up.difference) + ", " + p_phrase(runner_up.p_adjusted, "Holm p");
        if (leader.is_separated())
            return " leads with " + value + ", separated from the runner-up " + second + " (" + difference + ").";
        std::size_t tied = 0;
        for (auto const& result : leader.against_rest)
            tied += result.p_adjusted < alpha ? 0 : 1;
        std::string text =
            " is " + best_word() + " with " + value + ", but cannot be told from " + second + " (" + difference + ")";
        if (tied > 1)
            text +=
                " nor from " + std::to_string(tied - 1) + " of the other " + std::to_string(leader.others.size() - 1);
        return text + ".";
    }

    std::string none_text(Leader const& leader, std::string const& value) const
    {
        auto const& result = *leader.against_none;
        return " is best with " + value + "; against none (" + fixed(result.mean_b) + ") " +
               signed_with_interval(result.difference) + ", " + p_phrase(result.p_adjusted, "Holm p") +
               (result.p_adjusted < alpha ? ": separated." : ": cannot tell.");
    }

    std::string below_chance_text(std::size_t condition, std::vector<std::size_t> const& candidates) const
    {
        if (set_.primary() != "auroc") return {};
        std::vector<std::string> names;
        for (auto m = candidates.rbegin(); m != candidates.rend(); ++m) {
            auto const& mean = set_.mean(condition, *m);
            if (mean.estimate.high < chance_auroc) names.push_back(set_.name(*m) + " " + fixed(mean.estimate.value));
        }
        if (names.empty()) return {};
        std::size_t const count = names.size();
        if (names.size() > 3) names.resize(3);
        return " Worse than chance: " + (count > 3 ? plural(count, "method") + ", lowest " : std::string{}) +
               enumeration(names) + ".";
    }

    /// "a in 3", "b in 2": who is best how often, the most frequent first.
    std::vector<std::string> wins(std::vector<Leader> const& leaders) const
    {
        std::vector<std::pair<std::string, std::size_t>> counts;
        for (auto const& leader : leaders) {
            if (!leader.exists()) continue;
            auto const& name = set_.name(leader.candidates.front());
            auto const known =
                std::find_if(counts.begin(), counts.end(), [&](auto const& count) { return count.first == name; });
            if (known == counts.end())
                counts.emplace_back(name, 1);
            else
                ++known->second;
        }
        std::stable_sort(counts.begin(), counts.end(),
                         [](auto const& a, auto const& b) { return a.second > b.second; });
        std::vector<std::string> parts;
        for (auto const& [name, count] : counts)
            parts.push_back(name + " in " + std::to_string(count));
        return parts;
    }

    /// The method whose best and worst conditions lie farthest apart.
    std::string swing_text() const
    {
        double largest = 0;
        std::string text;
        for (std::size_t m = 0; m < set_.methods().size(); ++m) {
            if (!set_.may_lead(m)) continue;
            std::optional<std::size_t> low, high;
            for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
                if (std::isnan(set_.mean(c, m).estimate.value)) continue;
                if (!low || set_.merit_of(c, m) < set_.merit_of(*low, m)) low = c;
                if (!high || set_.merit_of(c, m) > set_.merit_of(*high, m)) high = c;
            }
            if (!low || set_.merit_of(*high, m) - set_.merit_of(*low, m) <= largest) continue;
            largest = set_.merit_of(*high, m) - set_.merit_of(*low, m);
            text = " Most dependent on the condition: " + set_.name(m) + ", " +
                   with_interval(set_.mean(*high, m).estimate) + " (" + grid_.conditions()[*high].short_label +
                   ") to " + with_interval(set_.mean(*low, m).estimate) + " (" + grid_.conditions()[*low].short_label +
                   ").";
        }
        return text;
    }

    SetMeans const& set_;
    GridView const& grid_;
};

}  // namespace

void add_findings(Document& document, SetMeans const& set, std::vector<Leader> const& leaders)
{
    Findings const findings(set);
    std::string const all = findings.headline(leaders);
    if (!all.empty()) document.paragraph(all);
    for (std::size_t c = 0; c < leaders.size(); ++c)
        document.bullet(findings.condition_text(c, leaders[c]));
}

}  // namespace ablatrix::report::detail
