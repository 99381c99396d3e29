#include "detail/row_layout.hpp"

#include <algorithm>
#include <string>

#include "detail/vocabulary.hpp"

namespace ablatrix::text::detail {

namespace {

using Kind = RowPart::Kind;

std::int32_t read_id(JsonNode const& node)
{
    return static_cast<std::int32_t>(node.integer(0, Vocabulary::id_limit - 1));
}

std::uint8_t read_type(JsonNode const& node)
{
    auto const type = node.find("type_id");
    return type ? static_cast<std::uint8_t>(type->integer(0, 255)) : std::uint8_t{0};
}

/// A part of a template; one special name may stand for several tokens.
void append_part(std::vector<RowPart>& parts, JsonNode const& node, JsonNode const& specials)
{
    if (auto const sequence = node.find("Sequence")) {
        bool const first = sequence->at("id").one_of({"A", "B"}) == "A";
        parts.push_back({first ? Kind::first : Kind::second, read_type(*sequence), 0});
        return;
    }
    JsonNode const special = node.at("SpecialToken");
    JsonNode const ids = specials.at(special.at("id").string().c_str()).at("ids");
    for (std::size_t i = 0; i < ids.size(); ++i)
        parts.push_back({Kind::special, read_type(special), read_id(ids.at(i))});
}

std::vector<RowPart> read_template(JsonNode const& list, JsonNode const& specials, bool is_pair)
{
    std::vector<RowPart> parts;
    for (std::size_t i = 0; i < list.size(); ++i)
        append_part(parts, list.at(i), specials);
    auto const count = [&](Kind kind) {
        return std::count_if(parts.begin(), parts.end(), [kind](RowPart const& part) { return part.kind == kind; });
    };
    if (count(Kind::first) != 1 || count(Kind::second) != (is_pair ? 1 : 0))
        list.fail(is_pair ? "a template for pairs needs A and B once each" : "a template needs A once, and no B");
    return parts;
}

void read_template_processing(RowLayout& layout, JsonNode const& node)
{
    static nlohmann::json const none = nlohmann::json::object();
    auto const specials = node.find("special_tokens").value_or(JsonNode(none, node.file(), node.path()));
    layout.single = read_template(node.at("single"), specials, false);
    if (auto const pair = node.find("pair")) layout.pair = read_template(*pair, specials, true);
}

/// "cls": ["<s>", 0]
RowPart read_special(JsonNode const& node, char const* key, std::uint8_t type)
{
    return {Kind::special, type, read_id(node.at(key).at(std::size_t{1}))};
}

void read_bert_processing(RowLayout& layout, JsonNode const& node)
{
    RowPart const begin = read_special(node, "cls", 0);
    RowPart const end = read_special(node, "sep", 0);
    RowPart const end_second = read_special(node, "sep", 1);
    layout.single = {begin, {Kind::first, 0, 0}, end};
    layout.pair = {begin, {Kind::first, 0, 0}, end, {Kind::second, 1, 0}, end_second};
}

void read_roberta_processing(RowLayout& layout, JsonNode const& node)
{
    RowPart const begin = read_special(node, "cls", 0);
    RowPart const end = read_special(node, "sep", 0);
    layout.single = {begin, {Kind::first, 0, 0}, end};
    layout.pair = {begin, {Kind::first, 0, 0}, end, end, {Kind::second, 0, 0}, end};
}

void read_trim(RowLayout& layout, JsonNode const& node)
{
    layout.trim_offsets = node.boolean_or("trim_offsets", true);
    layout.prefix_space = node.boolean_or("add_prefix_space", true);
}

void apply(RowLayout& layout, JsonNode const& node)
{
    std::string const& type =
        node.at("type").one_of({"Sequence", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel"});
    if (type == "Sequence") {
        JsonNode const processors = node.at("processors");
        for (std::size_t i = 0; i < processors.size(); ++i)
            apply(layout, processors.at(i));
        return;
    }
    if (type == "ByteLevel") return read_trim(layout, node);
    if (layout.specials(false) + layout.specials(true) > 0) node.fail("a second processor that adds special tokens");
    if (type == "TemplateProcessing") read_template_processing(layout, node);
    if (type == "BertProcessing") read_bert_processing(layout, node);
    if (type == "RobertaProcessing") {
        read_roberta_processing(layout, node);
        read_trim(layout, node);
    }
}

}  // namespace

RowLayout RowLayout::from_json(JsonNode const& node)
{
    RowLayout layout;
    apply(layout, node);
    return layout;
}

std::size_t RowLayout::specials(bool is_pair) const
{
    auto const& all = parts(is_pair);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](RowPart const& part) { return part.kind == Kind::special; }));
}

}  // namespace ablatrix::text::detail
