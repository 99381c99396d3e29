#include "detail/offset_trimmer.hpp"

#include <algorithm>

#include "detail/bert_unicode.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// White space, or the letter that byte-level vocabularies write for a space.
bool is_space(char32_t c)
{
    return c == 0x120 || bert_space(c);
}

/// \p at moved forward by \p count code points, not beyond \p limit.
std::uint32_t forward(std::string_view text, std::uint32_t at, std::uint32_t count, std::uint32_t limit)
{
    for (; count > 0 && at < limit; --count)
        at = read_code_point(text, at).end;
    return std::min(at, limit);
}

/// \p at moved back by \p count code points, not beyond \p limit; unmoved if the text does not have so many before it.
std::uint32_t back(std::string_view text, std::uint32_t at, std::uint32_t count, std::uint32_t limit)
{
    std::uint32_t moved = at;
    for (; count > 0 && moved > 0; --count)
        moved = read_code_point_before(text, moved).end;
    return count > 0 ? at : std::max(moved, limit);
}

}  // namespace

OffsetTrimmer::Spaces OffsetTrimmer::spaces_of(std::string_view token)
{
    Spaces spaces;
    for (std::uint32_t at = 0; at < token.size(); ++spaces.leading) {
        CodePoint const here = read_code_point(token, at);
        if (!is_space(here.value)) break;
        at = here.end;
    }
    for (auto at = static_cast<std::uint32_t>(token.size()); at > 0; ++spaces.trailing) {
        CodePoint const before = read_code_point_before(token, at);
        if (!is_space(before.value)) break;
        at = before.end;
    }
    return spaces;
}

OffsetTrimmer::OffsetTrimmer(Vocabulary const& vocabulary, AddedTokens const& added, bool prefix_space)
    : spaces_(static_cast<std::size_t>(vocabulary.size())), prefix_space_(prefix_space)
{
    for (std::int32_t id = 0; id < vocabulary.size(); ++id)
        if (vocabulary.has(id)) spaces_[static_cast<std::size_t>(id)] = spaces_of(vocabulary.token(id));
    for (AddedToken const& token : added.tokens()) {
        auto const id = static_cast<std::size_t>(token.id);
        if (id >= spaces_.size()) spaces_.resize(id + 1);
        spaces_[id].as_written = true;
    }
}

void OffsetTrimmer::trim(std::string_view text, std::span<std::int32_t const> ids, std::span<Offset> offsets) const
{
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Offset& offset = offsets[i];
        Spaces spaces = spaces_[static_cast<std::size_t>(ids[i])];
        if (spaces.as_written) spaces = spaces_of(text.substr(offset.begin, offset.end - offset.begin));
        if (prefix_space_ && spaces.leading == 1 && (i == 0 || offset.begin == 0)) spaces.leading = 0;
        offset.begin = forward(text, offset.begin, spaces.leading, offset.end);
        if (spaces.trailing > 0) offset.end = back(text, offset.end, spaces.trailing, offset.begin);
    }
}

}  // namespace ablatrix::text::detail
