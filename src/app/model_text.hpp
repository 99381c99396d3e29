#pragma once

#include <filesystem>
#include <string>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::app {

/// What `ablatrix model info` prints, for people and as one JSON object.
std::string model_table(std::filesystem::path const& folder, nn::CheckpointInfo const& about,
                        nn::EmbedOptions const& options);
std::string model_json(std::filesystem::path const& folder, nn::CheckpointInfo const& about,
                       nn::EmbedOptions const& options);

}  // namespace ablatrix::app
