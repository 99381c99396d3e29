#include "detail/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include <unicode/parseerr.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>
#include <unicode/utext.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

namespace {

/// As in the reference library (Oniguruma): ^ and $ stand at every line, and only a line feed ends one.
constexpr std::uint32_t line_rules = UREGEX_MULTILINE | UREGEX_UNIX_LINES;

/// A failure while matching depends on the text: too much backtracking.
void check_match(UErrorCode status)
{
    ABLATRIX_VALIDATE(U_SUCCESS(status), std::string("a regular expression of the tokenizer failed on a text (ICU: ") +
                                             u_errorName(status) + "). Shorten the text or simplify the expression");
}

icu::UnicodeString from_utf8(std::string const& text)
{
    return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

/// Match after match, in byte offsets into [begin, end).
template <class Next>
void collect(std::uint32_t begin, std::uint32_t end, std::vector<Stretch>& out, Next next)
{
    out.clear();
    std::uint32_t at = begin;
    while (std::optional<Stretch> const match = next()) {
        // Nothing, right behind a match, is no match.
        if (match->begin == match->end && !out.empty() && match->end == at) continue;
        if (at < match->begin) out.push_back({at, match->begin, false});
        out.push_back({match->begin, match->end, true});
        at = match->end;
    }
    if (at < end) out.push_back({at, end, false});
}

}  // namespace

class Pattern::Regex
{
  public:
    explicit Regex(JsonNode const& node)
    {
        UParseError where;
        UErrorCode status = U_ZERO_ERROR;
        pattern_.reset(icu::RegexPattern::compile(from_utf8(node.string()), line_rules, where, status));
        if (U_FAILURE(status))
            node.fail("cannot read the regular expression (ICU: " + std::string(u_errorName(status)) +
                      " at character " + std::to_string(where.offset) + ")");
    }

    void find(std::string_view text, std::uint32_t begin, std::uint32_t end, std::vector<Stretch>& out) const
    {
        UErrorCode status = U_ZERO_ERROR;
        UText input = UTEXT_INITIALIZER;
        utext_openUTF8(&input, text.data() + begin, std::int64_t{end} - begin, &status);
        std::unique_ptr<icu::RegexMatcher> const matcher(pattern_->matcher(status));
        check_match(status);
        matcher->reset(&input);
        auto const offset = [&](std::int64_t in_piece) { return begin + static_cast<std::uint32_t>(in_piece); };
        collect(begin, end, out, [&]() -> std::optional<Stretch> {
            bool const found = matcher->find(status);
            check_match(status);
            if (!found) return std::nullopt;
            return Stretch{offset(matcher->start64(status)), offset(matcher->end64(status)), true};
        });
        utext_close(&input);
    }

  private:
    std::unique_ptr<icu::RegexPattern const> pattern_;
};

Pattern::Pattern(JsonNode const& node)
{
    if (auto const regex = node.find("Regex")) {
        regex_ = std::make_unique<Regex>(*regex);
        return;
    }
    literal_ = node.at("String").string();
    if (literal_.empty()) node.fail("an empty string is no pattern");
}

Pattern::~Pattern() = default;

void Pattern::find(std::string_view text, std::uint32_t begin, std::uint32_t end, std::vector<Stretch>& out) const
{
    if (regex_) return regex_->find(text, begin, end, out);
    auto const size = static_cast<std::uint32_t>(literal_.size());
    std::size_t from = begin;
    collect(begin, end, out, [&]() -> std::optional<Stretch> {
        std::size_t const at = text.substr(0, end).find(literal_, from);
        if (at == std::string_view::npos) return std::nullopt;
        from = at + size;
        return Stretch{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(from), true};
    });
}

}  // namespace ablatrix::text::detail
