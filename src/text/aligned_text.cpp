#include "detail/aligned_text.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

void AlignedText::assign(std::string_view original, std::uint32_t origin, bool aligned)
{
    origin_ = origin;
    aligned_ = aligned;
    text_.assign(original);
    places_.clear();
    if (!aligned) return;
    places_.reserve(original.size());
    if (is_ascii(original)) {
        for (std::uint32_t at = 0; at < text_.size(); ++at)
            places_.push_back({origin + at, origin + at + 1});
        return;
    }
    for (std::uint32_t at = 0; at < text_.size();) {
        std::uint32_t const end = read_code_point(text_, at).end;
        places_.insert(places_.end(), end - at, Offset{origin + at, origin + end});
        at = end;
    }
}

void AlignedText::map_bytes(std::array<char, 256> const& table)
{
    std::size_t kept = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        char const mapped = table[static_cast<std::uint8_t>(text_[i])];
        text_[kept] = mapped;
        if (aligned_) places_[kept] = places_[i];
        kept += mapped != 0 ? 1 : 0;
    }
    text_.resize(kept);
    if (aligned_) places_.resize(kept);
}

void AlignedText::begin_rewrite()
{
    new_text_.clear();
    new_places_.clear();
}

void AlignedText::keep(std::uint32_t begin, std::uint32_t end)
{
    new_text_.append(text_, begin, end - begin);
    if (aligned_) new_places_.insert(new_places_.end(), places_.begin() + begin, places_.begin() + end);
}

void AlignedText::put(std::string_view bytes, std::uint32_t like)
{
    new_text_.append(bytes);
    if (aligned_) {
        Offset const place = like < places_.size() ? places_[like] : Offset{origin_, origin_};
        new_places_.insert(new_places_.end(), bytes.size(), place);
    }
}

void AlignedText::end_rewrite()
{
    ABLATRIX_VALIDATE(new_text_.size() <= std::numeric_limits<std::int32_t>::max(),
                      "a normalised text is longer than 2 GiB. Cut the text into shorter ones");
    std::swap(text_, new_text_);
    std::swap(places_, new_places_);
}

void AlignedText::transform(std::span<Change const> changes, std::uint32_t skipped)
{
    std::uint32_t at = 0;
    auto const skip = [&](std::int64_t code_points) {
        for (; code_points > 0 && at < size(); --code_points)
            at = read_code_point(text_, at).end;
    };
    skip(skipped);
    begin_rewrite();
    for (Change const& change : changes) {
        // An inserted code point at the very beginning has nothing before it: its place is the empty one there.
        std::uint32_t const like = change.shift <= 0 ? at : at > 0 ? at - 1 : size();
        put(EncodedCodePoint(change.value).view(), like);
        if (change.shift <= 0) skip(1 - std::int64_t{change.shift});
    }
    end_rewrite();
}

}  // namespace ablatrix::text::detail
