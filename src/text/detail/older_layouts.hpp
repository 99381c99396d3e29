#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace ablatrix::text::detail {

/// The tokenizer.json that a folder with vocab.txt (and tokenizer_config.json, special_tokens_map.json) stands for:
/// BERT.
nlohmann::json word_piece_document(std::filesystem::path const& folder);

}  // namespace ablatrix::text::detail
