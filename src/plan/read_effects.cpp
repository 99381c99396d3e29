#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <ablatrix/base/text.hpp>

#include "detail/effects.hpp"

namespace ablatrix::plan::detail {
namespace {

struct Key
{
    char const* name;
    double ExpectedEffect::*value;
    bool is_share;  ///< else in the unit of the metric
};

constexpr std::array<Key, 5> keys = {{{"difference", &ExpectedEffect::difference, false},
                                      {"difference_sd", &ExpectedEffect::difference_sd, false},
                                      {"seed_sd", &ExpectedEffect::seed_sd, false},
                                      {"discordant", &ExpectedEffect::discordant, true},
                                      {"positive_share", &ExpectedEffect::positive_share, true}}};

double read_positive(config::Reader& reader, Key const& key)
{
    auto const value = reader.require<double>(key.name);
    if (!(value > 0))
        reader.fail(key.name, "must be above 0, found " + base::shortest(value), "Leave out what is not known");
    if (key.is_share && value > 1) reader.fail(key.name, "a share is at most 1, found " + base::shortest(value));
    return value;
}

ExpectedEffect read_effect(config::Reader& reader, std::string const& metric)
{
    ExpectedEffect out;
    out.metric = metric;
    bool has_any = false;
    for (Key const& key : keys) {
        if (!reader.has(key.name)) continue;
        out.*key.value = read_positive(reader, key);
        has_any = true;
    }
    if (!has_any) {
        // Names every key as known before saying that one is missing, so that a misspelt one is reported as such.
        for (Key const& key : keys)
            reader.raw(key.name);
        reader.finish();
        reader.fail("", "nothing is expected of '" + metric + "'", "Give its difference, such as {difference: 0.02}");
    }
    if (!std::isnan(out.difference_sd) && std::isnan(out.difference))
        reader.fail("difference_sd", "a spread of differences without a difference", "Add difference");
    if (out.difference > out.discordant)
        reader.fail("discordant",
                    "arms that differ on a share of " + base::shortest(out.discordant) +
                        " of the items cannot differ by " + base::shortest(out.difference) + " in '" + metric + "'",
                    "Give at least the difference");
    return out;
}

}  // namespace

std::vector<ExpectedEffect> read_effects(config::Reader& reader, std::vector<std::string> const& metrics)
{
    std::vector<ExpectedEffect> out;
    for (auto const& [metric, value] : reader.node().entries()) {
        if (std::ranges::find(metrics, metric) == metrics.end()) {
            std::string const hint = base::did_you_mean_hint(metric, metrics);
            throw config::ConfigError(
                "unknown metric '" + metric + "'", value.key_mark(), "statistics.effect." + metric,
                (hint.empty() ? "" : hint.substr(1) + " ") + "Possible values: " + base::join(metrics, ", "));
        }
        out.push_back(read_effect(reader.child(metric), metric));
    }
    return out;
}

config::Node to_node(std::vector<ExpectedEffect> const& effects)
{
    std::vector<config::Node::Entry> metrics;
    for (ExpectedEffect const& effect : effects) {
        std::vector<config::Node::Entry> entries;
        for (Key const& key : keys) {
            double const value = effect.*key.value;
            if (!std::isnan(value)) entries.emplace_back(key.name, config::Node::scalar(base::shortest(value), {}));
        }
        metrics.emplace_back(effect.metric, config::Node::map(std::move(entries), {}));
    }
    return config::Node::map(std::move(metrics), {});
}

}  // namespace ablatrix::plan::detail
