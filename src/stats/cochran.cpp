#include <ablatrix/stats/cochran.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/distributions.hpp"
#include "detail/stream.hpp"

namespace ablatrix::stats {

namespace {

constexpr std::size_t fewest_cells = 24;
constexpr std::size_t most_steps = 2'000'000;  // about two seconds
constexpr std::size_t most_arms_enumerated = 10;

using Totals = std::vector<std::int64_t>;  // right items by arm

struct Table
{
    std::size_t arms = 0;
    Totals columns;                  // over items on which arms differ
    std::vector<std::int64_t> rows;  // right arms of each such item
};

Table table_of(std::span<std::span<std::uint8_t const> const> correct)
{
    ABLATRIX_VALIDATE(correct.size() >= 2, "Cochran's Q compares at least two arms");
    for (std::span<std::uint8_t const> const arm : correct) {
        ABLATRIX_VALIDATE(arm.size() == correct[0].size(), "arms have " + std::to_string(correct[0].size()) + " and " +
                                                               std::to_string(arm.size()) +
                                                               " items. Arms are compared on the same items");
    }
    Table table;
    table.arms = correct.size();
    table.columns.assign(table.arms, 0);
    for (std::size_t i = 0; i < correct[0].size(); ++i) {
        std::int64_t right = 0;
        for (std::span<std::uint8_t const> const arm : correct)
            right += arm[i] != 0 ? 1 : 0;
        if (right == 0 || right == static_cast<std::int64_t>(table.arms)) continue;
        table.rows.push_back(right);
        for (std::size_t j = 0; j < table.arms; ++j)
            table.columns[j] += correct[j][i] != 0 ? 1 : 0;
    }
    return table;
}

std::int64_t squares(Totals const& totals)
{
    std::int64_t sum = 0;
    for (std::int64_t const c : totals)
        sum += c * c;
    return sum;
}

double statistic_of(Table const& table)
{
    auto const k = static_cast<double>(table.arms);
    auto const total = static_cast<double>([&] {
        std::int64_t sum = 0;
        for (std::int64_t const r : table.rows)
            sum += r;
        return sum;
    }());
    double const between = k * static_cast<double>(squares(table.columns)) - total * total;
    return (k - 1) * between / (k * total - static_cast<double>(squares(table.rows)));
}

Test no_discordant(std::string method)
{
    Test test;
    test.method = std::move(method);
    test.statistic = 0;
    test.p = 1;
    test.p_min = 1;
    test.status = Status::ok;
    test.note = "no_discordant";
    return test;
}

/// Probability that the sum of squared totals reaches the observed one; negative when that takes too many steps.
double enumerate(Table const& table)
{
    if (table.arms > most_arms_enumerated) return -1;
    // Arms are exchangeable: totals are kept sorted.
    std::size_t steps = 0;
    std::map<Totals, double> states = {{Totals(table.arms, 0), 1.0}};
    for (std::int64_t const right : table.rows) {
        std::vector<std::uint8_t> chosen(table.arms, 0);
        std::fill(chosen.end() - static_cast<std::ptrdiff_t>(right), chosen.end(), std::uint8_t{1});
        std::vector<std::vector<std::uint8_t>> subsets;
        do
            subsets.push_back(chosen);
        while (std::next_permutation(chosen.begin(), chosen.end()));
        steps += states.size() * subsets.size();
        if (steps > most_steps) return -1;
        std::map<Totals, double> next;
        for (auto const& [totals, probability] : states) {
            for (std::vector<std::uint8_t> const& subset : subsets) {
                Totals moved = totals;
                for (std::size_t j = 0; j < moved.size(); ++j)
                    moved[j] += subset[j];
                std::sort(moved.begin(), moved.end());
                next[moved] += probability / static_cast<double>(subsets.size());
            }
        }
        states = std::move(next);
    }
    std::int64_t const observed = squares(table.columns);
    double p = 0;
    for (auto const& [totals, probability] : states)
        p += squares(totals) >= observed ? probability : 0;
    return std::min(1.0, p);
}

double sample(Table const& table, std::uint64_t key, std::size_t resamples)
{
    std::int64_t const observed = squares(table.columns);
    std::size_t reaching = 0;
    for (std::size_t b = 0; b < resamples; ++b) {
        detail::Place const place{static_cast<std::uint32_t>(b), 0, detail::Purpose::permutation};
        Totals totals(table.arms, 0);
        std::vector<std::size_t> arms(table.arms);
        std::iota(arms.begin(), arms.end(), std::size_t{0});
        std::uint32_t draw = 0;
        for (std::int64_t const right : table.rows) {
            // The first `right` places of a shuffle; any order may be shuffled on.
            for (std::size_t j = 0; j < static_cast<std::size_t>(right); ++j) {
                auto const rest = static_cast<std::uint32_t>(arms.size() - j);
                std::swap(arms[j], arms[j + detail::draw_below(key, place, draw++, rest)]);
                ++totals[arms[j]];
            }
        }
        reaching += squares(totals) >= observed ? 1 : 0;
    }
    return static_cast<double>(reaching + 1) / static_cast<double>(resamples + 1);
}

}  // namespace

Test cochran_q(std::span<std::span<std::uint8_t const> const> correct)
{
    Table const table = table_of(correct);
    if (table.rows.empty()) return no_discordant("cochran_q");
    Test test;
    test.method = "cochran_q";
    test.statistic = statistic_of(table);
    test.df = static_cast<double>(table.arms - 1);
    test.p = detail::chi_square_p(test.statistic, test.df);
    bool const few = table.rows.size() * table.arms < fewest_cells;
    test.status = few ? Status::not_reliable : Status::ok;
    if (few) add_note(test.note, "few_cells");
    return test;
}

Test cochran_q_exact(std::span<std::span<std::uint8_t const> const> correct, std::string_view frame, std::uint64_t seed,
                     std::size_t resamples)
{
    Table const table = table_of(correct);
    if (table.rows.empty()) return no_discordant("cochran_q.exact");
    Test test;
    test.method = "cochran_q.exact";
    test.statistic = statistic_of(table);
    test.p = enumerate(table);
    if (test.p < 0) {
        test.method = "cochran_q.monte_carlo";
        test.p = sample(table, detail::stream_key(seed, frame), resamples);
        test.p_min = 1 / static_cast<double>(resamples + 1);
    }
    test.status = Status::ok;
    return test;
}

}  // namespace ablatrix::stats
