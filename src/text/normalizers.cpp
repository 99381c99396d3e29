#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <unicode/uchar.h>

#include "detail/bert_unicode.hpp"
#include "detail/decomposition.hpp"
#include "detail/makers.hpp"
#include "detail/pattern.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// Code point by code point, without context: a final sigma is like all others.
class Lowercase final : public Normalizer
{
  public:
    void apply(AlignedText& text) const override
    {
        std::string_view const old = text.text();
        text.begin_rewrite();
        for (std::uint32_t at = 0; at < old.size();) {
            CodePoint const c = read_code_point(old, at);
            if (c.value == 0x130)  // the only one whose lower case is two code points
                text.put("i\u0307", at);
            else
                text.put(EncodedCodePoint(bert_lower(c.value)).view(), at);
            at = c.end;
        }
        text.end_rewrite();
    }
};

/// The reference's marks are those of Unicode 9, and of these three the class has changed since.
bool is_mark(char32_t c)
{
    if (c == 0x1CF2 || c == 0x1CF3) return true;
    bool const mark = (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_M_MASK) != 0;
    return mark && c != 0x111C9 && in_unicode_9(c);
}

/// Drops combining marks; only those that a decomposition before it has set free.
class StripAccents final : public Normalizer
{
  public:
    void apply(AlignedText& text) const override
    {
        std::string_view const old = text.text();
        if (is_ascii(old)) return;
        text.begin_rewrite();
        for (std::uint32_t at = 0; at < old.size();) {
            CodePoint const c = read_code_point(old, at);
            if (!is_mark(c.value)) text.keep(at, c.end);
            at = c.end;
        }
        text.end_rewrite();
    }
};

/// Drops white space at the ends.
class Strip final : public Normalizer
{
  public:
    explicit Strip(JsonNode const& node)
        : left_(node.boolean_or("strip_left", true)), right_(node.boolean_or("strip_right", true))
    {}

    void apply(AlignedText& text) const override
    {
        std::string_view const old = text.text();
        std::uint32_t begin = 0;
        std::uint32_t end = text.size();
        while (left_ && begin < end && bert_space(read_code_point(old, begin).value))
            begin = read_code_point(old, begin).end;
        while (right_ && begin < end && bert_space(read_code_point_before(old, end).value))
            end = read_code_point_before(old, end).end;
        if (begin == 0 && end == text.size()) return;
        text.begin_rewrite();
        text.keep(begin, end);
        text.end_rewrite();
    }

  private:
    bool left_;
    bool right_;
};

/// The content takes the place of the last code point of what it replaces.
class Replace final : public Normalizer
{
  public:
    explicit Replace(JsonNode const& node) : pattern_(node.at("pattern")), content_(node.at("content").string()) {}

    void apply(AlignedText& text) const override
    {
        std::vector<Stretch> stretches;
        pattern_.find(text.text(), 0, text.size(), stretches);
        if (stretches.empty() || (stretches.size() == 1 && !stretches[0].match)) return;
        text.begin_rewrite();
        for (Stretch const& stretch : stretches) {
            if (stretch.match)
                text.put(content_, stretch.end > 0 ? stretch.end - 1 : text.size());
            else
                text.keep(stretch.begin, stretch.end);
        }
        text.end_rewrite();
    }

  private:
    Pattern pattern_;
    std::string content_;
};

/// The content shares the place of the first code point.
class Prepend final : public Normalizer
{
  public:
    explicit Prepend(JsonNode const& node) : content_(node.at("prepend").string()) {}

    void apply(AlignedText& text) const override
    {
        if (text.size() == 0) return;
        text.begin_rewrite();
        text.put(content_, 0);
        text.keep(0, text.size());
        text.end_rewrite();
    }

  private:
    std::string content_;
};

}  // namespace

std::unique_ptr<Normalizer const> make_lowercase(JsonNode const&)
{
    return std::make_unique<Lowercase>();
}

std::unique_ptr<Normalizer const> make_strip_accents(JsonNode const&)
{
    return std::make_unique<StripAccents>();
}

std::unique_ptr<Normalizer const> make_strip(JsonNode const& node)
{
    return std::make_unique<Strip>(node);
}

std::unique_ptr<Normalizer const> make_replace(JsonNode const& node)
{
    return std::make_unique<Replace>(node);
}

std::unique_ptr<Normalizer const> make_prepend(JsonNode const& node)
{
    return std::make_unique<Prepend>(node);
}

}  // namespace ablatrix::text::detail
