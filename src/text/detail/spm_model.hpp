#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::text::detail {

/// What a SentencePiece model file (sentencepiece_model.proto) says, as far as encoding needs it.
///
/// The file is read here and not by libsentencepiece: that library brings its own protobuf, and a program that also
/// links libtorch's dies at start.
struct SpmModel
{
    enum class Kind
    {
        unigram = 1,
        bpe = 2,
        word = 3,
        character = 4
    };
    enum class Type
    {
        normal = 1,
        unknown = 2,
        control = 3,
        user_defined = 4,
        unused = 5,
        byte = 6
    };
    struct Piece
    {
        std::string text;
        float score = 0;
        Type type = Type::normal;
    };

    std::vector<Piece> pieces;  ///< by id
    Kind kind = Kind::unigram;
    bool byte_fallback = false;
    bool space_is_suffix = false;
    std::string char_map;
};

/// \throws DataError naming \p file for bytes that are no such model
SpmModel parse_spm_model(std::string_view bytes, std::string const& file);

}  // namespace ablatrix::text::detail
