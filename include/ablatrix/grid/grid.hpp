#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>

namespace ablatrix::grid {

/// One axis of the grid: a dotted parameter path, or the arm axis.
struct Axis
{
    std::string name;                 ///< "noise.rate", or the arm axis' name ("ablate")
    std::vector<std::string> values;  ///< canonical texts of the distinct values, in order of first appearance
};

/// One grid point.
struct Run
{
    std::vector<std::string> values;  ///< text per axis, read from the canonicalised parameters
    config::Node parameters;          ///< fully resolved parameters of the job
    std::size_t folded = 0;           ///< how many other grid points mean the same and were folded into this one
    /// "seed=42 noise.rate=0.1 ablate=full"; "default" when the grid has no axes
    std::string label;
};

struct Grid
{
    std::vector<Axis> axes;
    std::vector<Run> runs;     ///< stable order: first axis slowest; then `include` points
    std::string arm_axis;      ///< name of the arm axis, "" when the grid has no arms
    std::size_t expanded = 0;  ///< grid points before folding and --only
};

/// Replaces values that cannot matter by a canonical one (noise type at rate 0), so that equal runs fold into one.
using Canonicaliser = std::function<void(config::Node& parameters)>;

/// Text that names a value of an axis: text as it is, numbers in canonical form (0.10 is "0.1"), lists as one line.
std::string value_text(config::Node const& value);

/// Expand the `grid` section over the base `parameters`.
///
///     grid:
///       product: {seed: [1, 2], noise.rate: [0, 0.1]}
///       zip: [{data.n_train: [500, 1000], classifier.epochs: [10, 5]}]      # each entry advances together
///       arms: {axis: ablate, values: {full: {}, no-stability: {signals.off: [stability]}}}
///       include: [{seed: 3, noise.rate: 0.2, ablate: full}]                 # every axis must be named
///       exclude: [{noise.rate: 0, ablate: no-stability}]                    # drops points that match all given values
///
/// Axes come in the order product, zip, arms. An arm's overrides are laid over the parameters; without `axis:` the arm
/// axis is called "arm". Points whose canonicalised parameters agree fold into the first of them, arm by arm: two arms
/// never fold into each other, even when they mean the same. `exclude` leaves `include` points alone; it matches a
/// value as listed or as shown after canonicalising. A null section gives one run.
///
/// \p known_paths are the dotted paths of all parameters: what an axis or an arm may name.
/// \p only keeps runs with "axis=value" as shown (several values of one axis: any; several axes: all).
/// \throws config::ConfigError for an unknown axis path, an empty grid, unequal zip lengths, duplicate arms or values,
///         an axis given twice, an exclude or --only that matches nothing, more than a million points
Grid expand(config::Node const& grid_section, config::Node const& parameters,
            std::vector<std::string> const& known_paths, Canonicaliser const& canonicalise,
            std::vector<std::string> const& only);

}  // namespace ablatrix::grid
