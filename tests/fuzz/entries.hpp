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

inline std::span<std::byte const> as_bytes(std::string const& text)
{
    return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace ablatrix::fuzz
