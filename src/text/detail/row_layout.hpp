#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "json_node.hpp"

namespace ablatrix::text::detail {

/// One part of a row: a special token, or a text's tokens.
struct RowPart
{
    enum class Kind : std::uint8_t
    {
        special,
        first,
        second
    };
    Kind kind = Kind::special;
    std::uint8_t type = 0;
    std::int32_t id = 0;  ///< of a special token
};

/// What the post-processors of a tokenizer come to: where special tokens go, which types tokens get, and whether white
/// space is taken out of offsets.
struct RowLayout
{
    std::vector<RowPart> single = {{RowPart::Kind::first, 0, 0}};
    std::vector<RowPart> pair = {{RowPart::Kind::first, 0, 0}, {RowPart::Kind::second, 1, 0}};
    bool trim_offsets = false;
    bool prefix_space = false;  ///< the first token's space was added, not written

    /// From "post_processor": TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or a Sequence of them.
    static RowLayout from_json(JsonNode const& node);

    std::vector<RowPart> const& parts(bool is_pair) const noexcept { return is_pair ? pair : single; }
    std::size_t specials(bool is_pair) const;
};

}  // namespace ablatrix::text::detail
