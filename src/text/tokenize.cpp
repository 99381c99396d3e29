#include <ablatrix/text/tokenize.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace ablatrix::text {

namespace {

/// One code point of a text; U+FFFD for bytes that are not UTF-8.
struct CodePoint
{
    UChar32 value = 0;
    std::size_t end = 0;  // offset behind it
};

CodePoint read_code_point(std::string_view text, std::size_t begin)
{
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(text.data());
    auto position = static_cast<std::int64_t>(begin);
    auto const length = static_cast<std::int64_t>(text.size());
    UChar32 value = 0;
    U8_NEXT_OR_FFFD(bytes, position, length, value);
    return {value, static_cast<std::size_t>(position)};
}

bool starts_word(UChar32 c)
{
    return u_isalnum(c) != 0;
}

/// Combining marks belong to the letter before them.
bool continues_word(UChar32 c)
{
    return starts_word(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

bool is_apostrophe(UChar32 c)
{
    return c == '\'' || c == 0x2019;
}

/// Offset behind the word that starts at \p begin with a letter or digit.
std::size_t end_of_word(std::string_view text, std::size_t begin)
{
    std::size_t end = begin;
    while (end < text.size()) {
        CodePoint const here = read_code_point(text, end);
        if (continues_word(here.value)) {
            end = here.end;
            continue;
        }
        bool const inside =
            is_apostrophe(here.value) && here.end < text.size() && starts_word(read_code_point(text, here.end).value);
        if (!inside) return end;
        end = here.end;
    }
    return end;
}

/// Offset behind "<...>" or "[...]" starting at \p begin; \p begin itself when it is not one word.
std::size_t end_of_marker(std::string_view text, std::size_t begin)
{
    char const open = text[begin];
    char const close = open == '<' ? '>' : ']';
    std::size_t at = begin + 1;
    while (at < text.size()) {
        CodePoint const here = read_code_point(text, at);
        if (here.value == close) return at > begin + 1 ? here.end : begin;
        // A second opening bracket starts anew, which also keeps the search linear.
        if (here.value == open || u_isUWhiteSpace(here.value) != 0) return begin;
        at = here.end;
    }
    return begin;
}

std::string lower_case(std::string_view word)
{
    bool const ascii =
        std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    std::string lower;
    if (ascii) {
        lower.assign(word);
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return lower;
    }
    auto const piece = icu::StringPiece(word.data(), static_cast<std::int32_t>(word.size()));
    icu::UnicodeString::fromUTF8(piece).toLower(icu::Locale::getRoot()).toUTF8String(lower);
    return lower;
}

}  // namespace

std::vector<Word> words(std::string_view text)
{
    std::vector<Word> found;
    std::size_t at = 0;
    while (at < text.size()) {
        CodePoint const here = read_code_point(text, at);
        std::size_t end = at;
        if (here.value == '<' || here.value == '[')
            end = end_of_marker(text, at);
        else if (starts_word(here.value))
            end = end_of_word(text, at);
        if (end > at) {
            found.push_back({lower_case(text.substr(at, end - at)), at, end});
            at = end;
        }
        else {
            at = here.end;
        }
    }
    return found;
}

}  // namespace ablatrix::text
