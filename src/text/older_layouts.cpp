#include "detail/older_layouts.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/files.hpp"
#include "detail/layout_parts.hpp"
#include "detail/vocabulary.hpp"

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;
using std::filesystem::path;

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
    std::map<std::int64_t, json> added;
    for (auto const& name :
         {unknown, begin, end, token("pad_token", "[PAD]", false), token("mask_token", "[MASK]", false)})
        if (vocabulary.contains(name)) {
            auto const id = vocabulary.at(name).get<std::int64_t>();
            added.emplace(id, added_token(name, id));
        }

    json document;
    document["added_tokens"] = added_tokens(folder, settings, std::move(added));
    document["normalizer"] = {{"type", "BertNormalizer"},
                              {"clean_text", true},
                              {"handle_chinese_chars", settings.flag("tokenize_chinese_chars", true)},
                              {"lowercase", settings.flag("do_lower_case", true)}};
    if (auto const strip = settings.find("strip_accents")) document["normalizer"]["strip_accents"] = strip->boolean();
    document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    document["post_processor"] =
        bert_template(begin, vocabulary.at(begin).get<std::int64_t>(), end, vocabulary.at(end).get<std::int64_t>());
    document["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
    document["model"] = {{"type", "WordPiece"}, {"unk_token", unknown}, {"vocab", std::move(vocabulary)}};
    return document;
}

}  // namespace ablatrix::text::detail
