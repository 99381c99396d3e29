#pragma once

#include <memory>

#include "json_node.hpp"
#include "stages.hpp"

/// \file
/// From the "type" of a stage in tokenizer.json to the stage. A new type is a maker and a line in factory.cpp.

namespace ablatrix::text::detail {

/// Each throws DataError "tokenizer.json: unknown type 'X' (normalizer.normalizers[2])".
std::unique_ptr<Normalizer const> make_normalizer(JsonNode const& node);
std::unique_ptr<PreTokenizer const> make_pre_tokenizer(JsonNode const& node);
/// \p document is the whole file: byte-level BPE looks at its pre-tokenizer.
std::unique_ptr<WordModel const> make_word_model(JsonNode const& node, JsonNode const& document);
std::unique_ptr<Decoder const> make_decoder(JsonNode const& node);

}  // namespace ablatrix::text::detail
