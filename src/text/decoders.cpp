#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detail/makers.hpp"
#include "detail/pattern.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

class ReplaceDecoder final : public Decoder
{
  public:
    explicit ReplaceDecoder(JsonNode const& node) : pattern_(node.at("pattern")), content_(node.at("content").string())
    {}

    void apply(std::vector<std::string>& tokens) const override
    {
        std::vector<Stretch> stretches;
        for (std::string& token : tokens) {
            pattern_.find(token, 0, static_cast<std::uint32_t>(token.size()), stretches);
            std::string text;
            for (Stretch const& stretch : stretches)
                text.append(stretch.match ? content_ : token.substr(stretch.begin, stretch.end - stretch.begin));
            token = text;
        }
    }

  private:
    Pattern pattern_;
    std::string content_;
};

/// The byte that "<0xNN>" stands for.
std::optional<char> byte_of(std::string_view token)
{
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    auto const [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
    if (error != std::errc() || end != token.data() + 5) return std::nullopt;
    return static_cast<char>(value);
}

/// Runs of byte tokens become the text they spell, or one U+FFFD a byte when they spell none.
class ByteFallback final : public Decoder
{
  public:
    void apply(std::vector<std::string>& tokens) const override
    {
        std::vector<std::string> texts;
        std::string bytes;
        auto const end_run = [&] {
            if (bytes.empty()) return;
            if (is_utf8(bytes))
                texts.push_back(bytes);
            else
                texts.insert(texts.end(), bytes.size(), "\uFFFD");
            bytes.clear();
        };
        for (std::string const& token : tokens) {
            if (auto const byte = byte_of(token)) {
                bytes += *byte;
                continue;
            }
            end_run();
            texts.push_back(token);
        }
        end_run();
        tokens = std::move(texts);
    }
};

class Fuse final : public Decoder
{
  public:
    void apply(std::vector<std::string>& tokens) const override
    {
        std::string text;
        for (std::string const& token : tokens)
            text += token;
        tokens.assign(1, text);
    }
};

/// Drops up to so many of one character at either end of every token.
class StripDecoder final : public Decoder
{
  public:
    explicit StripDecoder(JsonNode const& node)
        : content_(node.at("content").string()),
          start_(node.at("start").integer(0, 1 << 30)),
          stop_(node.at("stop").integer(0, 1 << 30))
    {
        if (content_.empty() || read_code_point(content_, 0).end != content_.size())
            node.at("content").fail("expected one character");
    }

    void apply(std::vector<std::string>& tokens) const override
    {
        for (std::string& token : tokens) {
            std::string_view rest = token;
            for (std::int64_t i = 0; i < start_ && rest.starts_with(content_); ++i)
                rest.remove_prefix(content_.size());
            for (std::int64_t i = 0; i < stop_ && rest.ends_with(content_); ++i)
                rest.remove_suffix(content_.size());
            token = std::string(rest);
        }
    }

  private:
    std::string content_;
    std::int64_t start_;
    std::int64_t stop_;
};

/// Ends of words become spaces, but for the last.
class BpeDecoder final : public Decoder
{
  public:
    explicit BpeDecoder(JsonNode const& node) : suffix_(node.string_or("suffix", "</w>")) {}

    void apply(std::vector<std::string>& tokens) const override
    {
        if (suffix_.empty()) return;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            std::string_view const space = i + 1 < tokens.size() ? " " : "";
            for (std::size_t at = tokens[i].find(suffix_); at != std::string::npos;
                 at = tokens[i].find(suffix_, at + space.size()))
                tokens[i].replace(at, suffix_.size(), space);
        }
    }

  private:
    std::string suffix_;
};

}  // namespace

std::unique_ptr<Decoder const> make_replace_decoder(JsonNode const& node)
{
    return std::make_unique<ReplaceDecoder>(node);
}

std::unique_ptr<Decoder const> make_byte_fallback(JsonNode const&)
{
    return std::make_unique<ByteFallback>();
}

std::unique_ptr<Decoder const> make_fuse(JsonNode const&)
{
    return std::make_unique<Fuse>();
}

std::unique_ptr<Decoder const> make_strip_decoder(JsonNode const& node)
{
    return std::make_unique<StripDecoder>(node);
}

std::unique_ptr<Decoder const> make_bpe_decoder(JsonNode const& node)
{
    return std::make_unique<BpeDecoder>(node);
}

}  // namespace ablatrix::text::detail
