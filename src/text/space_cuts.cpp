#include "detail/space_cuts.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ablatrix::text::detail {

namespace {

constexpr std::string_view mark = "\u2581";

/// Offset behind the marks at \p at.
std::size_t skip_marks(std::string_view text, std::size_t at)
{
    while (text.substr(at).starts_with(mark))
        at += mark.size();
    return at;
}

}  // namespace

bool words_stand_alone(Vocabulary const& vocabulary)
{
    if (vocabulary.find(mark) < 0) return false;
    for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
        if (!vocabulary.has(id)) continue;
        std::string_view const token = vocabulary.token(id);
        if (token.find(mark, skip_marks(token, 0)) != token.npos) return false;
    }
    return true;
}

void cut_before_marks(Segment& segment)
{
    segment.cut_pieces([&](Piece const& piece, auto const& emit) {
        std::string_view const text = segment.text.text().substr(0, piece.end);
        std::size_t begin = piece.begin;
        while (begin < text.size()) {
            std::size_t const end = std::min(text.find(mark, skip_marks(text, begin)), text.size());
            emit(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end));
            begin = end;
        }
    });
}

}  // namespace ablatrix::text::detail
