#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "char_class.hpp"
#include "stages.hpp"

/// \file
/// The split patterns of the byte-level tokenizers in use, as scanners: a regular expression engine would take most of
/// the time of an encoding. Every character belongs to exactly one piece.

namespace ablatrix::text::detail {

enum class SplitPattern
{
    gpt2,
    qwen2,
    llama3
};

/// The regular expressions that the scanners stand for.
std::string_view pattern_text(SplitPattern pattern);

/// The scanner for a regular expression, recognised by its exact spelling.
std::optional<SplitPattern> known_pattern(std::string_view regex);

class SplitScanner
{
  public:
    explicit SplitScanner(SplitPattern pattern) : pattern_(pattern), classes_(&char_table()) {}

    /// Offset behind the piece that starts at \p begin < text.size() of well-formed UTF-8.
    std::uint32_t piece_end(std::string_view text, std::uint32_t begin) const;
    void split(Segment& segment) const;

  private:
    std::uint32_t gpt2_end(std::string_view text, std::uint32_t begin) const;
    std::uint32_t qwen_end(std::string_view text, std::uint32_t begin) const;

    SplitPattern pattern_;
    CharTable const* classes_;
};

}  // namespace ablatrix::text::detail
