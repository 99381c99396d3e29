#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/nn/safetensors.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "fuzz/entries.hpp"
#include "fuzz/require.hpp"

#include "src/nn/detail/checkpoint_files.hpp"
#include "src/nn/detail/safetensors_header.hpp"

namespace ablatrix::fuzz {

namespace {

/// Bytes of all views, each of which must lie within \p file and match its shape.
std::uint64_t bytes_of_views(nn::Safetensors const& tensors, std::span<std::byte const> file)
{
    std::uint64_t total = 0;
    for (auto const& [name, view] : tensors.tensors()) {
        require(view.bytes.data() >= file.data(), "a tensor begins within its file");
        require(view.bytes.data() + view.bytes.size() <= file.data() + file.size(), "a tensor ends within its file");
        std::uint64_t bytes = nn::item_size(view.type);
        for (std::int64_t const size : view.shape)
            bytes *= static_cast<std::uint64_t>(size);
        require(bytes == view.bytes.size(), "a tensor has the bytes of its shape");
        total += bytes;
    }
    return total;
}

void check_rows(text::TokenRows const& rows, text::Tokenizer const& tokenizer, std::vector<std::string> const& texts)
{
    require(rows.rows() == texts.size(), "every text has a row");
    for (std::size_t row = 0; row < rows.rows(); ++row)
        for (auto i = rows.row_begin[row]; i < rows.row_begin[row + 1]; ++i) {
            auto const at = static_cast<std::size_t>(i);
            require(rows.id[at] >= 0 && rows.id[at] < tokenizer.vocabulary_size(), "a token is in the vocabulary");
            require(rows.offset[at].begin <= rows.offset[at].end, "an offset runs forwards");
            require(rows.offset[at].end <= texts[row].size(), "an offset lies within its text");
        }
}

}  // namespace

void check_safetensors(std::span<std::byte const> bytes)
{
    try {
        auto const tensors = nn::Safetensors::parse(bytes, "fuzz.safetensors");
        require(bytes_of_views(tensors, bytes) <= bytes.size(), "tensors do not overlap");
    }
    catch (Error const&) {
    }
}

void check_shard_index(std::string const& text)
{
    try {
        for (auto const& [tensor, file] : nn::detail::parse_shard_index(text, "fuzz.json")) {
            require(file.find('/') == std::string::npos && file != "..", "a shard lies beside its index");
            require(file.ends_with(".safetensors"), "a shard is a safetensors file");
        }
    }
    catch (Error const&) {
    }
}

void check_encoder_config(std::string const& text)
{
    nn::EncoderConfig config;
    try {
        config = nn::parse_encoder_config(text, "fuzz.json");
    }
    catch (Error const&) {
        return;
    }
    require(config.hidden % config.heads == 0 && config.longest_row() > 0, "sizes fit each other");
    require(config.pad >= 0 && config.pad < config.vocabulary, "the padding is in the vocabulary");
    auto const again = nn::parse_encoder_config(nn::detail::classifier_config_json(config), "again.json");
    require(again.family == config.family && again.labels == config.labels, "a saved config says the same");
}

void check_tokenizer(std::string const& text)
{
    std::vector<std::string> const texts{
        "", "Hello, world! 123", " caf\xc3\xa9 \xe4\xbd\xa0\xf0\x9f\x98\x80\n\n  don't", "\xff\xc0 [MASK]<s></s>"};
    try {
        auto const tokenizer = text::Tokenizer::parse(text, "fuzz.json");
        check_rows(tokenizer.encode(texts, {.max_length = 12, .offsets = true}), tokenizer, texts);
        auto const rows = tokenizer.encode(texts);
        require(rows.id == tokenizer.encode(texts, {.offsets = true}).id, "asking for offsets changes no ids");
        for (std::size_t row = 0; row < rows.rows(); ++row)
            tokenizer.decode(rows.ids(row));
    }
    catch (Error const&) {
    }
}

}  // namespace ablatrix::fuzz
