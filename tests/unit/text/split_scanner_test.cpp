#include "src/text/detail/split_scanner.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unicode/regex.h>
#include <unicode/utext.h>

#include <ablatrix/base/random.hpp>

#include "src/text/detail/utf8.hpp"

namespace ablatrix::text::detail {
namespace {

using Strings = std::vector<std::string>;

Strings scanned(SplitPattern pattern, std::string const& text)
{
    SplitScanner const scanner(pattern);
    Strings pieces;
    for (std::uint32_t at = 0; at < text.size();) {
        std::uint32_t const end = scanner.piece_end(text, at);
        pieces.push_back(text.substr(at, end - at));
        at = end;
    }
    return pieces;
}

/// The pattern's text, taken at its word by ICU.
class Oracle
{
  public:
    explicit Oracle(SplitPattern pattern)
    {
        UErrorCode status = U_ZERO_ERROR;
        auto const source = icu::UnicodeString::fromUTF8(std::string(pattern_text(pattern)));
        matcher_ = std::make_unique<icu::RegexMatcher>(source, 0, status);
        EXPECT_TRUE(U_SUCCESS(status)) << u_errorName(status);
    }
    Strings pieces(std::string const& text)
    {
        UErrorCode status = U_ZERO_ERROR;
        UText input = UTEXT_INITIALIZER;
        utext_openUTF8(&input, text.data(), static_cast<std::int64_t>(text.size()), &status);
        matcher_->reset(&input);
        Strings found;
        while (matcher_->find(status)) {
            auto const begin = static_cast<std::size_t>(matcher_->start64(status));
            found.push_back(text.substr(begin, static_cast<std::size_t>(matcher_->end64(status)) - begin));
        }
        utext_close(&input);
        return found;
    }

  private:
    std::unique_ptr<icu::RegexMatcher> matcher_;
};

/// Short texts of what the patterns tell apart.
std::string random_text(base::Stream& stream)
{
    static Strings const parts{"a",      "B",   "é",  "中",     "\u017F", "'",        "'s",
                               "'LL",    "'re", "'m", "’",      "1",      "٣",        "½",
                               " ",      " ",   "  ", "\n",     "\r",     "\r\n",     "\t",
                               "\u00A0", "!",   "?!", "\u3000", "\u0301", "👍🏽", std::string(1, '\0'),
                               "\u0085", "_",   "l",  "e",      "S",      "Ⅷ"};
    std::string text;
    for (std::uint64_t n = stream.below(12); n > 0; --n)
        text += parts[stream.below(parts.size())];
    return text;
}

class EveryPattern : public testing::TestWithParam<SplitPattern>
{};

TEST_P(EveryPattern, CutsAsItsRegularExpressionDoes)
{
    Oracle oracle(GetParam());
    base::Stream stream(7, "split scanner", 0);
    for (int i = 0; i < 20000; ++i) {
        std::string const text = random_text(stream);
        ASSERT_EQ(scanned(GetParam(), text), oracle.pieces(text)) << testing::PrintToString(text);
    }
}

TEST_P(EveryPattern, PutsEveryCharacterIntoTheClassThatItsRegularExpressionMeans)
{
    Oracle oracle(GetParam());
    for (char32_t c = 1; c < 0x20000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string const text = "a1." + std::string(EncodedCodePoint(c).view()) + "a1. ";
        ASSERT_EQ(scanned(GetParam(), text), oracle.pieces(text)) << std::hex << static_cast<std::uint32_t>(c);
    }
}

INSTANTIATE_TEST_SUITE_P(Known, EveryPattern,
                         testing::Values(SplitPattern::gpt2, SplitPattern::qwen2, SplitPattern::llama3));

TEST(SplitScanner, KnowsItsPatternsByTheirExactText)
{
    for (SplitPattern const pattern : {SplitPattern::gpt2, SplitPattern::qwen2, SplitPattern::llama3})
        EXPECT_EQ(known_pattern(pattern_text(pattern)), pattern);
    EXPECT_EQ(known_pattern(std::string(pattern_text(SplitPattern::gpt2)) + " "), std::nullopt);
}

TEST(SplitScanner, TellsTheThreePatternsApart)
{
    std::string const text = "DON'T x=12345\n\n  b";
    EXPECT_EQ(scanned(SplitPattern::gpt2, text), (Strings{"DON", "'", "T", " x", "=", "12345", "\n\n ", " b"}));
    EXPECT_EQ(scanned(SplitPattern::qwen2, text),
              (Strings{"DON", "'T", " x", "=", "1", "2", "3", "4", "5", "\n\n", " ", " b"}));
    EXPECT_EQ(scanned(SplitPattern::llama3, text), (Strings{"DON", "'T", " x", "=", "123", "45", "\n\n", " ", " b"}));
}

}  // namespace
}  // namespace ablatrix::text::detail
