#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>

namespace ablatrix::nn::detail {

/// Files of a tokenizer that \p folder holds, by name and sorted.
std::vector<std::string> tokenizer_files(std::filesystem::path const& folder);
/// Files by which a sentence encoder says how it pools, in the same way.
std::vector<std::string> pooling_files(std::filesystem::path const& folder);

/// The class of transformers that reads a classifier of \p family: "BertForSequenceClassification".
std::string classifier_architecture(Family family);
/// config.json of a classifier: the keys of config.json as they were, its labels, float32 and the class that reads it.
std::string classifier_config_json(EncoderConfig const& config);

}  // namespace ablatrix::nn::detail
