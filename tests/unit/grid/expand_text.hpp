#pragma once

#include <string>
#include <vector>

#include <ablatrix/grid/grid.hpp>

namespace ablatrix::grid {

inline std::vector<std::string> const known_paths = {
    "seed", "noise.type", "noise.rate", "signals.off", "signals.stability", "data.n_train", "classifier.epochs"};

inline config::Node base_parameters()
{
    return config::parse_yaml(
        "seed: 1\nnoise: {type: uniform, rate: 0.1}\nsignals: {off: [], stability: true}\ndata: {n_train: "
        "100}\nclassifier: {epochs: "
        "5}\n",
        "defaults");
}

/// The noise type cannot matter at rate 0.
inline void no_noise_has_no_type(config::Node& parameters)
{
    if (parameters.find("noise.rate")->canonical() == "0")
        parameters.assign("noise.type", config::Node::scalar("none", {}));
}

/// Expand the section written in \p text, whose places are lines of "x.yaml".
inline Grid expand_text(std::string const& text, std::vector<std::string> const& only = {})
{
    config::Node const file = config::parse_yaml(text, "x.yaml");
    config::Node const* const section = file.find("grid");
    return expand(section == nullptr ? config::Node{} : *section, base_parameters(), known_paths, no_noise_has_no_type,
                  only);
}

inline std::vector<std::string> labels(Grid const& grid)
{
    std::vector<std::string> out;
    for (Run const& run : grid.runs)
        out.push_back(run.label);
    return out;
}

}  // namespace ablatrix::grid
