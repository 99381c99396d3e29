#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/byte_map.hpp"
#include "detail/byte_trie.hpp"
#include "detail/makers.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// The most probable cut of a piece into tokens that are drawn independently (Kudo 2018). A character that no token
/// begins with is unknown, at ten less than the worst token; neighbouring unknowns are one token, or bytes.
class Unigram final : public WordModel
{
  public:
    explicit Unigram(JsonNode const& node)
    {
        JsonNode const list = node.at("vocab");
        double lowest = std::numeric_limits<double>::max();
        for (std::size_t id = 0; id < list.size(); ++id) {
            JsonNode const entry = list.at(id);
            if (entry.size() != 2) entry.fail("expected [token, score]");
            std::string const& token = entry.at(std::size_t{0}).string();
            if (vocabulary_.add(token, static_cast<std::int64_t>(id)) != Vocabulary::Added::yes)
                entry.fail("'" + token + "' is there twice, or there are too many tokens");
            scores_.push_back(entry.at(std::size_t{1}).number());
            trie_.add(token, static_cast<std::int32_t>(id));
            lowest = std::min(lowest, scores_.back());
        }
        if (list.size() == 0) list.fail("the vocabulary is empty");
        unknown_score_ = lowest - 10;
        if (auto const unknown = node.find("unk_id"))
            unknown_ = static_cast<std::int32_t>(unknown->integer(0, static_cast<std::int64_t>(list.size()) - 1));
        if (node.boolean_or("byte_fallback", false)) find_bytes();
    }

    void tokenize(std::string_view piece, std::vector<WordToken>& out) const override
    {
        thread_local std::vector<Step> best;
        thread_local std::vector<WordToken> cut;  // from the last token to the first
        find_best(piece, best);
        cut.clear();
        for (auto end = static_cast<std::uint32_t>(piece.size()); end > 0; end = best[end].begin) {
            WordToken const token{best[end].id, best[end].begin, end};
            if (token.id == unknown_ && !cut.empty() && cut.back().id == unknown_)
                cut.back().begin = token.begin;
            else
                cut.push_back(token);
        }
        for (auto token = cut.rbegin(); token != cut.rend(); ++token) {
            if (token->id == unknown_)
                name_unknown(piece, *token, out);
            else
                out.push_back(*token);
        }
    }

    Vocabulary const& vocabulary() const override { return vocabulary_; }
    std::string name() const override { return "Unigram"; }

  private:
    /// The best way to the end of a prefix: its score, and the last token.
    struct Step
    {
        double score = 0;
        std::uint32_t begin = 0;
        std::int32_t id = -1;  // -1: not reached yet
    };

    void find_bytes()
    {
        for (unsigned b = 0; b < byte_id_.size(); ++b)
            byte_id_[b] = vocabulary_.find(byte_token(static_cast<std::uint8_t>(b)));
    }

    void find_best(std::string_view piece, std::vector<Step>& best) const
    {
        best.assign(piece.size() + 1, Step{});
        auto const reach = [&](std::uint32_t begin, std::uint32_t end, std::int32_t id, double score) {
            double const total = best[begin].score + score;
            if (best[end].id < 0 || total > best[end].score) best[end] = {total, begin, id};
        };
        for (std::uint32_t begin = 0; begin < piece.size();) {
            std::uint32_t const next = read_code_point(piece, begin).end;
            bool known = false;
            trie_.prefixes(piece.substr(begin), [&](std::uint32_t size, std::int32_t id) {
                reach(begin, begin + size, id, scores_[static_cast<std::size_t>(id)]);
                known = known || begin + size == next;
            });
            if (!known) {
                ABLATRIX_VALIDATE(unknown_ >= 0,
                                  "a character is not in the vocabulary and the Unigram model has no "
                                  "unk_id (tokenizer.json). Name the unknown token there");
                reach(begin, next, unknown_, unknown_score_);
            }
            begin = next;
        }
    }

    /// A fused run of unknowns may be spelt like a token; else it becomes bytes where the model has all it takes.
    void name_unknown(std::string_view piece, WordToken token, std::vector<WordToken>& out) const
    {
        std::string_view const text = piece.substr(token.begin, token.end - token.begin);
        auto const id_of = [&](char c) { return byte_id_[static_cast<std::uint8_t>(c)]; };
        if (std::int32_t const same = vocabulary_.find(text); same >= 0)
            out.push_back({same, token.begin, token.end});
        else if (std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; }))
            for (char const c : text)
                out.push_back({id_of(c), token.begin, token.end});
        else
            out.push_back(token);
    }

    static constexpr std::array<std::int32_t, 256> no_bytes()
    {
        std::array<std::int32_t, 256> ids{};
        ids.fill(-1);
        return ids;
    }

    Vocabulary vocabulary_;
    std::vector<double> scores_;  // by id
    ByteTrie trie_;
    std::int32_t unknown_ = -1;
    double unknown_score_ = 0;
    std::array<std::int32_t, 256> byte_id_ = no_bytes();  // -1 without byte fallback
};

}  // namespace

std::unique_ptr<WordModel const> make_unigram(JsonNode const& node, JsonNode const&)
{
    return std::make_unique<Unigram>(node);
}

}  // namespace ablatrix::text::detail
