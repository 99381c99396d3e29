#include "detail/added_tokens.hpp"

#include <algorithm>
#include <utility>

#include "detail/bert_unicode.hpp"
#include "detail/utf8.hpp"
#include "detail/word_characters.hpp"

namespace ablatrix::text::detail {

std::int32_t TokenMatcher::child(std::int32_t node, char byte) const
{
    std::int32_t next = nodes_[static_cast<std::size_t>(node)].child;
    while (next >= 0 && nodes_[static_cast<std::size_t>(next)].byte != byte)
        next = nodes_[static_cast<std::size_t>(next)].sibling;
    return next;
}

void TokenMatcher::add(std::string_view pattern, std::int32_t token)
{
    if (pattern.empty()) return;
    std::int32_t node = 0;
    for (char const byte : pattern) {
        std::int32_t next = child(node, byte);
        if (next < 0) {
            next = static_cast<std::int32_t>(nodes_.size());
            nodes_.push_back({-1, -1, nodes_[static_cast<std::size_t>(node)].child, byte});
            nodes_[static_cast<std::size_t>(node)].child = next;
        }
        node = next;
    }
    Node& last = nodes_[static_cast<std::size_t>(node)];
    if (last.token < 0) last.token = token;
    begins_[static_cast<std::uint8_t>(pattern.front())] = true;
}

std::optional<TokenMatcher::Match> TokenMatcher::find(std::string_view text, std::uint32_t from) const
{
    auto const size = static_cast<std::uint32_t>(text.size());
    for (std::uint32_t begin = from; begin < size; ++begin) {
        if (!begins_[static_cast<std::uint8_t>(text[begin])]) continue;
        Match longest{begin, begin, -1};
        std::int32_t node = 0;
        for (std::uint32_t at = begin; at < size; ++at) {
            node = child(node, text[at]);
            if (node < 0) break;
            if (std::int32_t const token = nodes_[static_cast<std::size_t>(node)].token; token >= 0)
                longest = {begin, at + 1, token};
        }
        if (longest.token >= 0) return longest;
    }
    return std::nullopt;
}

namespace {

std::uint32_t skip_spaces(std::string_view text, std::uint32_t at)
{
    while (at < text.size()) {
        CodePoint const here = read_code_point(text, at);
        if (!bert_space(here.value)) break;
        at = here.end;
    }
    return at;
}

std::uint32_t skip_spaces_before(std::string_view text, std::uint32_t at)
{
    while (at > 0) {
        CodePoint const before = read_code_point_before(text, at);
        if (!bert_space(before.value)) break;
        at = before.end;
    }
    return at;
}

bool stands_alone(std::string_view text, std::uint32_t begin, std::uint32_t end)
{
    return (begin == 0 || !is_word_character(read_code_point_before(text, begin).value)) &&
           (end == text.size() || !is_word_character(read_code_point(text, end).value));
}

AddedToken read_token(JsonNode const& node)
{
    AddedToken token;
    token.content = node.at("content").string();
    token.id = static_cast<std::int32_t>(node.at("id").integer(0, Vocabulary::id_limit - 1));
    token.single_word = node.boolean_or("single_word", false);
    token.left_strip = node.boolean_or("lstrip", false);
    token.right_strip = node.boolean_or("rstrip", false);
    token.special = node.boolean_or("special", false);
    token.normalized = node.boolean_or("normalized", !token.special);
    return token;
}

std::string normal_form(std::string const& content, Normalizer const* normalizer)
{
    if (normalizer == nullptr) return content;
    AlignedText text;
    text.assign(content, 0, false);
    normalizer->apply(text);
    return std::string(text.text());
}

}  // namespace

void AddedTokens::add(AddedToken token, JsonNode const& place)
{
    std::size_t const index = tokens_.size();
    if (!by_id_.emplace(token.id, index).second) place.fail("id " + std::to_string(token.id) + " is used twice");
    if (!by_content_.emplace(token.content, index).second) place.fail("token '" + token.content + "' is there twice");
    tokens_.push_back(std::move(token));
}

AddedTokens AddedTokens::from_json(JsonNode const& list, Normalizer const* normalizer)
{
    AddedTokens added;
    for (std::size_t i = 0; i < list.size(); ++i)
        added.add(read_token(list.at(i)), list.at(i));
    // Of two tokens with one normalised form the special one counts, then the earlier one.
    for (bool const special : {true, false}) {
        for (std::size_t i = 0; i < added.tokens_.size(); ++i) {
            AddedToken const& token = added.tokens_[i];
            if (token.special != special) continue;
            if (token.normalized)
                added.normalized_.add(normal_form(token.content, normalizer), static_cast<std::int32_t>(i));
            else
                added.raw_.add(token.content, static_cast<std::int32_t>(i));
        }
    }
    return added;
}

void AddedTokens::cut(TokenMatcher const& matcher, std::string_view text, std::vector<Piece>& pieces) const
{
    auto const size = static_cast<std::uint32_t>(text.size());
    std::uint32_t done = 0;
    std::uint32_t from = 0;
    while (!matcher.empty()) {
        auto const match = matcher.find(text, from);
        if (!match) break;
        from = match->end;
        AddedToken const& token = tokens_[static_cast<std::size_t>(match->token)];
        if (token.single_word && !stands_alone(text, match->begin, match->end)) continue;
        std::uint32_t begin = match->begin;
        if (token.left_strip) begin = std::max(skip_spaces_before(text, begin), done);
        std::uint32_t const end = token.right_strip ? skip_spaces(text, match->end) : match->end;
        if (done < begin) pieces.push_back({done, begin, -1});
        pieces.push_back({begin, end, token.id});
        done = end;
    }
    if (done < size) pieces.push_back({done, size, -1});
}

AddedToken const* AddedTokens::with_id(std::int32_t id) const
{
    auto const found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

AddedToken const* AddedTokens::with_content(std::string_view content) const
{
    auto const found = by_content_.find(std::string(content));
    return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

}  // namespace ablatrix::text::detail
