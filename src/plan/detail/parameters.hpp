#pragma once

#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>

namespace ablatrix::plan::detail {

/// Dotted paths of all parameters: leaves of the job's defaults.
std::vector<std::string> parameter_paths(config::Node const& defaults);

/// \p parameters with flat keys ("noise.rate: 0.1") written out as sections. \throws ConfigError for an unknown path, a
/// value given twice or one of another type than its default
config::Node read_parameters(config::Node const& parameters, config::Node const& defaults);

/// Check types of all values of a `grid` section; unknown paths are left to grid::expand.
void check_grid_types(config::Node const& grid, config::Node const& defaults);

}  // namespace ablatrix::plan::detail
