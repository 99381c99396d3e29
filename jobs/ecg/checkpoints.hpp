#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <ablatrix/config/node.hpp>
#include <ablatrix/nn/encoder.hpp>

#include "jobs/ecg/parameters.hpp"

namespace ablatrix::ecg {

/// A checkpoint that a plan uses: named by its content, found in a folder.
struct Checkpoint
{
    std::filesystem::path folder;    ///< absolute
    std::string content;             ///< hash of all that its numbers depend on
    nn::EmbedOptions embedding;      ///< how its files say that it embeds; max_length resolved
    std::int64_t longest_row = 0;    ///< tokens
    std::int64_t row_specials = 0;   ///< special tokens of a row of one text
    std::int64_t pair_specials = 0;  ///< and of a pair
};

/// The checkpoints of a plan, each folder read and hashed once.
class Checkpoints
{
  public:
    /// What embedder.model names, with embedder.max_length. \p node is where messages about parameters point to.
    /// \throws config::ConfigError for a folder that is not there, is no checkpoint of a known family, has no
    /// tokenizer,
    ///         or is asked for longer rows than it has positions or for rows without room for text
    Checkpoint embedder(EmbedderParameters const& embedder, config::Node const& node,
                        std::filesystem::path const& base);
    /// What classifier.model names (embedder.model where that is empty), for rows or \p pairs of classifier.max_length.
    Checkpoint classifier(Parameters const& p, bool pairs, config::Node const& node, std::filesystem::path const& base);

  private:
    Checkpoint open(std::string const& model, std::string const& key, config::Node const& node,
                    std::filesystem::path const& base);

    std::map<std::filesystem::path, Checkpoint> by_folder_;
};

}  // namespace ablatrix::ecg
