#pragma once

#include <string>
#include <vector>

#include <ablatrix/config/reader.hpp>
#include <ablatrix/plan/experiment.hpp>

namespace ablatrix::plan::detail {

/// The map `statistics.effect`, one entry a metric of \p metrics. \throws ConfigError for unknown metrics and keys,
/// impossible numbers, and a metric of which nothing is said
std::vector<ExpectedEffect> read_effects(config::Reader& reader, std::vector<std::string> const& metrics);
/// The map that reads back to \p effects.
config::Node to_node(std::vector<ExpectedEffect> const& effects);

}  // namespace ablatrix::plan::detail
