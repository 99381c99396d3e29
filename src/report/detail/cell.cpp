#include "cell.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/estimate.hpp>

namespace ablatrix::report::detail {
namespace {

/// Share of the smaller of two ascending lists that the other has, too.
double overlap(std::vector<std::int64_t> const& a, std::vector<std::int64_t> const& b)
{
    std::vector<std::int64_t> common;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
    return static_cast<double>(common.size()) /
           static_cast<double>(std::max<std::size_t>(1, std::min(a.size(), b.size())));
}

bool equal_bits(std::vector<double> const& a, std::vector<double> const& b)
{
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

}  // namespace

std::vector<std::size_t> cell_runs(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    std::vector<std::size_t> runs;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        for (auto const run : grid.runs(condition, arm, seed)) {
            if (grid.is_done(run) && grid.layout().item_sets[set].truth_of_run[run] >= 0) {
                runs.push_back(run);
                break;
            }
        }
    }
    return runs;
}

bool is_crossed(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    auto const runs = cell_runs(grid, condition, arm, set);
    if (runs.size() < 2) return false;
    auto const first = grid.items(set, runs[0]);
    for (std::size_t i = 1; i < runs.size(); ++i) {
        if (grid.layout().item_sets[set].truth_of_run[runs[i]] == grid.layout().item_sets[set].truth_of_run[runs[0]])
            continue;
        auto const other = grid.items(set, runs[i]);
        bool const is_prediction = grid.layout().item_sets[set].kind == store::ColumnKind::prediction;
        if (other.item != first.item || other.clean != first.clean) return false;
        // What counts as right under detection is whether the label was flipped, which the seed draws anew.
        if (!is_prediction && other.is_noisy != first.is_noisy) return false;
    }
    return true;
}

std::string design_of(std::size_t n_seeds, bool crossed)
{
    return n_seeds < 2 ? "one seed" : crossed ? "crossed" : "nested";
}

double seed_overlap(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    std::vector<std::vector<std::int64_t>> items;
    for (auto const run : cell_runs(grid, condition, arm, set))
        items.push_back(grid.items(set, run).item);
    double sum = 0;
    std::size_t pairs = 0;
    for (std::size_t a = 0; a < items.size(); ++a) {
        for (std::size_t b = a + 1; b < items.size(); ++b) {
            sum += overlap(items[a], items[b]);
            ++pairs;
        }
    }
    return pairs == 0 ? stats::undefined_value : sum / static_cast<double>(pairs);
}

bool seed_matters(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set, std::size_t method)
{
    std::vector<std::size_t> runs;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        auto const run = grid.item_run(condition, arm, seed, set, method);
        if (run >= 0) runs.push_back(static_cast<std::size_t>(run));
    }
    if (runs.size() < 2) return true;
    auto const first = grid.items(set, runs[0]);
    bool const is_score = grid.layout().item_sets[set].kind == store::ColumnKind::score;
    return std::any_of(runs.begin() + 1, runs.end(), [&](std::size_t run) {
        auto const other = grid.items(set, run);
        if (other.item != first.item || other.clean != first.clean || other.is_noisy != first.is_noisy) return true;
        return is_score ? !equal_bits(grid.scores(set, runs[0], method), grid.scores(set, run, method))
                        : grid.predictions(set, runs[0], method) != grid.predictions(set, run, method);
    });
}

GridView::SampleSize common_size(GridView const& grid, std::size_t condition, std::size_t arm, std::size_t set)
{
    auto const runs = cell_runs(grid, condition, arm, set);
    GridView::SampleSize common{-1, -1, 0};
    for (std::size_t i = 0; i < runs.size(); ++i) {
        auto const size = grid.sample_size(set, runs[i]);
        if (i == 0) common = size;
        if (size.items != common.items) common.items = -1;
        if (size.noisy != common.noisy) common.noisy = -1;
        common.unknown = std::max(common.unknown, size.unknown);
    }
    if (grid.layout().item_sets[set].kind != store::ColumnKind::score) common.noisy = -1;
    return common;
}

std::vector<double> finite(std::vector<double> const& values)
{
    std::vector<double> kept;
    for (double const value : values) {
        if (std::isfinite(value)) kept.push_back(value);
    }
    return kept;
}

std::string seed_set(GridView const& grid, std::vector<double> const& value_of_seed)
{
    std::vector<std::string> names;
    for (std::size_t seed = 0; seed < value_of_seed.size(); ++seed) {
        if (std::isfinite(value_of_seed[seed])) names.push_back(grid.seeds()[seed]);
    }
    return base::join(names, ", ");
}

}  // namespace ablatrix::report::detail
