#include "histogram_figure.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "format.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t bins = 30;

struct Scores
{
    std::string method;
    std::vector<double> clean, noisy;
    std::size_t n_seeds = 0;
    std::size_t not_finite = 0;  ///< left out

    bool is_empty() const { return clean.empty() && noisy.empty(); }
};

Scores read_scores(FigureSource const& source, std::size_t set, std::size_t condition)
{
    Scores scores;
    auto const candidates = source.candidates(set, condition);
    if (candidates.empty()) return scores;
    auto const& grid = source.grid();
    scores.method = candidates.front()->method;
    std::size_t const m = source.method_index(set, scores.method);
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        auto const run = grid.item_run(condition, grid.baseline(), seed, set, m);
        if (run < 0) continue;
        ++scores.n_seeds;
        auto const truth = grid.items(set, static_cast<std::size_t>(run));
        auto const values = grid.scores(set, static_cast<std::size_t>(run), m);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i]))
                ++scores.not_finite;
            else
                (truth.is_noisy[i] == 1 ? scores.noisy : scores.clean).push_back(values[i]);
        }
    }
    return scores;
}

/// Limits of the ranges that scores are counted in; a constant stands in the middle.
std::vector<double> edges_of(Scores const& scores)
{
    double low = INFINITY, high = -INFINITY;
    for (auto const* values : {&scores.clean, &scores.noisy}) {
        for (double const value : *values) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    if (!(high > low)) {
        low -= 0.5;
        high += 0.5;
    }
    std::vector<double> edges;
    for (std::size_t i = 0; i <= bins; ++i)
        edges.push_back(i == bins ? high : low + (high - low) * static_cast<double>(i) / static_cast<double>(bins));
    return edges;
}

/// The last range holds its upper limit too.
std::vector<std::size_t> count(std::vector<double> const& values, std::vector<double> const& edges)
{
    std::vector<std::size_t> counts(bins);
    for (double const value : values) {
        auto const above = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
        ++counts[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(above - 1, 0, bins - 1))];
    }
    return counts;
}

/// Points around the bars of one histogram.
std::string outline(std::vector<std::size_t> const& counts, std::size_t all, std::vector<double> const& edges)
{
    std::string rows = plot_number(edges.front()) + " 0\n";
    for (std::size_t i = 0; i < bins; ++i) {
        double const share = all == 0 ? 0.0 : static_cast<double>(counts[i]) / static_cast<double>(all);
        for (double const x : {edges[i], edges[i + 1]})
            rows += plot_number(x) + " " + plot_number(share) + "\n";
    }
    return rows + plot_number(edges.back()) + " 0\n";
}

std::string caption_of(Scores const& scores)
{
    std::string text = "Share of the clean and of the noisy items in each of " + std::to_string(bins) +
                       " ranges of the score of " + scores.method + ", " +
                       (scores.n_seeds > 1 ? plural(scores.n_seeds, "seed") + " together" : "one seed") + " (" +
                       std::to_string(scores.clean.size()) + " clean, " + std::to_string(scores.noisy.size()) +
                       " noisy): the less the two overlap, the better the method; the figure shows the spread of "
                       "items, not the uncertainty of a mean.";
    auto all = scores.clean;
    all.insert(all.end(), scores.noisy.begin(), scores.noisy.end());
    auto const [low, high] = std::minmax_element(all.begin(), all.end());
    if (!(*high > *low)) text += " All scores are equal: this method cannot tell noisy items from clean ones.";
    if (scores.noisy.empty()) text += " There are no noisy items.";
    if (scores.clean.empty()) text += " There are no clean items.";
    if (scores.not_finite > 0)
        text += " Left out: " + plural(scores.not_finite, "score") +
                (scores.not_finite == 1 ? " that is" : " that are") + " not finite.";
    return text;
}

Figure figure_of(FigureSource const& source, std::size_t set, std::size_t condition, Scores const& scores)
{
    auto const edges = edges_of(scores);
    auto const clean = count(scores.clean, edges), noisy = count(scores.noisy, edges);
    Figure figure;
    figure.name = "scores-" + slug(source.items(set).name) + "-" + std::to_string(condition + 1);
    figure.title = titled("Scores of " + scores.method, source.place(condition));
    figure.caption = caption_of(scores);
    figure.alt = "Two histograms of the score of " + scores.method + ", clean and noisy items.";
    figure.csv = csv_line({"item_set", "condition", "arm", "method", "bin_low", "bin_high", "n_clean", "n_noisy"});
    for (std::size_t i = 0; i < bins; ++i)
        figure.csv += csv_line({source.items(set).name, source.place(condition), source.baseline_arm(), scores.method,
                                csv_number(edges[i]), csv_number(edges[i + 1]), std::to_string(clean[i]),
                                std::to_string(noisy[i])});
    figure.plot = plot_frame + block("clean", outline(clean, scores.clean.size(), edges)) +
                  block("noisy", outline(noisy, scores.noisy.size(), edges)) + key_below + "set yrange [0:*]\n" +
                  range_command("x", {edges.front(), edges.back()}) + "set grid y lc rgb '#DDDDDD' lt 1\nset xlabel " +
                  plot_text("score of " + scores.method, 60) +
                  "\nset ylabel 'share of items'\nplot "
                  "$clean using 1:2 with filledcurves y1=0 fs transparent solid 0.35 noborder lc rgb '#56B4E9' "
                  "notitle, $clean using 1:2 with lines lw 2 lc rgb '#0072B2' title 'clean (filled)', "
                  "$noisy using 1:2 with lines lw 2.2 dt (8,3) lc rgb '#D55E00' title 'noisy (dashed)'\n";
    figure.height = 350;
    return figure;
}

}  // namespace

void add_histogram_figures(Figures& out, FigureSource const& source, std::size_t set)
{
    if (source.items(set).kind != store::ColumnKind::score) return;
    std::vector<std::string> empty;
    for (std::size_t c = 0; c < source.shown_conditions(); ++c) {
        auto const scores = read_scores(source, set, c);
        if (scores.is_empty())
            empty.push_back(source.place(c));
        else
            out.drawn.push_back(figure_of(source, set, c, scores));
    }
    if (empty.empty()) return;
    out.not_drawn.push_back(source.not_drawn("score histograms", empty, "no finished run has finite scores there."));
}

}  // namespace ablatrix::report::detail
