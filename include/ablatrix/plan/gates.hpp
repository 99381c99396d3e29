#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>
#include <ablatrix/stats/gates.hpp>
#include <ablatrix/store/result_file.hpp>

/// \file
/// Gates as an experiment file declares them; docs/experiment-file.md has the language.

namespace ablatrix::plan {

/// What is asked about a metric or a per-run number.
enum class GateStatistic : std::uint8_t
{
    mean,        ///< "auroc": mean over seeds
    seed_sd,     ///< "seed_sd(auroc)": standard deviation over seeds
    difference,  ///< "difference(auroc)": from the baseline arm; "(auroc, arm=NAME)"; "(auroc, method=NAME)"
};

struct GateQuantity
{
    GateStatistic statistic = GateStatistic::mean;
    std::string name;            ///< metric of an item set, or per-run number
    std::string against_arm;     ///< of a difference; "" with no method: the baseline arm
    std::string against_method;  ///< of a difference, in the same arm
};

struct Gate
{
    stats::GateRule rule;  ///< `where` has one entry a value, numbers in canonical form
    GateQuantity quantity;
    config::Node written;  ///< for places in messages
};

/// The list under `gates`. \p level is that of rules that do not say one.
/// \throws config::ConfigError for an unknown key or choice, an id given twice, a quantity that is none, a mode that
///         does not fit its quantity
std::vector<Gate> read_gates(config::Node const& section, double level);
/// A file that holds gates: an experiment, or just its `gates` section, or the bare list.
std::vector<Gate> read_gate_file(config::Node const& file, double level);
/// The same rules with every key, for the resolved experiment.
config::Node to_node(std::vector<Gate> const& gates);

/// What the runs at hand are.
enum class GridCoverage : std::uint8_t
{
    whole,
    part,  ///< kept by --only, or not known: a method or a value of an axis may be absent
};

/// Check names against what the runs have. A gate on an absent method or value of a part is left for the report, which
/// calls it undecidable. \throws config::ConfigError with a did-you-mean
void check_gates(std::vector<Gate> const& gates, store::ResultLayout const& layout, std::string const& seed_axis,
                 GridCoverage coverage);

}  // namespace ablatrix::plan
