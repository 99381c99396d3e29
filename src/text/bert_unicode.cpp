#include "detail/bert_unicode.hpp"

#include <cstdint>

#include <unicode/uchar.h>

namespace ablatrix::text::detail {

namespace {

/// Capitals of Unicode 16 and 17, which the reference knows and ICU 72 does not; lower is that of the first.
struct CasePairs
{
    char32_t first;
    char32_t last;
    char32_t lower;
};
constexpr CasePairs newer_case_pairs[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x0264},   {0xA7CC, 0xA7CC, 0xA7CD}, {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},    {0xA7D4, 0xA7D4, 0xA7D5},   {0xA7DA, 0xA7DA, 0xA7DB}, {0xA7DC, 0xA7DC, 0x019B},
    {0x10D50, 0x10D65, 0x10D70}, {0x16EA0, 0x16EB8, 0x16EBB}};

bool in_unicode_8(UChar32 c)
{
    UVersionInfo age = {};
    u_charAge(c, age);
    return age[0] <= 8;
}

bool has_category(char32_t c, std::uint32_t mask)
{
    auto const code_point = static_cast<UChar32>(c);
    return (U_GET_GC_MASK(code_point) & mask) != 0 && in_unicode_8(code_point);
}

}  // namespace

bool bert_drops(char32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r') return false;
    return c == 0 || c == 0xFFFD || has_category(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK);
}

bool bert_space(char32_t c)
{
    return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

bool bert_accent(char32_t c)
{
    // Marks whose category has changed since Unicode 8.
    if (c == 0x1734) return true;
    if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
    return has_category(c, U_GC_MN_MASK);
}

bool bert_punctuation(char32_t c)
{
    if (c < 0x80) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return has_category(c, U_GC_P_MASK) || c == 0x166D || c == 0x111C9;
}

bool bert_ideograph(char32_t c)
{
    auto const within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
    return within(0x4E00, 0x9FFF) || within(0x3400, 0x4DBF) || within(0x20000, 0x2A6DF) || within(0x2A700, 0x2B73F) ||
           within(0x2B740, 0x2B81F) || within(0x2B920, 0x2CEAF) || within(0xF900, 0xFAFF) || within(0x2F800, 0x2FA1F);
}

char32_t bert_lower(char32_t c)
{
    if (c >= 0x1C89) {
        for (CasePairs const& pairs : newer_case_pairs)
            if (c >= pairs.first && c <= pairs.last) return c - pairs.first + pairs.lower;
    }
    return static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

}  // namespace ablatrix::text::detail
