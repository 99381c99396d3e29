#include "reliability_figure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/calibration.hpp>
#include <ablatrix/stats/multiplicity.hpp>

#include "contrast.hpp"
#include "format.hpp"
#include "plot_parts.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t bins = 10;

/// One seed's answers.
struct SeedReliability
{
    std::string seed;
    std::vector<stats::ReliabilityBin> bin;
    std::vector<double> confidence;
    std::vector<std::uint8_t> right;

    /// Mean confidence minus accuracy.
    double excess() const
    {
        double sum = 0;
        for (std::size_t i = 0; i < right.size(); ++i)
            sum += confidence[i] - right[i];
        return sum / static_cast<double>(right.size());
    }
};

/// One bin over all seeds: means weighted by the items that each seed has in it.
struct PooledBin
{
    double low = 0, high = 0;
    std::int64_t n = 0;
    std::size_t n_seeds = 0;  ///< with items
    double confidence = stats::undefined_value;
    double accuracy = stats::undefined_value;
    double accuracy_low = stats::undefined_value, accuracy_high = stats::undefined_value;
};

struct Reliability
{
    std::size_t condition = 0;
    std::string method;
    std::vector<SeedReliability> seeds;
    std::size_t not_probabilities = 0;  ///< seeds left out
    stats::CalibrationTest test;
    double p_adjusted = stats::undefined_value;

    template <typename Value>
    double mean(Value const& value) const
    {
        double sum = 0;
        for (auto const& seed : seeds)
            sum += value(seed);
        return sum / static_cast<double>(seeds.size());
    }
    double items_per_seed() const
    {
        return mean([](SeedReliability const& seed) { return static_cast<double>(seed.right.size()); });
    }

    PooledBin pooled(std::size_t b) const
    {
        PooledBin pool;
        pool.low = seeds.front().bin[b].low;
        pool.high = seeds.front().bin[b].high;
        double confidence = 0, accuracy = 0, low = 0, high = 0;
        for (auto const& seed : seeds) {
            auto const& bin = seed.bin[b];
            if (bin.n == 0) continue;
            auto const weight = static_cast<double>(bin.n);
            pool.n += bin.n;
            ++pool.n_seeds;
            confidence += weight * bin.confidence;
            accuracy += weight * bin.accuracy.value;
            low += weight * bin.accuracy.low;
            high += weight * bin.accuracy.high;
        }
        if (pool.n == 0) return pool;
        auto const n = static_cast<double>(pool.n);
        pool.confidence = confidence / n;
        pool.accuracy = accuracy / n;
        pool.accuracy_low = low / n;
        pool.accuracy_high = high / n;
        return pool;
    }
};

/// The leading method and "none"; where only references have values, the best of these.
std::vector<std::string> shown_methods(FigureSource const& source, std::size_t set, std::size_t condition)
{
    std::vector<std::string> methods;
    auto const candidates = source.candidates(set, condition);
    if (!candidates.empty()) methods.push_back(candidates.front()->method);
    auto const means = source.means(set, condition);
    for (auto const* record : means) {
        if (record->method == "none") methods.push_back(record->method);
    }
    if (methods.empty() && !means.empty()) methods.push_back(means.front()->method);
    return methods;
}

Reliability read_reliability(FigureSource const& source, std::size_t set, std::size_t condition,
                             std::string const& method)
{
    auto const& grid = source.grid();
    std::size_t const m = source.method_index(set, method);
    Reliability found;
    found.condition = condition;
    found.method = method;
    for (std::size_t seed = 0; seed < grid.seeds().size(); ++seed) {
        auto const item_run = grid.item_run(condition, grid.baseline(), seed, set, m);
        if (item_run < 0) continue;
        auto const run = static_cast<std::size_t>(item_run);
        auto confidence = grid.confidences(set, run, m);
        if (confidence.empty()) continue;
        if (!std::all_of(confidence.begin(), confidence.end(), [](double c) { return c >= 0 && c <= 1; })) {
            ++found.not_probabilities;
            continue;
        }
        auto right = grid.correctness(set, run, m);
        SeedReliability one;
        one.seed = grid.seeds()[seed];
        one.bin = stats::reliability(confidence, right, {stats::Bins::equal_width, bins}, grid.level());
        one.confidence = std::move(confidence);
        one.right = std::move(right);
        found.seeds.push_back(std::move(one));
    }
    std::vector<stats::Answers> answers;
    for (auto const& seed : found.seeds)
        answers.push_back({seed.confidence, seed.right});
    found.test = stats::calibration_test(answers);
    return found;
}

enum class Verdict
{
    miscalibrated,
    no_more_than_chance,
    cannot_tell
};

Verdict verdict_of(Reliability const& one)
{
    if (one.p_adjusted < alpha) return Verdict::miscalibrated;
    return one.test.ece <= one.test.ece_null ? Verdict::no_more_than_chance : Verdict::cannot_tell;
}

std::string verdict_name(Verdict verdict)
{
    switch (verdict) {
        case Verdict::miscalibrated:
            return "miscalibrated";
        case Verdict::no_more_than_chance:
            return "no_more_than_chance";
        case Verdict::cannot_tell:
            return "cannot_tell";
    }
    return "";
}

/// The sentence on one method.
std::string verdict_text(Reliability const& one)
{
    std::string const ece = one.method + " has ECE " + fixed(one.test.ece);
    std::string const null = fixed(one.test.ece_null);
    std::string const p = p_phrase(one.p_adjusted, "Holm p");
    double const excess = one.mean([](SeedReliability const& seed) { return seed.excess(); });
    switch (verdict_of(one)) {
        case Verdict::miscalibrated:
            return ece + ", a calibrated model of this size " + null + " on average: miscalibrated (" + p +
                   "), on average " + fixed(std::abs(excess)) + (excess > 0 ? " too sure." : " too unsure.");
        case Verdict::no_more_than_chance:
            return ece + ", no more than a calibrated model of this size would show (" + null + " on average).";
        case Verdict::cannot_tell:
            return ece + ", a calibrated model of this size " + null + " on average; chance may explain the rest (" +
                   p + "): cannot tell.";
    }
    return "";
}

std::string caption_of(std::vector<Reliability> const& shown, std::size_t family, double level)
{
    std::size_t most_seeds = 0, left_out = 0;
    double items = 0;
    for (auto const& one : shown) {
        most_seeds = std::max(most_seeds, one.seeds.size());
        left_out += one.not_probabilities;
        items = std::max(items, one.items_per_seed());
    }
    std::string const percent = fixed(100 * level, 0) + " % Wilson intervals";
    std::string text =
        "Share of right answers against the mean probability of the predicted class, in ten bins of equal width (" +
        fixed(items, 0) + " items); points below the thin diagonal are too sure. " +
        (most_seeds > 1 ? "Points: means over " + plural(most_seeds, "seed") +
                              ", weighted by the items in the bin; bars: the mean "
                              "of the seeds' " +
                              percent + ", no narrower with more seeds, because seeds judge the same items"
                        : "Bars: " + percent + " of the only seed, which speak for new items, not for new seeds") +
        ". Boxes: share of the items in each bin.";
    for (auto const& one : shown)
        text += " " + verdict_text(one);
    text += " ECE: expected calibration error; p: how often calibrated models reach it in 1000 draws";
    if (most_seeds > 1) text += " (mean over seeds, which share the luck of their items)";
    if (family > 1) text += ", Holm over " + plural(family, "test");
    text += ".";
    if (left_out > 0) text += " Left out: " + plural(left_out, "seed") + " with values that are no probabilities.";
    return text;
}

std::vector<std::string> where(FigureSource const& source, std::size_t set, Reliability const& one)
{
    return {source.items(set).name, source.place(one.condition), source.baseline_arm(), one.method};
}

std::vector<std::string> const where_header{"item_set", "condition", "arm", "method"};

std::string pooled_csv(FigureSource const& source, std::size_t set, std::vector<Reliability> const& shown)
{
    std::string csv = csv_line(cells(where_header, {"bin", "low", "high", "n", "n_seeds", "confidence", "accuracy",
                                                    "accuracy_low", "accuracy_high", "gap"}));
    for (auto const& one : shown) {
        for (std::size_t b = 0; b < bins; ++b) {
            auto const bin = one.pooled(b);
            csv += csv_line(cells(where(source, set, one),
                                  {std::to_string(b + 1), csv_number(bin.low), csv_number(bin.high),
                                   std::to_string(bin.n), std::to_string(bin.n_seeds), csv_number(bin.confidence),
                                   csv_number(bin.accuracy), csv_number(bin.accuracy_low),
                                   csv_number(bin.accuracy_high), csv_number(bin.accuracy - bin.confidence)}));
        }
    }
    return csv;
}

std::string seeds_csv(FigureSource const& source, std::size_t set, std::vector<Reliability> const& shown)
{
    std::string csv = csv_line(cells(where_header, {"seed", "bin", "low", "high", "n", "confidence", "accuracy",
                                                    "accuracy_low", "accuracy_high", "gap"}));
    for (auto const& one : shown) {
        for (auto const& seed : one.seeds) {
            for (std::size_t b = 0; b < bins; ++b) {
                auto const& bin = seed.bin[b];
                csv +=
                    csv_line(cells(where(source, set, one),
                                   {seed.seed, std::to_string(b + 1), csv_number(bin.low), csv_number(bin.high),
                                    std::to_string(bin.n), csv_number(bin.confidence), csv_number(bin.accuracy.value),
                                    csv_number(bin.accuracy.low), csv_number(bin.accuracy.high), csv_number(bin.gap)}));
            }
        }
    }
    return csv;
}

std::string ece_csv(FigureSource const& source, std::size_t set, std::vector<Reliability> const& shown)
{
    std::string csv =
        csv_line(cells(where_header, {"n_seeds", "ece", "ece_null", "p", "p_adjusted", "adjust", "verdict"}));
    for (auto const& one : shown)
        csv += csv_line(
            cells(where(source, set, one),
                  {std::to_string(one.seeds.size()), csv_number(one.test.ece), csv_number(one.test.ece_null),
                   csv_number(one.test.p), csv_number(one.p_adjusted), "holm", verdict_name(verdict_of(one))}));
    return csv;
}

/// Points with bars on the left axis; shares of items as boxes on the right one, in the lowest part.
std::string plot_of(std::vector<Reliability> const& shown)
{
    std::string data;
    std::vector<std::string> boxes, points;
    double lowest = 1;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        double const n = shown[i].items_per_seed() * static_cast<double>(shown[i].seeds.size());
        double const width = 0.07 / static_cast<double>(shown.size());
        std::string rows, counts;
        for (std::size_t b = 0; b < bins; ++b) {
            auto const bin = shown[i].pooled(b);
            double const centre =
                (bin.low + bin.high) / 2 + width * (static_cast<double>(i) - static_cast<double>(shown.size() - 1) / 2);
            counts += plot_number(centre) + " " + plot_number(static_cast<double>(bin.n) / n) + " " +
                      plot_number(width) + "\n";
            if (bin.n == 0) continue;
            rows += plot_number(bin.confidence) + " " + plot_number(bin.accuracy) + " " +
                    plot_number(bin.accuracy_low) + " " + plot_number(bin.accuracy_high) + "\n";
            lowest = std::min(lowest, bin.low);
        }
        auto const& style = line_style(i);
        std::string const points_name = "points" + std::to_string(i), counts_name = "counts" + std::to_string(i);
        data += block(points_name, rows) + block(counts_name, counts);
        boxes.push_back("$" + counts_name + " using 1:2:3 axes x1y2 with boxes fs transparent solid " +
                        (i == 0 ? "0.35" : "0.12") + " border lc " + colour(style.colour) + " lc " +
                        colour(style.colour) + " notitle");
        std::string const look = " lw 2 pt " + std::to_string(style.marker) + " lc " + colour(style.colour);
        points.push_back("$" + points_name + " using 1:2:3:4 with yerrorbars ps 0" + look + " notitle");
        points.push_back("$" + points_name + " using 1:2 with linespoints ps 0.9 dt " + style.dashes + look +
                         " title " + plot_text(shown[i].method, 30));
    }
    std::string const from = plot_number(lowest);
    return plot_frame + data + key_below + "set border 11 lc rgb '#444444'\nset xrange [" + from +
           ":1]\nset yrange [0:1.02]\nset y2range [0:4]\nset y2tics (0, 0.5, 1)\nset grid y lc rgb '#DDDDDD' lt 1\n"
           "set arrow 1 from " +
           from + "," + from +
           " to 1,1 nohead lc rgb '#444444'\n"
           "set xlabel 'mean probability of the predicted class'\nset ylabel 'share of right answers' offset 1,0\n"
           "set y2label 'share of items (boxes)' offset -1.5,0\nset lmargin 10\nset rmargin 9\nplot " +
           base::join(boxes, ", ") + ", " + base::join(points, ", ") + "\n";
}

Figure figure_of(FigureSource const& source, std::size_t set, std::vector<Reliability> const& shown, std::size_t family)
{
    std::size_t const condition = shown.front().condition;
    std::vector<std::string> methods;
    for (auto const& one : shown)
        methods.push_back(one.method);
    Figure figure;
    figure.name = "reliability-" + slug(source.items(set).name) + "-" + std::to_string(condition + 1);
    figure.title = titled("Reliability", source.place(condition));
    figure.caption = caption_of(shown, family, source.grid().level());
    figure.alt = "Reliability diagram of " + enumeration(methods) + ".";
    figure.csv = pooled_csv(source, set, shown);
    figure.more_csv = {{"seeds", seeds_csv(source, set, shown)}, {"ece", ece_csv(source, set, shown)}};
    figure.plot = plot_of(shown);
    figure.height = 480;
    return figure;
}

/// Holm over everything that is said about the item set.
std::size_t adjust(std::vector<std::vector<Reliability>>& conditions)
{
    std::vector<double> p;
    for (auto const& shown : conditions) {
        for (auto const& one : shown)
            p.push_back(one.test.p);
    }
    auto const adjusted = stats::adjust(p, stats::Adjustment::holm);
    std::size_t next = 0;
    for (auto& shown : conditions) {
        for (auto& one : shown)
            one.p_adjusted = adjusted[next++];
    }
    return p.size();
}

}  // namespace

void add_reliability_figures(Figures& out, FigureSource const& source, std::size_t set)
{
    auto const& items = source.items(set);
    if (items.kind != store::ColumnKind::prediction) return;
    if (!items.has_confidence) {
        out.not_drawn.push_back(
            "No reliability diagram: the file holds predicted classes without their probabilities.");
        return;
    }
    std::vector<std::vector<Reliability>> conditions;
    std::vector<std::string> empty;
    for (std::size_t c = 0; c < source.shown_conditions(); ++c) {
        std::vector<Reliability> shown;
        for (auto const& method : shown_methods(source, set, c)) {
            auto one = read_reliability(source, set, c, method);
            if (!one.seeds.empty()) shown.push_back(std::move(one));
        }
        if (shown.empty())
            empty.push_back(source.place(c));
        else
            conditions.push_back(std::move(shown));
    }
    std::size_t const family = adjust(conditions);
    for (auto const& shown : conditions)
        out.drawn.push_back(figure_of(source, set, shown, family));
    if (empty.empty()) return;
    out.not_drawn.push_back(source.not_drawn("reliability diagram", empty, "no finished run has probabilities there."));
}

}  // namespace ablatrix::report::detail
