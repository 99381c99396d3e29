#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/config/node.hpp>

namespace ablatrix::grid::detail {

/// Values for some axes, and what they do to the parameters.
struct Setting
{
    std::vector<std::string> texts;                                 ///< per axis of the dimension
    std::vector<std::pair<std::string, config::Node>> assignments;  ///< parameter path, value
};

/// Axes that advance together: one of a product, a zip entry, or the arms.
struct Dimension
{
    std::vector<std::string> axes;
    std::vector<Setting> settings;
};

/// Drops points that have all of these values.
struct Exclusion
{
    config::Mark mark;
    std::vector<std::pair<std::size_t, std::string>> wanted;  ///< axis index, text
};

/// The `grid` section, checked.
struct Section
{
    std::vector<Dimension> dimensions;
    std::vector<std::string> axes;  ///< of all dimensions, in order
    std::string arm_axis;
    std::vector<Setting> includes;  ///< over all axes
    std::vector<Exclusion> exclusions;
};

Section read_section(config::Node const& section, std::vector<std::string> const& known_paths);
/// Index of \p name in \p axes. \throws ConfigError with a did-you-mean
std::size_t axis_index(std::vector<std::string> const& axes, std::string const& name, config::Mark const& mark);

}  // namespace ablatrix::grid::detail
