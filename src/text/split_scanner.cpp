#include "detail/split_scanner.hpp"

#include <array>

#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

constexpr std::array known{SplitPattern::gpt2, SplitPattern::qwen2, SplitPattern::llama3};

/// A character with its class.
struct Char
{
    char32_t value = 0;
    std::uint32_t end = 0;
    CharClass kind = CharClass::none;
};

/// Behind the end of the text: class none.
Char read(CharTable const& classes, std::string_view text, std::uint32_t at)
{
    if (at >= text.size()) return {};
    CodePoint const c = read_code_point(text, at);
    return {c.value, c.end, classes[c.value]};
}

std::uint32_t end_of_run(CharTable const& classes, std::string_view text, std::uint32_t at, CharClass kind)
{
    for (Char c = read(classes, text, at); c.kind == kind; c = read(classes, text, at))
        at = c.end;
    return at;
}

bool is_line_break(char32_t c)
{
    return c == '\n' || c == '\r';
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Bytes of 's 't 're 've 'm 'll 'd at \p at, which holds an apostrophe; 0: no contraction.
std::uint32_t contraction_size(std::string_view text, std::uint32_t at, bool any_case)
{
    auto const letter = [&](std::uint32_t k) {
        if (at + k >= text.size()) return '\0';
        return any_case ? lower(text[at + k]) : text[at + k];
    };
    char const first = letter(1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if ((first == 'r' || first == 'v') && letter(2) == 'e') return 3;
    if (first == 'l' && letter(2) == 'l') return 3;
    constexpr std::string_view long_s = "\u017F";  // its upper case is S
    return any_case && text.substr(at + 1, long_s.size()) == long_s ? 1 + long_s.size() : 0;
}

/// \s+(?!\S)|\s+ at a space: a run of them, without the last when something else follows and more than one is there.
std::uint32_t end_of_spaces(CharTable const& classes, std::string_view text, std::uint32_t begin)
{
    std::uint32_t last = begin;
    std::uint32_t at = begin;
    for (Char c = read(classes, text, at); c.kind == CharClass::space; c = read(classes, text, at)) {
        last = at;
        at = c.end;
    }
    return at < text.size() && last > begin ? last : at;
}

/// \s*[\r\n]+ at a space: behind the last line break of the run; \p begin when it has none.
std::uint32_t end_of_line_breaks(CharTable const& classes, std::string_view text, std::uint32_t begin)
{
    std::uint32_t found = begin;
    std::uint32_t at = begin;
    for (Char c = read(classes, text, at); c.kind == CharClass::space; c = read(classes, text, at)) {
        at = c.end;
        if (is_line_break(c.value)) found = at;
    }
    return found;
}

std::uint32_t skip_line_breaks(std::string_view text, std::uint32_t at)
{
    while (at < text.size() && is_line_break(static_cast<unsigned char>(text[at])))
        ++at;
    return at;
}

}  // namespace

std::string_view pattern_text(SplitPattern pattern)
{
    switch (pattern) {
        case SplitPattern::gpt2:
            return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
        case SplitPattern::qwen2:
            return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
                   R"(|\s+(?!\S)|\s+)";
        case SplitPattern::llama3:
            return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
                   R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
    }
    return {};
}

std::optional<SplitPattern> known_pattern(std::string_view regex)
{
    for (SplitPattern const pattern : known)
        if (regex == pattern_text(pattern)) return pattern;
    return std::nullopt;
}

std::uint32_t SplitScanner::piece_end(std::string_view text, std::uint32_t begin) const
{
    return pattern_ == SplitPattern::gpt2 ? gpt2_end(text, begin) : qwen_end(text, begin);
}

void SplitScanner::split(Segment& segment) const
{
    segment.cut_pieces([&](Piece const& piece, auto const& emit) {
        std::string_view const text = segment.text.text().substr(0, piece.end);
        for (std::uint32_t at = piece.begin; at < piece.end;) {
            std::uint32_t const end = piece_end(text, at);
            emit(at, end);
            at = end;
        }
    });
}

std::uint32_t SplitScanner::gpt2_end(std::string_view text, std::uint32_t begin) const
{
    Char first = read(*classes_, text, begin);
    if (first.value == '\'') {
        std::uint32_t const size = contraction_size(text, begin, false);
        if (size > 0) return begin + size;
    }
    if (first.value == ' ') {
        Char const next = read(*classes_, text, begin + 1);
        if (next.kind != CharClass::none && next.kind != CharClass::space) {
            first = next;
        }
    }
    if (first.kind == CharClass::space) return end_of_spaces(*classes_, text, begin);
    return end_of_run(*classes_, text, first.end, first.kind);
}

std::uint32_t SplitScanner::qwen_end(std::string_view text, std::uint32_t begin) const
{
    Char const first = read(*classes_, text, begin);
    if (first.value == '\'') {
        std::uint32_t const size = contraction_size(text, begin, true);
        if (size > 0) return begin + size;
    }
    if (first.kind == CharClass::letter) return end_of_run(*classes_, text, first.end, CharClass::letter);
    if (first.kind == CharClass::number) {
        std::uint32_t at = first.end;
        for (int more = pattern_ == SplitPattern::llama3 ? 2 : 0; more > 0; --more) {
            Char const c = read(*classes_, text, at);
            if (c.kind == CharClass::number) at = c.end;
        }
        return at;
    }
    Char const next = read(*classes_, text, first.end);
    if (!is_line_break(first.value) && next.kind == CharClass::letter)
        return end_of_run(*classes_, text, next.end, CharClass::letter);
    if (first.kind == CharClass::other || (first.value == ' ' && next.kind == CharClass::other))
        return skip_line_breaks(text, end_of_run(*classes_, text, first.end, CharClass::other));
    std::uint32_t const breaks = end_of_line_breaks(*classes_, text, begin);
    return breaks > begin ? breaks : end_of_spaces(*classes_, text, begin);
}

}  // namespace ablatrix::text::detail
