#include "detail/layout_parts.hpp"

#include <charconv>

#include "detail/files.hpp"
#include "detail/vocabulary.hpp"

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;
using std::filesystem::path;

json special_part(std::string const& token, int type)
{
    return {{"SpecialToken", {{"id", token}, {"type_id", type}}}};
}

json text_part(char const* name, int type)
{
    return {{"Sequence", {{"id", name}, {"type_id", type}}}};
}

json read_document(path const& file)
{
    return exists(file) ? parse_json(read_file(file), file.string()) : json::object();
}

/// The key of added_tokens_decoder.
std::int64_t read_id(std::string const& text, JsonNode const& node)
{
    std::int64_t id = -1;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id < 0 || id >= Vocabulary::id_limit)
        node.fail("'" + text + "' is no id");
    return id;
}

}  // namespace

Settings::Settings(path const& folder)
{
    for (char const* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
        path const file = folder / name;
        documents_.emplace_back(read_document(file), file.string());
    }
}

std::optional<JsonNode> Settings::find(char const* key) const
{
    for (auto const& [document, file] : documents_)
        if (auto const found = JsonNode(document, file).find(key)) return found;
    return std::nullopt;
}

bool Settings::flag(char const* key, bool otherwise) const
{
    auto const found = find(key);
    return found ? found->boolean() : otherwise;
}

std::string Settings::token(char const* key, char const* otherwise) const
{
    auto const found = find(key);
    if (!found) return otherwise;
    return found->raw().is_object() ? found->at("content").string() : found->string();
}

json added_token(std::string const& content, std::int64_t id)
{
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

json added_tokens(path const& folder, Settings const& settings, std::map<std::int64_t, json> known)
{
    std::string const file = (folder / "added_tokens.json").string();
    json const added = read_document(file);
    for (auto const& [content, value] : JsonNode(added, file).object().raw().items()) {
        std::int64_t const id = JsonNode(value, file, content).integer(0, Vocabulary::id_limit - 1);
        auto const [entry, is_new] = known.emplace(id, added_token(content, id));
        if (is_new) entry->second.update({{"special", false}, {"normalized", true}});
    }
    if (auto const decoder = settings.find("added_tokens_decoder")) {
        for (auto const& [key, value] : decoder->object().raw().items()) {
            std::int64_t const id = read_id(key, *decoder);
            known[id] = JsonNode(value, decoder->file(), "added_tokens_decoder." + key).object().raw();
            known[id]["id"] = id;
        }
    }
    json list = json::array();
    for (auto const& [id, token] : known)
        list.push_back(token);
    return list;
}

json bert_template(std::string const& begin, std::int64_t begin_id, std::string const& end, std::int64_t end_id)
{
    auto const ids = [](std::int64_t id) { return json{{"ids", json::array({id})}}; };
    return {
        {"type", "TemplateProcessing"},
        {"single", {special_part(begin, 0), text_part("A", 0), special_part(end, 0)}},
        {"pair",
         {special_part(begin, 0), text_part("A", 0), special_part(end, 0), text_part("B", 1), special_part(end, 1)}},
        {"special_tokens", {{begin, ids(begin_id)}, {end, ids(end_id)}}}};
}

}  // namespace ablatrix::text::detail
