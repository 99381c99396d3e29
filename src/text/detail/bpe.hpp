#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json_node.hpp"
#include "merge_table.hpp"
#include "stages.hpp"

namespace ablatrix::text::detail {

/// Byte-pair encoding: over the bytes of a piece behind a ByteLevel pre-tokenizer (GPT-2, Qwen, Llama-3), else over its
/// characters, of which unknown ones become bytes or the unknown token (Llama-2, Mistral).
class Bpe : public WordModel
{
  public:
    struct Options
    {
        bool byte_level = false;
        bool byte_fallback = false;
        bool fuse_unknown = false;
        bool ignore_merges = false;
        std::int32_t unknown = -1;
        std::string prefix;  ///< of every symbol but the first of a word
        std::string suffix;  ///< of the last symbol of a word
    };

    Bpe(Vocabulary vocabulary, MergeTable merges, Options options);

    void cut(Segment& segment) const override;
    void tokenize(std::string_view piece, std::vector<WordToken>& out) const override;
    Vocabulary const& vocabulary() const override { return vocabulary_; }
    std::string name() const override { return "BPE"; }

  private:
    std::int32_t whole_piece(std::string_view piece) const;
    void symbols_of_bytes(std::string_view piece, std::vector<Symbol>& symbols) const;
    void symbols_of_characters(std::string_view piece, std::vector<Symbol>& symbols) const;
    std::int32_t id_of_character(std::string_view character, bool first, bool last) const;
    bool add_bytes(std::string_view character, std::vector<Symbol>& symbols) const;

    Vocabulary vocabulary_;
    MergeTable merges_;
    Options options_;
    std::array<std::int32_t, 256> byte_id_;  // of a byte's symbol, -1: none
    bool stand_alone_ = false;
};

}  // namespace ablatrix::text::detail
