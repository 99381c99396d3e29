#pragma once

#include <cstddef>
#include <span>
#include <string>

/// \file
/// What both the libFuzzer programs and the seeded tests call. Each swallows ablatrix::Error and aborts on a broken
/// promise.

namespace ablatrix::fuzz {

/// Any text is a tree or a ConfigError, and a tree survives being written and read again.
void check_yaml(std::string const& text);
/// Any bytes are a bundle or an Error, and a bundle serialises to the bytes that it came from.
void check_bundle(std::span<std::byte const> bytes);

/// Any bytes give a scan of a journal, whose records lie within them and match their checksums.
void check_journal(std::span<std::byte const> bytes);

/// Any bytes are a safetensors file or an Error, and its tensors lie within it and do not overlap.
void check_safetensors(std::span<std::byte const> bytes);
/// Any text is an index of shards beside it, or an Error.
void check_shard_index(std::string const& text);
/// Any text is the config.json of an encoder or an Error; sizes fit each other, and saving keeps family and labels.
void check_encoder_config(std::string const& text);
/// Any text is a tokenizer.json or an Error; it gives tokens of its vocabulary that lie within their texts.
void check_tokenizer(std::string const& text);

inline std::span<std::byte const> as_bytes(std::string const& text)
{
    return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace ablatrix::fuzz
