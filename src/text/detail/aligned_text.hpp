#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::text::detail {

/// A code point of a rewritten text, and what it stands for: 0 the next old code point, 1 nothing (it was inserted and
/// shares the place of what is before it), -n the next one and the n behind it.
struct Change
{
    char32_t value = 0;
    std::int32_t shift = 0;
};

/// A text under rewriting of which every byte knows the bytes of the original that it came from.
///
/// The reference library keeps one such range per byte of normalised text; bytes of one code point share theirs. Places
/// are only kept when asked for. Buffers stay allocated from text to text.
class AlignedText
{
  public:
    /// \p original is valid UTF-8 and begins \p origin bytes behind the beginning of its text.
    void assign(std::string_view original, std::uint32_t origin, bool aligned);

    std::string_view text() const noexcept { return text_; }
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(text_.size()); }
    /// Where bytes [begin, end), which are not empty, come from. {0, 0} without alignment.
    Offset original(std::uint32_t begin, std::uint32_t end) const
    {
        return aligned_ ? Offset{places_[begin].begin, places_[end - 1].end} : Offset{};
    }

    /// Replace every byte b by table[b], dropping those that become 0. For ASCII.
    void map_bytes(std::array<char, 256> const& table);

    /// Rewriting from left to right: begin_rewrite(), any number of keep() and put(), end_rewrite(). text() is the old
    /// text until the end.
    void begin_rewrite();
    /// Append old bytes [begin, end) with their places.
    void keep(std::uint32_t begin, std::uint32_t end);
    /// Append \p bytes, all of which have the place of old byte \p like; for size() that is before everything.
    void put(std::string_view bytes, std::uint32_t like);
    void end_rewrite();
    /// Bytes of the new text so far.
    std::uint32_t rewritten() const noexcept { return static_cast<std::uint32_t>(new_text_.size()); }

    /// Replace the whole text as \p changes say, \p skipped code points at its beginning left out.
    void transform(std::span<Change const> changes, std::uint32_t skipped = 0);

  private:
    std::uint32_t origin_ = 0;
    bool aligned_ = false;
    std::string text_;
    std::vector<Offset> places_;  // per byte of text_; empty without alignment
    std::string new_text_;
    std::vector<Offset> new_places_;
};

}  // namespace ablatrix::text::detail
