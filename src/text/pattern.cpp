#include "detail/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <unicode/parseerr.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>
#include <unicode/utext.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

namespace {

/// As in the reference library (Oniguruma): ^ and $ stand at every line, and only a line feed ends one.
constexpr std::uint32_t line_rules = UREGEX_MULTILINE | UREGEX_UNIX_LINES;

/// Room for backtracking: ICU's own would end at a row of 222,000 spaces, this one at 7 million. It takes half a GiB.
constexpr std::int32_t stack_bytes = 1 << 28;

/// In units of 10,000 steps of ICU's engine, the same on every machine. Real expressions take up to 4 steps a byte;
/// here 50 are allowed, and ten million more for texts with runs that are tried again from each place of the run.
std::int32_t step_limit(std::uint32_t bytes)
{
    return 1000 + static_cast<std::int32_t>(bytes / 200);
}

/// A failure while matching depends on the text: too much backtracking.
void check_match(UErrorCode status)
{
    char const* const problem = status == U_REGEX_TIME_OUT         ? "takes too many steps on"
                                : status == U_REGEX_STACK_OVERFLOW ? "needs too much memory for"
                                                                   : "failed on";
    ABLATRIX_VALIDATE(U_SUCCESS(status), std::string("a regular expression of the tokenizer ") + problem +
                                             " a text (ICU: " + u_errorName(status) +
                                             "). Shorten the text or simplify the expression");
}

/// ICU and the reference mean different characters by these: \h is a hexadecimal digit there, \v a vertical tab only,
/// punctuation has symbols among it.
void refuse_other_meanings(JsonNode const& node)
{
    std::string_view const text = node.string();
    auto const refuse_at = [&](std::size_t at, std::string_view part) {
        if (text.substr(at).starts_with(part))
            node.fail("'" + std::string(part) +
                      "' means other characters in the reference library. Name them one by one");
    };
    for (std::size_t at = 0; at < text.size(); at += text[at] == '\\' ? 2 : 1)
        for (char const* part : {"\\h", "\\H", "\\v", "\\V", "[:punct:]", "[:^punct:]", "[:xdigit:]", "[:^xdigit:]"})
            refuse_at(at, part);
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
        refuse_other_meanings(node);
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
        icu::LocalUTextPointer const input(
            utext_openUTF8(nullptr, text.data() + begin, std::int64_t{end} - begin, &status));
        std::unique_ptr<icu::RegexMatcher> const matcher(pattern_->matcher(status));
        check_match(status);
        matcher->setStackLimit(stack_bytes, status);
        matcher->setTimeLimit(step_limit(end - begin), status);
        matcher->reset(input.getAlias());
        auto const offset = [&](std::int64_t in_piece) { return begin + static_cast<std::uint32_t>(in_piece); };
        collect(begin, end, out, [&]() -> std::optional<Stretch> {
            bool const found = matcher->find(status);
            check_match(status);
            if (!found) return std::nullopt;
            return Stretch{offset(matcher->start64(status)), offset(matcher->end64(status)), true};
        });
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
