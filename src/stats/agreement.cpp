#include <ablatrix/stats/agreement.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/classification.hpp>
#include <ablatrix/stats/detection.hpp>

#include "detail/stream.hpp"

namespace ablatrix::stats {
namespace {

constexpr std::size_t fewest_resamples = 1000;
constexpr std::size_t fewest_groups = 5;
constexpr std::size_t few_groups = 10;
constexpr double most_undefined = 0.01;

/// What of an item enters a kappa: sums over items of these, weighted, are all it needs.
struct ItemTerms
{
    double agreement;                  ///< share of agreeing pairs of raters
    std::vector<double> first, other;  ///< [class] share of raters; the two raters of Cohen's kappa separately
};

double kappa_of(std::vector<ItemTerms> const& items, std::vector<std::uint32_t> const& weight)
{
    double n = 0;
    double observed = 0;
    std::vector<double> first(items[0].first.size(), 0);
    std::vector<double> other(first.size(), 0);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (weight[i] == 0) continue;
        double const w = weight[i];
        n += w;
        observed += w * items[i].agreement;
        for (std::size_t c = 0; c < first.size(); ++c) {
            first[c] += w * items[i].first[c];
            other[c] += w * items[i].other[c];
        }
    }
    double chance = 0;
    for (std::size_t c = 0; c < first.size(); ++c)
        chance += first[c] * other[c] / (n * n);
    // As for the sample: sixths do not add up to 1 exactly.
    return chance < 1 - 1e-12 ? (observed / n - chance) / (1 - chance) : undefined_value;
}

/// Items of each unit that is drawn.
std::vector<std::vector<std::size_t>> units_of(std::size_t n_items, std::span<std::int32_t const> group)
{
    std::map<std::int32_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < n_items; ++i)
        members[group.empty() ? static_cast<std::int32_t>(i) : group[i]].push_back(i);
    std::vector<std::vector<std::size_t>> units;
    for (auto& [code, items] : members)
        units.push_back(std::move(items));
    return units;
}

std::vector<double> resample(std::vector<ItemTerms> const& items, std::vector<std::vector<std::size_t>> const& units,
                             detail::Purpose purpose, AgreementOptions const& options)
{
    std::uint64_t const key = detail::stream_key(options.seed, options.frame);
    std::vector<double> values;
    for (std::size_t b = 0; b < options.resamples; ++b) {
        detail::Place const place{static_cast<std::uint32_t>(b), 0, purpose};
        std::vector<std::uint32_t> weight(items.size(), 0);
        for (std::size_t k = 0; k < units.size(); ++k) {
            auto const unit =
                detail::draw_below(key, place, static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(units.size()));
            for (std::size_t const item : units[unit])
                ++weight[item];
        }
        double const value = kappa_of(items, weight);
        if (!std::isnan(value)) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    return values;
}

Estimate interval_of(std::vector<ItemTerms> const& items, std::span<std::int32_t const> group, Agreement const& sample,
                     AgreementOptions const& options)
{
    Estimate out;
    out.value = sample.kappa;
    out.level = options.level;
    out.method = group.empty() ? "boot.item.percentile" : "boot.group.percentile";
    out.status = sample.status;
    out.note = sample.note;
    if (sample.status != Status::ok) return out;
    auto const units = units_of(items.size(), group);
    auto const purpose = group.empty() ? detail::Purpose::item : detail::Purpose::group;
    auto const values = resample(items, units, purpose, options);
    if (values.empty() || values.back() - values.front() <= 1e-12 * std::max(1.0, std::abs(out.value))) {
        out.status = Status::degenerate;
        return out;
    }
    double const tail = (1 - options.level) / 2;
    out.low = quantile(values, tail);
    out.high = quantile(values, 1 - tail);
    auto const undefined = static_cast<double>(options.resamples - values.size());
    bool const many_undefined = undefined > most_undefined * static_cast<double>(options.resamples);
    if (many_undefined) add_note(out.note, "undefined_resamples");
    if (!group.empty() && units.size() < few_groups) add_note(out.note, "few_groups");
    if (many_undefined || options.resamples < fewest_resamples || (!group.empty() && units.size() < fewest_groups))
        out.status = Status::not_reliable;
    return out;
}

/// Codes as 0, 1, ... in ascending order.
std::map<std::int32_t, std::size_t> classes_of(std::span<std::span<std::int32_t const> const> raters)
{
    std::map<std::int32_t, std::size_t> classes;
    for (auto const rater : raters) {
        for (std::int32_t const code : rater)
            classes.emplace(code, 0);
    }
    std::size_t next = 0;
    for (auto& [code, place] : classes)
        place = next++;
    return classes;
}

void check_groups(std::span<std::int32_t const> group, std::size_t n_items)
{
    ABLATRIX_VALIDATE(group.empty() || group.size() == n_items, "groups of " + std::to_string(group.size()) +
                                                                    " items for ratings of " + std::to_string(n_items) +
                                                                    ". Give every item one group, or none");
}

}  // namespace

Estimate fleiss_kappa_interval(std::span<std::span<std::int32_t const> const> raters,
                               std::span<std::int32_t const> group, AgreementOptions const& options)
{
    Agreement const sample = fleiss_kappa(raters);
    std::size_t const n = raters.empty() ? 0 : raters[0].size();
    check_groups(group, n);
    auto const classes = classes_of(raters);
    auto const S = static_cast<double>(raters.size());
    std::vector<ItemTerms> items;
    for (std::size_t i = 0; i < n; ++i) {
        ItemTerms terms{0, std::vector<double>(classes.size(), 0), {}};
        for (auto const rater : raters)
            terms.first[classes.at(rater[i])] += 1 / S;
        double squares = 0;
        for (double const share : terms.first)
            squares += share * share;
        terms.agreement = (squares * S - 1) / (S - 1);
        terms.other = terms.first;
        items.push_back(std::move(terms));
    }
    return interval_of(items, group, sample, options);
}

Estimate cohen_kappa_interval(std::span<std::int32_t const> a, std::span<std::int32_t const> b,
                              std::span<std::int32_t const> group, AgreementOptions const& options)
{
    Agreement const sample = cohen_kappa(a, b);
    check_groups(group, a.size());
    std::span<std::int32_t const> const both[] = {a, b};
    auto const classes = classes_of(both);
    std::vector<ItemTerms> items;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ItemTerms terms{a[i] == b[i] ? 1. : 0., std::vector<double>(classes.size(), 0),
                        std::vector<double>(classes.size(), 0)};
        terms.first[classes.at(a[i])] = 1;
        terms.other[classes.at(b[i])] = 1;
        items.push_back(std::move(terms));
    }
    return interval_of(items, group, sample, options);
}

}  // namespace ablatrix::stats
