#include <ablatrix/text/tokenizer.hpp>

#include <fstream>
#include <iterator>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/files.hpp"
#include "detail/json_node.hpp"
#include "detail/older_layouts.hpp"
#include "detail/tokenizer_model.hpp"

namespace ablatrix::text {

std::string detail::read_file(std::filesystem::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw DataError(file.string(), 0, "cannot be opened");
    std::string bytes(std::istreambuf_iterator<char>(stream), {});
    if (stream.bad()) throw DataError(file.string(), 0, "cannot be read");
    return bytes;
}

std::span<std::int32_t const> TokenRows::ids(std::size_t row) const
{
    ABLATRIX_EXPECT(row < rows());
    auto const begin = static_cast<std::size_t>(row_begin[row]);
    return std::span(id).subspan(begin, static_cast<std::size_t>(row_begin[row + 1]) - begin);
}

namespace {

Tokenizer from_document(nlohmann::json const& document, std::string const& file)
{
    return Tokenizer(std::make_shared<Tokenizer::Model const>(detail::JsonNode(document, file)));
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<Model const> model) : model_(std::move(model)) {}

Tokenizer Tokenizer::parse(std::string_view json, std::string const& file_name)
{
    return from_document(detail::parse_json(json, file_name), file_name);
}

Tokenizer Tokenizer::load(std::filesystem::path const& folder)
{
    if (auto const file = folder / "tokenizer.json"; exists(file)) return parse(detail::read_file(file), file.string());
    if (auto const file = folder / "vocab.txt"; exists(file))
        return from_document(detail::word_piece_document(folder), file.string());
    if (auto const file = folder / "vocab.json"; exists(file))
        return from_document(detail::byte_level_document(folder), file.string());
    if (auto const file = folder / "spm.model"; exists(file))
        return from_document(detail::sentence_piece_document(folder), file.string());
    throw DataError(folder.string(), 0,
                    "no tokenizer here: looked for tokenizer.json, vocab.txt, vocab.json with merges.txt, spm.model");
}

TokenRows Tokenizer::encode(std::span<std::string const> texts, EncodeOptions const& options) const
{
    return model_->encode(texts, std::nullopt, options);
}

TokenRows Tokenizer::encode_pairs(std::span<std::string const> first, std::span<std::string const> second,
                                  EncodeOptions const& options) const
{
    return model_->encode(first, second, options);
}

std::string Tokenizer::decode(std::span<std::int32_t const> ids, bool skip_special_tokens) const
{
    return model_->decode(ids, skip_special_tokens);
}

std::int32_t Tokenizer::vocabulary_size() const
{
    return model_->vocabulary_size();
}

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const
{
    return model_->id_of(token);
}

std::string Tokenizer::token_of(std::int32_t id) const
{
    auto token = model_->token_of(id);
    ABLATRIX_VALIDATE(token.has_value(), "no token has id " + std::to_string(id));
    return *std::move(token);
}

std::string Tokenizer::model_name() const
{
    return model_->name();
}

}  // namespace ablatrix::text
