#include <cstdint>
#include <memory>
#include <vector>

#include <unicode/uchar.h>

#include "detail/bert_unicode.hpp"
#include "detail/makers.hpp"
#include "detail/split_behavior.hpp"
#include "detail/utf8.hpp"
#include "detail/word_characters.hpp"

namespace ablatrix::text::detail {

namespace {

/// Runs of word characters and runs of what is neither word character nor white space: \w+|[^\w\s]+.
class Whitespace final : public PreTokenizer
{
  public:
    void split(Segment& segment) const override
    {
        std::string_view const text = segment.text.text();
        segment.cut_pieces([&](Piece const& piece, auto const& emit) {
            int last = 0;
            std::uint32_t begin = piece.begin;
            for (std::uint32_t at = piece.begin; at < piece.end;) {
                CodePoint const here = read_code_point(text, at);
                int const kind = u_isUWhiteSpace(static_cast<UChar32>(here.value)) ? 0
                                 : is_word_character(here.value)                   ? 1
                                                                                   : 2;
                if (kind != last) {
                    if (last != 0) emit(begin, at);
                    begin = at;
                    last = kind;
                }
                at = here.end;
            }
            if (last != 0) emit(begin, piece.end);
        });
    }
};

/// Cuts at single code points of one kind.
class SplitAt final : public PreTokenizer
{
  public:
    SplitAt(bool (*matches)(char32_t), SplitBehavior behavior) : matches_(matches), behavior_(behavior) {}

    void split(Segment& segment) const override
    {
        std::string_view const text = segment.text.text();
        std::vector<Stretch> stretches;
        segment.cut_pieces([&](Piece const& piece, auto const& emit) {
            stretches.clear();
            for (std::uint32_t at = piece.begin; at < piece.end;) {
                CodePoint const here = read_code_point(text, at);
                bool const match = matches_(here.value);
                if (!match && !stretches.empty() && !stretches.back().match)
                    stretches.back().end = here.end;
                else
                    stretches.push_back({at, here.end, match});
                at = here.end;
            }
            merge_stretches(stretches, behavior_);
            for (Stretch const& stretch : stretches)
                emit(stretch.begin, stretch.end);
        });
    }

  private:
    bool (*matches_)(char32_t);
    SplitBehavior behavior_;
};

bool is_numeric(char32_t c)
{
    return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_N_MASK) != 0;
}

}  // namespace

bool is_word_character(char32_t c)
{
    auto const code_point = static_cast<UChar32>(c);
    return (U_GET_GC_MASK(code_point) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
           u_isUAlphabetic(code_point) || u_hasBinaryProperty(code_point, UCHAR_JOIN_CONTROL);
}

std::unique_ptr<PreTokenizer const> make_whitespace(JsonNode const&)
{
    return std::make_unique<Whitespace>();
}

std::unique_ptr<PreTokenizer const> make_whitespace_split(JsonNode const&)
{
    return std::make_unique<SplitAt>(bert_space, SplitBehavior::removed);
}

std::unique_ptr<PreTokenizer const> make_punctuation(JsonNode const& node)
{
    auto const behavior = node.find("behavior");
    return std::make_unique<SplitAt>(bert_punctuation,
                                     behavior ? read_split_behavior(*behavior) : SplitBehavior::isolated);
}

std::unique_ptr<PreTokenizer const> make_digits(JsonNode const& node)
{
    bool const individual = node.boolean_or("individual_digits", false);
    return std::make_unique<SplitAt>(is_numeric, individual ? SplitBehavior::isolated : SplitBehavior::contiguous);
}

}  // namespace ablatrix::text::detail
