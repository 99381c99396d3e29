#include "leader.hpp"

#include <cmath>
#include <utility>

#include "contrast_records.hpp"

namespace ablatrix::report::detail {
namespace {

/// Works in one condition.
class LeaderFinder
{
  public:
    LeaderFinder(SetMeans const& set, std::size_t condition, int threads, std::vector<Record>& records)
        : set_(set), grid_(set.grid()), condition_(condition), threads_(threads), records_(records)
    {}

    Leader find()
    {
        Leader leader;
        for (auto const m : set_.order_in(condition_)) {
            if (set_.may_lead(m) && set_.mean(condition_, m).n_seeds > 0) leader.candidates.push_back(m);
        }
        if (!leader.exists()) return leader;
        std::size_t const first = leader.candidates.front();
        for (auto const m : leader.candidates) {
            if (m == first || are_equal(first, m))
                leader.same.push_back(set_.name(m));
            else
                leader.others.push_back(m);
        }
        // The leader was chosen on these very rows, so it is tested against every other method, not only the runner-up.
        Pairs against_rest;
        for (auto const other : leader.others)
            against_rest.emplace_back(first, other);
        leader.against_rest = compare(against_rest, "leader");

        for (std::size_t m = 0; m < set_.methods().size(); ++m) {
            if (set_.name(m) != "none") continue;
            Pairs against_none;
            for (auto const candidate : leader.candidates)
                against_none.emplace_back(candidate, m);
            leader.against_none = compare(against_none, "against none").front();
        }
        return leader;
    }

  private:
    using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

    /// The first minus the second method of every pair, corrected together.
    std::vector<ContrastResult> compare(Pairs const& pairs, std::string const& family)
    {
        ContrastOptions options;
        options.metric = set_.primary();
        options.wants_items = set_.is_prediction();
        options.resamples = grid_.resamples();
        options.threads = threads_;
        std::size_t const arm = grid_.baseline();
        std::vector<ContrastResult> results;
        for (auto const& [a, b] : pairs)
            results.push_back(
                contrast(grid_, {condition_, set_.set(), arm, set_.methods()[a], arm, set_.methods()[b]}, options));
        adjust_family(results);
        std::string const place = set_.items().name + ", " + grid_.conditions()[condition_].label;
        for (auto const& result : results)
            add_records(records_, grid_, result, family + ", " + place);
        return results;
    }

    std::vector<double> seed_values(std::size_t m) const
    {
        return grid_.seed_values(condition_, grid_.baseline(), set_.set(), set_.methods()[m], set_.metrics()[0]);
    }

    /// Methods that are the same numbers under other names.
    bool are_equal(std::size_t a, std::size_t b) const
    {
        auto const left = seed_values(a);
        auto const right = seed_values(b);
        for (std::size_t seed = 0; seed < left.size(); ++seed) {
            if (std::isnan(left[seed]) != std::isnan(right[seed])) return false;
            if (!std::isnan(left[seed]) && std::abs(left[seed] - right[seed]) > 1e-12) return false;
        }
        return true;
    }

    SetMeans const& set_;
    GridView const& grid_;
    std::size_t condition_;
    int threads_;
    std::vector<Record>& records_;
};

}  // namespace

Leader find_leader(SetMeans const& set, std::size_t condition, int threads, std::vector<Record>& records)
{
    return LeaderFinder(set, condition, threads, records).find();
}

}  // namespace ablatrix::report::detail
