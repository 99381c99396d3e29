#include "sentences.hpp"

#include <algorithm>
#include <cmath>

#include "contrast.hpp"
#include "format.hpp"
#include "metric_info.hpp"
#include "record_parts.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::string_view shares_family = ", shares";  // the same comparison of the shares of right items

std::string place_of(GridView const& grid, Record const& record)
{
    for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
        if (condition_pairs(grid, c) != record.condition) continue;
        auto const& label = grid.conditions()[c].short_label;
        return label.empty() ? "" : label + ", ";
    }
    return {};
}

/// What a corrected p-value says; \p gain is above 0 when the first side is the better one.
std::string verdict(Record const& record, double gain)
{
    if (std::isnan(record.p_adjusted)) return "no test, so this grid cannot tell";
    std::string const p = p_phrase(record.p_adjusted, "Holm p") + " (" +
                          plural(static_cast<std::size_t>(std::max<std::int64_t>(record.family_size, 1)), "test") + ")";
    if (record.p_adjusted < alpha) return p + (gain > 0 ? ": better" : gain < 0 ? ": worse" : ": they differ");
    return p + (record.cannot_reach ? ": cannot tell, no outcome could have been significant" : ": cannot tell");
}

std::string difference_text(Record const& record)
{
    auto const& estimate = record.estimate;
    std::string const metric = metric_title(record.metric);
    if (std::isnan(estimate.value)) return "no seed has " + metric + " on both sides, so this grid cannot tell";
    std::string text = metric + " " + signed_with_interval(estimate) + " over " +
                       plural(static_cast<std::size_t>(std::max<std::int64_t>(record.n_seeds, 0)), "seed");
    if (record.n_excluded > 0) text += " (" + std::to_string(record.n_excluded) + " left out)";
    bool const is_same = estimate.value == 0 && !(estimate.high > estimate.low);
    if (is_same && std::isnan(record.test.p)) return text + ": the same on every seed";
    return text + ", " + verdict(record, merit(record.metric, estimate.value));
}

std::string mcnemar_text(Record const& record)
{
    if (record.b + record.c == 0) return "; both get the same items right";
    return "; items right only with the first " + std::to_string(record.b) + ", only with the second " +
           std::to_string(record.c) + " (McNemar), " + verdict(record, static_cast<double>(record.b - record.c));
}

/// Whether \p b is the McNemar test of the difference \p a.
bool is_test_of(Record const& a, Record const& b)
{
    return a.condition == b.condition && a.arm == b.arm && a.arm_b == b.arm_b && a.method == b.method &&
           a.method_b == b.method_b && b.family == a.family + ", McNemar";
}

/// "no-stability against full (ecg_adaptive)", "nrg against aum"
std::string sides(Record const& record)
{
    if (record.arm == record.arm_b) return record.method + " against " + record.method_b;
    return record.arm + " against " + record.arm_b + " (" + record.method + ")";
}

}  // namespace

std::vector<std::string> comparison_sentences(GridView const& grid, std::vector<Record> const& records,
                                              std::string const& item_set)
{
    std::vector<std::string> sentences;
    for (auto const& record : records) {
        if (record.kind != "difference" || record.item_set != item_set || record.family.ends_with(shares_family))
            continue;
        auto const mcnemar = std::find_if(records.begin(), records.end(), [&](Record const& other) {
            return other.kind == "test" && other.item_set == item_set && other.params.empty() &&
                   is_test_of(record, other);
        });
        sentences.push_back(place_of(grid, record) + sides(record) + ": " + difference_text(record) +
                            (mcnemar == records.end() ? "" : mcnemar_text(*mcnemar)) + ".");
    }
    return sentences;
}

}  // namespace ablatrix::report::detail
