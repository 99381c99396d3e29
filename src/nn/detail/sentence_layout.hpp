#pragma once

#include <filesystem>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn::detail {

/// Where a sentence-transformers folder keeps its encoder, and how states become vectors.
struct SentenceLayout
{
    std::filesystem::path encoder;  ///< folder of config.json, weights and tokenizer
    EmbedOptions options;           ///< max_length 0: not said
};

/// Reads modules.json and what it names: 1_Pooling/config.json and sentence_bert_config.json. Without modules.json: the
/// folder itself, mean of all tokens, normalised.
/// \throws DataError naming file and key for modules other than Transformer, Pooling and Normalize, poolings other than
///         mean, cls and max, lower-casing in front of the tokenizer, and a default prompt
SentenceLayout read_sentence_layout(std::filesystem::path const& folder);

}  // namespace ablatrix::nn::detail
