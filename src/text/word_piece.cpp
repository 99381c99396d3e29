#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detail/makers.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// Greedy longest match from the left; a word of which any part is unknown is unknown as a whole.
class WordPiece final : public WordModel
{
  public:
    explicit WordPiece(JsonNode const& node)
        : vocabulary_(Vocabulary::from_json(node.at("vocab"))),
          prefix_(node.string_or("continuing_subword_prefix", "##")),
          max_code_points_(100)
    {
        if (auto const limit = node.find("max_input_chars_per_word"))
            max_code_points_ = static_cast<std::uint32_t>(limit->integer(0, 1 << 30));
        std::string const unknown = node.string_or("unk_token", "[UNK]");
        unknown_ = vocabulary_.find(unknown);
        if (unknown_ < 0) node.fail("the unknown token '" + unknown + "' is not in the vocabulary");
        for (std::int32_t id = 0; id < vocabulary_.size(); ++id)
            if (vocabulary_.has(id)) longest_ = std::max(longest_, vocabulary_.token(id).size());
    }

    void tokenize(std::string_view word, std::vector<WordToken>& out) const override
    {
        std::size_t const before = out.size();
        if (is_too_long(word) || !match(word, out)) {
            out.resize(before);
            out.push_back({unknown_, 0, static_cast<std::uint32_t>(word.size())});
        }
    }

    Vocabulary const& vocabulary() const override { return vocabulary_; }
    std::string name() const override { return "WordPiece"; }

  private:
    bool is_too_long(std::string_view word) const
    {
        std::size_t code_points = 0;
        for (char const byte : word)
            code_points += (static_cast<std::uint8_t>(byte) & 0xC0U) != 0x80 ? 1 : 0;
        return code_points > max_code_points_;
    }

    bool match(std::string_view word, std::vector<WordToken>& out) const
    {
        std::string candidate;  // the prefix and the rest of the word
        for (std::uint32_t begin = 0; begin < word.size();) {
            candidate.assign(begin == 0 ? std::string_view{} : std::string_view(prefix_));
            std::size_t const head = candidate.size();
            candidate.append(word.substr(begin, longest_));
            // Cut the candidate shorter until it is a token; never within a code point.
            while (candidate.size() > head) {
                std::int32_t const id = vocabulary_.find(candidate);
                if (id >= 0) {
                    auto const end = begin + static_cast<std::uint32_t>(candidate.size() - head);
                    out.push_back({id, begin, end});
                    begin = end;
                    break;
                }
                while (candidate.size() > head && (static_cast<std::uint8_t>(candidate.back()) & 0xC0U) == 0x80)
                    candidate.pop_back();
                if (candidate.size() > head) candidate.pop_back();
            }
            if (candidate.size() == head) return false;
        }
        return true;
    }

    Vocabulary vocabulary_;
    std::string prefix_;
    std::uint32_t max_code_points_;
    std::int32_t unknown_ = -1;
    std::size_t longest_ = 0;  // bytes
};

void replace_all(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// Joins words and, with cleanup, takes back the spaces that splitting put before punctuation.
class WordPieceDecoder final : public Decoder
{
  public:
    explicit WordPieceDecoder(JsonNode const& node)
        : prefix_(node.string_or("prefix", "##")), cleanup_(node.boolean_or("cleanup", true))
    {}

    void apply(std::vector<std::string>& tokens) const override
    {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0 && tokens[i].starts_with(prefix_))
                tokens[i].erase(0, prefix_.size());
            else if (i > 0)
                tokens[i].insert(0, " ");
            if (cleanup_) clean(tokens[i]);
        }
    }

  private:
    static void clean(std::string& token)
    {
        static constexpr std::pair<std::string_view, std::string_view> changes[] = {
            {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
            {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
        for (auto const& [from, to] : changes)
            replace_all(token, from, to);
    }

    std::string prefix_;
    bool cleanup_;
};

}  // namespace

std::unique_ptr<WordModel const> make_word_piece(JsonNode const& node, JsonNode const&)
{
    return std::make_unique<WordPiece>(node);
}

std::unique_ptr<Decoder const> make_word_piece_decoder(JsonNode const& node)
{
    return std::make_unique<WordPieceDecoder>(node);
}

}  // namespace ablatrix::text::detail
