#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <ablatrix/base/error.hpp>

#include "detail/char_map.hpp"
#include "detail/makers.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

std::uint32_t code_points(std::string_view text)
{
    std::uint32_t count = 0;
    for (char const byte : text)
        count += (static_cast<std::uint8_t>(byte) & 0xC0U) != 0x80 ? 1 : 0;
    return count;
}

/// SentencePiece's rules as the reference library applies them: to user-perceived characters of less than six bytes
/// where a rule knows a beginning of one, and else to its code points. SentencePiece itself takes the longest match; on
/// real texts that is the same.
class Precompiled final : public Normalizer
{
  public:
    explicit Precompiled(JsonNode const& node)
    {
        JsonNode const member = node.at("precompiled_charsmap");
        auto const bytes = from_base64(member.string());
        if (!bytes) member.fail("not base 64");
        rules_ = CharMap(*bytes, node.file());
    }

    void apply(AlignedText& text) const override
    {
        std::string_view const old = text.text();
        std::vector<Change> changes;
        bool changed = false;
        auto const graphemes = [&](std::uint32_t begin, std::uint32_t end) {
            changed = rewrite(old.substr(begin, end - begin), changes) || changed;
        };
        if (is_ascii(old))
            for_each_ascii(old, graphemes);
        else
            for_each_grapheme(old, graphemes);
        if (changed) text.transform(changes);
    }

  private:
    /// A carriage return and a line feed are one character.
    template <class Grapheme>
    static void for_each_ascii(std::string_view text, Grapheme grapheme)
    {
        for (std::uint32_t at = 0; at < text.size();) {
            std::uint32_t const end = at + (text.substr(at, 2) == "\r\n" ? 2 : 1);
            grapheme(at, end);
            at = end;
        }
    }

    template <class Grapheme>
    static void for_each_grapheme(std::string_view text, Grapheme grapheme)
    {
        UErrorCode status = U_ZERO_ERROR;
        thread_local std::unique_ptr<icu::BreakIterator> const breaks(
            icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
        UText input = UTEXT_INITIALIZER;
        utext_openUTF8(&input, text.data(), static_cast<std::int64_t>(text.size()), &status);
        ABLATRIX_VALIDATE(breaks && U_SUCCESS(status), "ICU has no data of grapheme boundaries. Reinstall ICU");
        breaks->setText(&input, status);
        std::uint32_t begin = 0;
        for (auto end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
            grapheme(begin, static_cast<std::uint32_t>(end));
            begin = static_cast<std::uint32_t>(end);
        }
        utext_close(&input);
    }

    /// Append what becomes of one character. \return whether a rule applied
    bool rewrite(std::string_view grapheme, std::vector<Change>& changes) const
    {
        if (grapheme.size() < 6 && replace(grapheme, changes)) return true;
        bool changed = false;
        for (std::uint32_t at = 0; at < grapheme.size();) {
            CodePoint const c = read_code_point(grapheme, at);
            if (replace(grapheme.substr(at, c.end - at), changes))
                changed = true;
            else
                changes.push_back({c.value, 0});
            at = c.end;
        }
        return changed;
    }

    /// Replace all of \p part if the rules know a beginning of it.
    bool replace(std::string_view part, std::vector<Change>& changes) const
    {
        auto const replacement = rules_.replacement(part);
        if (!replacement) return false;
        std::uint32_t const old_count = code_points(part);
        std::uint32_t new_count = 0;
        for (std::uint32_t at = 0; at < replacement->size(); ++new_count) {
            CodePoint const c = read_code_point(*replacement, at);
            changes.push_back({c.value, new_count < old_count ? 0 : 1});
            at = c.end;
        }
        if (new_count < old_count && !changes.empty())
            changes.back().shift -= static_cast<std::int32_t>(old_count - new_count);
        return true;
    }

    CharMap rules_;
};

}  // namespace

std::unique_ptr<Normalizer const> make_precompiled(JsonNode const& node)
{
    return std::make_unique<Precompiled>(node);
}

}  // namespace ablatrix::text::detail
