#include "detail/older_layouts.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/files.hpp"
#include "detail/json_node.hpp"
#include "detail/vocabulary.hpp"

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;
using std::filesystem::path;

/// Settings that stand beside a vocabulary; a file that is not there holds none.
class Settings
{
  public:
    explicit Settings(path const& folder)
    {
        for (char const* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
            path const file = folder / name;
            documents_.emplace_back(exists(file) ? parse_json(read_file(file), file.string()) : json::object(),
                                    file.string());
        }
    }

    /// The first file that has the key.
    std::optional<JsonNode> find(char const* key) const
    {
        for (auto const& [document, file] : documents_)
            if (auto const found = JsonNode(document, file).find(key)) return found;
        return std::nullopt;
    }
    bool flag(char const* key, bool otherwise) const
    {
        auto const found = find(key);
        return found ? found->boolean() : otherwise;
    }
    /// A token, written as a string or as an object with "content".
    std::string token(char const* key, char const* otherwise) const
    {
        auto const found = find(key);
        if (!found) return otherwise;
        return found->raw().is_object() ? found->at("content").string() : found->string();
    }

  private:
    std::vector<std::pair<json, std::string>> documents_;
};

json read_vocabulary(path const& file)
{
    json vocabulary = json::object();
    std::string const text = read_file(file);
    std::size_t line = 0;
    for (std::size_t begin = 0; begin < text.size(); ++line) {
        std::size_t const end = std::min(text.find('\n', begin), text.size());
        std::string token = text.substr(begin, end - begin);
        if (token.ends_with('\r')) token.pop_back();
        if (line >= static_cast<std::size_t>(Vocabulary::id_limit))
            throw DataError(file.string(), line + 1, "too many");
        if (!vocabulary.emplace(token, line).second)
            throw DataError(file.string(), line + 1, "token '" + token + "' is there twice");
        begin = end + 1;
    }
    return vocabulary;
}

json added_token(std::string const& content, json const& id)
{
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

json special_part(std::string const& token, int type)
{
    return {{"SpecialToken", {{"id", token}, {"type_id", type}}}};
}

json text_part(char const* name, int type)
{
    return {{"Sequence", {{"id", name}, {"type_id", type}}}};
}

json bert_template(std::string const& begin, std::string const& end, json const& vocabulary)
{
    auto const ids = [&](std::string const& token) { return json{{"ids", json::array({vocabulary.at(token)})}}; };
    return {
        {"type", "TemplateProcessing"},
        {"single", {special_part(begin, 0), text_part("A", 0), special_part(end, 0)}},
        {"pair",
         {special_part(begin, 0), text_part("A", 0), special_part(end, 0), text_part("B", 1), special_part(end, 1)}},
        {"special_tokens", {{begin, ids(begin)}, {end, ids(end)}}}};
}

}  // namespace

json word_piece_document(path const& folder)
{
    path const file = folder / "vocab.txt";
    json vocabulary = read_vocabulary(file);
    Settings const settings(folder);
    auto const token = [&](char const* key, char const* otherwise, bool needed) {
        std::string name = settings.token(key, otherwise);
        if (needed && !vocabulary.contains(name)) throw DataError(file.string(), 0, "token '" + name + "' is missing");
        return name;
    };
    std::string const unknown = token("unk_token", "[UNK]", true);
    std::string const begin = token("cls_token", "[CLS]", true);
    std::string const end = token("sep_token", "[SEP]", true);
    std::map<std::string, json> added;
    for (auto const& name :
         {unknown, begin, end, token("pad_token", "[PAD]", false), token("mask_token", "[MASK]", false)})
        if (vocabulary.contains(name)) added.emplace(name, added_token(name, vocabulary.at(name)));

    json document;
    document["added_tokens"] = json::array();
    for (auto const& [name, entry] : added)
        document["added_tokens"].push_back(entry);
    document["normalizer"] = {{"type", "BertNormalizer"},
                              {"clean_text", true},
                              {"handle_chinese_chars", settings.flag("tokenize_chinese_chars", true)},
                              {"lowercase", settings.flag("do_lower_case", true)}};
    if (auto const strip = settings.find("strip_accents")) document["normalizer"]["strip_accents"] = strip->boolean();
    document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    document["post_processor"] = bert_template(begin, end, vocabulary);
    document["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
    document["model"] = {{"type", "WordPiece"}, {"unk_token", unknown}, {"vocab", std::move(vocabulary)}};
    return document;
}

}  // namespace ablatrix::text::detail
