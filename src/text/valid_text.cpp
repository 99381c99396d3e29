#include "detail/valid_text.hpp"

#include <algorithm>

#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// Whether the bytes of \p here, which begins at \p begin, say U+FFFD without being its encoding.
bool is_bad(std::string_view text, std::uint32_t begin, CodePoint here)
{
    return here.value == 0xFFFD && text.substr(begin, here.end - begin) != "\xef\xbf\xbd";
}

bool is_valid(std::string_view text)
{
    if (is_ascii(text)) return true;
    for (std::uint32_t at = 0; at < text.size();) {
        CodePoint const here = read_code_point(text, at);
        if (is_bad(text, at, here)) return false;
        at = here.end;
    }
    return true;
}

}  // namespace

std::string_view ValidText::repair(std::string_view text)
{
    breaks_.clear();
    if (is_valid(text)) return text;
    valid_.clear();
    for (std::uint32_t at = 0; at < text.size();) {
        CodePoint const here = read_code_point(text, at);
        if (is_bad(text, at, here)) {
            breaks_.push_back({static_cast<std::uint32_t>(valid_.size()), at});
            valid_ += "\xef\xbf\xbd";
            breaks_.push_back({static_cast<std::uint32_t>(valid_.size()), here.end});
        }
        else {
            valid_.append(text, at, here.end - at);
        }
        at = here.end;
    }
    return valid_;
}

std::uint32_t ValidText::original(std::uint32_t at) const
{
    auto const behind = std::upper_bound(breaks_.begin(), breaks_.end(), at,
                                         [](std::uint32_t a, Break const& b) { return a < b.valid; });
    if (behind == breaks_.begin()) return at;
    return behind[-1].original + (at - behind[-1].valid);
}

Offset ValidText::original(Offset range) const
{
    return {original(range.begin), original(range.end)};
}

}  // namespace ablatrix::text::detail
