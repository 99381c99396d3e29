#include <cstdint>
#include <map>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/files.hpp"
#include "detail/layout_parts.hpp"
#include "detail/older_layouts.hpp"

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;
using std::filesystem::path;

json read_merges(path const& file)
{
    json merges = json::array();
    for (std::string& line : base::split(read_file(file), '\n')) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !line.starts_with("#version")) merges.push_back(std::move(line));
    }
    return merges;
}

}  // namespace

json byte_level_document(path const& folder)
{
    path const file = folder / "vocab.json";
    json vocabulary = parse_json(read_file(file), file.string());
    JsonNode const entries(vocabulary, file.string());
    Settings const settings(folder);
    std::map<std::int64_t, json> special;
    auto const add = [&](char const* key, char const* otherwise) {
        std::string const token = settings.token(key, otherwise);
        std::int64_t const id = entries.at(token.c_str()).integer(0, 1 << 30);
        special.emplace(id, added_token(token, id));
        return json::array({token, id});
    };
    json const begin = add("cls_token", "<s>");
    json const end = add("sep_token", "</s>");
    std::string const unknown = add("unk_token", "<unk>")[0];
    add("pad_token", "<pad>");
    // The mask stands for a word together with the space before it.
    special[add("mask_token", "<mask>")[1]]["lstrip"] = true;
    bool const prefix_space = settings.flag("add_prefix_space", false);

    json document;
    document["added_tokens"] = added_tokens(folder, settings, special);
    document["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", prefix_space}};
    document["post_processor"] = {{"type", "RobertaProcessing"},
                                  {"cls", begin},
                                  {"sep", end},
                                  {"trim_offsets", settings.flag("trim_offsets", true)},
                                  {"add_prefix_space", prefix_space}};
    document["decoder"] = {{"type", "ByteLevel"}};
    document["model"] = {{"type", "BPE"},
                         {"unk_token", unknown},
                         {"merges", read_merges(folder / "merges.txt")},
                         {"vocab", std::move(vocabulary)}};
    return document;
}

}  // namespace ablatrix::text::detail
