#pragma once

#include <filesystem>
#include <string>

#include <ablatrix/config/node.hpp>

namespace ablatrix::ecg {

/// Where the value of \p key stands in \p node, or \p node itself.
config::Mark mark_at(config::Node const& node, std::string const& key);

/// The file or folder that a parameter names. A path is taken from the experiment file's folder \p base, then from the
/// working directory; one that starts with "${ABLATRIX_DATA}" or "${ABLATRIX_MODELS}" from what that variable names,
/// without it from ../shared/data and models beside the working directory.
/// \throws config::ConfigError at the parameter's place when there is nothing, ending with \p way_out
std::filesystem::path resolve_path(std::string const& text, std::string const& key, config::Node const& node,
                                   std::filesystem::path const& base, std::string const& way_out);

}  // namespace ablatrix::ecg
