#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "json_node.hpp"

/// \file
/// What the older layouts share: settings beside a vocabulary, and parts of the tokenizer.json that they stand for.

namespace ablatrix::text::detail {

/// tokenizer_config.json and special_tokens_map.json of a folder; a file that is not there holds none.
class Settings
{
  public:
    explicit Settings(std::filesystem::path const& folder);

    /// The first file that has the key.
    std::optional<JsonNode> find(char const* key) const;
    bool flag(char const* key, bool otherwise) const;
    /// A token, written as a string or as an object with "content".
    std::string token(char const* key, char const* otherwise) const;

  private:
    std::vector<std::pair<nlohmann::json, std::string>> documents_;
};

/// A special token for "added_tokens".
nlohmann::json added_token(std::string const& content, std::int64_t id);

/// "added_tokens" of a folder: \p known by id, and what added_tokens.json and the settings' added_tokens_decoder say.
nlohmann::json added_tokens(std::filesystem::path const& folder, Settings const& settings,
                            std::map<std::int64_t, nlohmann::json> known);

/// begin A end, begin A end B end with types 0 and 1.
nlohmann::json bert_template(std::string const& begin, std::int64_t begin_id, std::string const& end,
                             std::int64_t end_id);

}  // namespace ablatrix::text::detail
