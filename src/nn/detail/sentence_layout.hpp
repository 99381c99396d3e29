#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn::detail {

/// Where a sentence-transformers folder keeps its encoder, and how states become vectors.
struct SentenceLayout
{
    std::filesystem::path encoder;     ///< folder of config.json, weights and tokenizer
    EmbedOptions options;              ///< max_length 0: not said
    std::vector<std::string> files{};  ///< what says so beside the tokenizer's files, relative to the folder asked for
};

/// Reads modules.json and what it names: 1_Pooling/config.json, sentence_bert_config.json and, where that has no
/// max_seq_length, tokenizer_config.json. Without modules.json, and for cross-encoders: mean of all tokens, normalised.
///
/// \throws DataError naming file and key for modules other than Transformer, Pooling and Normalize, a missing one of
///         the first two, poolings other than mean, cls and max, lower-casing in front of the tokenizer, and a default
///         prompt
SentenceLayout read_sentence_layout(std::filesystem::path const& folder);

/// The folder of config.json, weights and tokenizer alone, however their states are pooled.
std::filesystem::path encoder_folder(std::filesystem::path const& folder);

}  // namespace ablatrix::nn::detail
