#include "detail/decomposition.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <ablatrix/base/error.hpp>

#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

UNormalizer2 const& decomposer(bool compatible)
{
    UErrorCode status = U_ZERO_ERROR;
    UNormalizer2 const* normalizer = compatible ? unorm2_getNFKDInstance(&status) : unorm2_getNFDInstance(&status);
    ABLATRIX_VALIDATE(U_SUCCESS(status), "ICU cannot load its normalisation data. Check the ICU installation");
    return *normalizer;
}

/// UTF-16 units of the decomposition of \p c; -1 if it has none.
std::int32_t decomposition(UNormalizer2 const& normalizer, UChar32 c, UChar* units, std::int32_t capacity)
{
    if (c < 0x80) return -1;
    UErrorCode status = U_ZERO_ERROR;
    std::int32_t const length = unorm2_getDecomposition(&normalizer, c, units, capacity, &status);
    return length > 0 && U_SUCCESS(status) && in_unicode_9(static_cast<char32_t>(c)) ? length : -1;
}

void sort_marks(std::vector<Change>& changes, std::size_t first)
{
    std::stable_sort(changes.begin() + static_cast<std::ptrdiff_t>(first), changes.end(),
                     [](Change a, Change b) { return combining_class(a.value) < combining_class(b.value); });
}

}  // namespace

bool in_unicode_9(char32_t c)
{
    UVersionInfo age = {};
    u_charAge(static_cast<UChar32>(c), age);
    return age[0] <= 9;
}

std::uint8_t combining_class(char32_t c)
{
    std::uint8_t const value = u_getCombiningClass(static_cast<UChar32>(c));
    return value != 0 && in_unicode_9(c) ? value : std::uint8_t{0};
}

std::vector<Change> decomposed(std::string_view text, bool compatible)
{
    UNormalizer2 const& normalizer = decomposer(compatible);
    std::vector<Change> changes;
    changes.reserve(text.size());
    std::size_t marks = 0;  // where the current run of combining marks begins
    auto const append = [&](UChar32 value, bool first) {
        if (combining_class(static_cast<char32_t>(value)) == 0) {
            if (changes.size() - marks > 1) sort_marks(changes, marks);
            marks = changes.size() + 1;
        }
        changes.push_back({static_cast<char32_t>(value), first ? 0 : 1});
    };
    for (std::uint32_t at = 0; at < text.size();) {
        CodePoint const here = read_code_point(text, at);
        at = here.end;
        auto const value = static_cast<UChar32>(here.value);
        UChar units[64];
        std::int32_t const length = decomposition(normalizer, value, units, 64);
        if (length < 0) append(value, true);
        for (std::int32_t i = 0; i < length;) {
            bool const first = i == 0;
            UChar32 part = 0;
            U16_NEXT(units, i, length, part);
            append(part, first);
        }
    }
    if (changes.size() > marks + 1) sort_marks(changes, marks);
    return changes;
}

}  // namespace ablatrix::text::detail
