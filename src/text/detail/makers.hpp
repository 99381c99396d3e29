#pragma once

#include <memory>
#include <optional>

#include "json_node.hpp"
#include "stages.hpp"

/// \file
/// Makers of single stages, one group per source file; factory.cpp knows their names.

namespace ablatrix::text::detail {

// bert.cpp
std::unique_ptr<Normalizer const> make_bert_normalizer(JsonNode const& node);
std::unique_ptr<PreTokenizer const> make_bert_pre_tokenizer(JsonNode const& node);
// splitters.cpp
std::unique_ptr<PreTokenizer const> make_whitespace(JsonNode const& node);
std::unique_ptr<PreTokenizer const> make_whitespace_split(JsonNode const& node);
std::unique_ptr<PreTokenizer const> make_punctuation(JsonNode const& node);
std::unique_ptr<PreTokenizer const> make_digits(JsonNode const& node);
// word_piece.cpp
std::unique_ptr<WordModel const> make_word_piece(JsonNode const& node, JsonNode const& document);
std::unique_ptr<Decoder const> make_word_piece_decoder(JsonNode const& node);
// normalizers.cpp
std::unique_ptr<Normalizer const> make_lowercase(JsonNode const& node);
std::unique_ptr<Normalizer const> make_strip_accents(JsonNode const& node);
std::unique_ptr<Normalizer const> make_strip(JsonNode const& node);
std::unique_ptr<Normalizer const> make_replace(JsonNode const& node);
std::unique_ptr<Normalizer const> make_prepend(JsonNode const& node);
// unicode_forms.cpp
std::unique_ptr<Normalizer const> make_nfc(JsonNode const& node);
std::unique_ptr<Normalizer const> make_nfd(JsonNode const& node);
std::unique_ptr<Normalizer const> make_nfkc(JsonNode const& node);
std::unique_ptr<Normalizer const> make_nfkd(JsonNode const& node);
// precompiled.cpp
std::unique_ptr<Normalizer const> make_precompiled(JsonNode const& node);
// byte_level.cpp
std::unique_ptr<PreTokenizer const> make_byte_level(JsonNode const& node);
std::unique_ptr<Decoder const> make_byte_level_decoder(JsonNode const& node);
/// The pre-tokenizer ByteLevel of a tokenizer.json; the model behind it takes bytes. \throws DataError if another one
/// follows it: that one would meet bytes where the reference has their printable spelling
std::optional<JsonNode> find_byte_level(JsonNode const& document);
// split.cpp
std::unique_ptr<PreTokenizer const> make_split(JsonNode const& node);
// metaspace.cpp
std::unique_ptr<PreTokenizer const> make_metaspace(JsonNode const& node);
std::unique_ptr<Decoder const> make_metaspace_decoder(JsonNode const& node);
// bpe.cpp
std::unique_ptr<WordModel const> make_bpe(JsonNode const& node, JsonNode const& document);
// unigram.cpp
std::unique_ptr<WordModel const> make_unigram(JsonNode const& node, JsonNode const& document);
// decoders.cpp
std::unique_ptr<Decoder const> make_replace_decoder(JsonNode const& node);
std::unique_ptr<Decoder const> make_byte_fallback(JsonNode const& node);
std::unique_ptr<Decoder const> make_fuse(JsonNode const& node);
std::unique_ptr<Decoder const> make_strip_decoder(JsonNode const& node);
std::unique_ptr<Decoder const> make_bpe_decoder(JsonNode const& node);

}  // namespace ablatrix::text::detail
