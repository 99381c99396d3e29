#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/char_map.hpp"
#include "detail/files.hpp"
#include "detail/layout_parts.hpp"
#include "detail/older_layouts.hpp"
#include "detail/spm_model.hpp"

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;
using std::filesystem::path;
using Type = SpmModel::Type;

void check_kind(SpmModel const& model, Settings const& settings, std::string const& file)
{
    std::string const way_out = ". Save it once as tokenizer.json with transformers";
    auto const type = settings.find("tokenizer_class");
    if (type && !type->string().starts_with("Deberta"))
        throw DataError(file, 0, "only DeBERTa is read from a SentencePiece model, not " + type->string() + way_out);
    if (model.kind != SpmModel::Kind::unigram || model.byte_fallback || model.space_is_suffix)
        throw DataError(file, 0, "not a Unigram model without byte fallback and with spaces before words" + way_out);
}

json word_model(SpmModel const& model, std::string const& file)
{
    json vocabulary = json::array();
    std::optional<std::size_t> unknown;
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        SpmModel::Piece const& piece = model.pieces[id];
        vocabulary.push_back({piece.text, piece.score});
        if (piece.type == Type::unknown) unknown = id;
    }
    if (!unknown) throw DataError(file, 0, "the model has no unknown token");
    return {{"type", "Unigram"}, {"unk_id", *unknown}, {"vocab", std::move(vocabulary)}};
}

json normalizer(SpmModel const& model, bool lower_case)
{
    json stages = json::array();
    if (lower_case) stages.push_back({{"type", "Lowercase"}});
    stages.push_back({{"type", "Strip"}});
    if (!model.char_map.empty())
        stages.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(model.char_map)}});
    stages.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}});
    return {{"type", "Sequence"}, {"normalizers", std::move(stages)}};
}

json metaspace()
{
    return {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}};
}

json pre_tokenizer(bool split_by_punctuation)
{
    json stages = json::array();
    if (split_by_punctuation) stages.push_back({{"type", "Punctuation"}, {"behavior", "Isolated"}});
    stages.push_back(metaspace());
    return {{"type", "Sequence"}, {"pretokenizers", std::move(stages)}};
}

}  // namespace

json sentence_piece_document(path const& folder)
{
    std::string const file = (folder / "spm.model").string();
    SpmModel const model = parse_spm_model(read_file(file), file);
    Settings const settings(folder);
    check_kind(model, settings, file);

    std::unordered_map<std::string, std::int64_t> id_of;
    std::map<std::int64_t, json> added;
    for (std::size_t index = 0; index < model.pieces.size(); ++index) {
        SpmModel::Piece const& piece = model.pieces[index];
        auto const id = static_cast<std::int64_t>(index);
        id_of.emplace(piece.text, id);
        if (piece.type != Type::control && piece.type != Type::user_defined && piece.type != Type::unknown) continue;
        added.emplace(id, added_token(piece.text, id));
        added[id]["special"] = piece.type != Type::user_defined;
    }
    std::string const mask = settings.token("mask_token", "[MASK]");
    auto const next = static_cast<std::int64_t>(model.pieces.size());
    if (!id_of.contains(mask)) added.emplace(next, added_token(mask, next));
    auto const known = [&](char const* key, char const* otherwise) {
        std::string const token = settings.token(key, otherwise);
        if (!id_of.contains(token)) throw DataError(file, 0, "token '" + token + "' is missing");
        return token;
    };
    std::string const begin = known("cls_token", "[CLS]");
    std::string const end = known("sep_token", "[SEP]");

    json document;
    document["added_tokens"] = added_tokens(folder, settings, added);
    document["normalizer"] = normalizer(model, settings.flag("do_lower_case", false));
    document["pre_tokenizer"] = pre_tokenizer(settings.flag("split_by_punct", false));
    document["post_processor"] = bert_template(begin, id_of[begin], end, id_of[end]);
    document["decoder"] = metaspace();
    document["model"] = word_model(model, file);
    return document;
}

}  // namespace ablatrix::text::detail
