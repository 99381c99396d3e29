#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::text::detail {

/// A text as valid UTF-8, each bad sequence of bytes replaced by U+FFFD; buffers stay from text to text.
class ValidText
{
  public:
    /// \p text must live as long as what this returns is used.
    std::string_view repair(std::string_view text);
    bool repaired() const noexcept { return !breaks_.empty(); }
    /// Turn a range of the valid text into one of the text as it was.
    Offset original(Offset range) const;

  private:
    /// Where lengths differ: behind byte `valid` of the valid text, bytes are those behind `original`.
    struct Break
    {
        std::uint32_t valid = 0;
        std::uint32_t original = 0;
    };
    std::uint32_t original(std::uint32_t at) const;

    std::string valid_;
    std::vector<Break> breaks_;
};

}  // namespace ablatrix::text::detail
