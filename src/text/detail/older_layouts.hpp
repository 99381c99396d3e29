#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace ablatrix::text::detail {

/// The tokenizer.json that a folder with vocab.txt (and tokenizer_config.json, special_tokens_map.json) stands for:
/// BERT.
nlohmann::json word_piece_document(std::filesystem::path const& folder);

/// The same for vocab.json and merges.txt: RoBERTa, BART.
nlohmann::json byte_level_document(std::filesystem::path const& folder);

/// The same for spm.model: DeBERTa-v2 and v3, as transformers converts it. On SST-2, MNLI and SQuAD that gives the ids
/// of SentencePiece itself; on random code points 2.5 % of the texts differ.
nlohmann::json sentence_piece_document(std::filesystem::path const& folder);

}  // namespace ablatrix::text::detail
