#include "detail/json_node.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::text::detail {

namespace {

using nlohmann::json;

/// Stages hold stages: the depth of a document bounds the depth of recursion.
constexpr int deepest = 64;

/// Watches keys while a document is parsed: nlohmann::json keeps the last of two equal ones without a word.
class KeyWatch
{
  public:
    explicit KeyWatch(std::string const& file) : file_(file) {}

    bool operator()(int depth, json::parse_event_t event, json& value)
    {
        if (depth > deepest) throw DataError(file_, 0, "nested too deeply");
        switch (event) {
            case json::parse_event_t::object_start:
                keys_.emplace_back();
                break;
            case json::parse_event_t::object_end:
                keys_.pop_back();
                break;
            case json::parse_event_t::key:
                if (!keys_.back().insert(value.get<std::string>()).second)
                    throw DataError(file_, 0, "key '" + value.get<std::string>() + "' is there twice in one object");
                break;
            case json::parse_event_t::array_start:
            case json::parse_event_t::array_end:
            case json::parse_event_t::value:
                break;
        }
        return true;
    }

  private:
    std::string const& file_;
    std::vector<std::set<std::string>> keys_;
};

std::size_t line_of(std::string_view text, std::size_t byte)
{
    auto const head = text.substr(0, byte);
    return 1 + static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
}

}  // namespace

json parse_json(std::string_view text, std::string const& file)
{
    try {
        return json::parse(text.begin(), text.end(), KeyWatch(file));
    }
    catch (json::parse_error const& error) {
        throw DataError(file, line_of(text, error.byte), "not valid JSON: byte " + std::to_string(error.byte));
    }
    catch (json::exception const& error) {
        throw DataError(file, 0, std::string("not valid JSON: ") + error.what());
    }
}

JsonNode::JsonNode(json const& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path))
{}

void JsonNode::fail(std::string const& problem) const
{
    throw DataError(file_, 0, path_.empty() ? problem : problem + " (" + path_ + ")");
}

void JsonNode::expected(char const* what) const
{
    fail(std::string("expected ") + what + ", found " + value_->type_name());
}

JsonNode const& JsonNode::object() const
{
    if (!value_->is_object()) expected("an object");
    return *this;
}

std::optional<JsonNode> JsonNode::find(char const* key) const
{
    auto const member = object().value_->find(key);
    if (member == value_->end() || member->is_null()) return std::nullopt;
    return JsonNode(*member, file_, path_.empty() ? key : path_ + "." + key);
}

JsonNode JsonNode::at(char const* key) const
{
    auto const member = find(key);
    if (!member) fail(std::string("'") + key + "' is missing");
    return *member;
}

std::size_t JsonNode::size() const
{
    if (!value_->is_array()) expected("an array");
    return value_->size();
}

JsonNode JsonNode::at(std::size_t index) const
{
    if (index >= size()) fail("element " + std::to_string(index) + " is missing");
    return {(*value_)[index], file_, path_ + "[" + std::to_string(index) + "]"};
}

std::string const& JsonNode::string() const
{
    if (!value_->is_string()) expected("a string");
    return value_->get_ref<std::string const&>();
}

bool JsonNode::boolean() const
{
    if (!value_->is_boolean()) expected("true or false");
    return value_->get<bool>();
}

double JsonNode::number() const
{
    if (!value_->is_number()) expected("a number");
    return value_->get<double>();
}

std::int64_t JsonNode::integer(std::int64_t lowest, std::int64_t highest) const
{
    std::string const range = std::to_string(lowest) + " to " + std::to_string(highest);
    if (!value_->is_number_integer()) expected(("a whole number from " + range).c_str());
    bool const huge =
        value_->is_number_unsigned() && value_->get<std::uint64_t>() > static_cast<std::uint64_t>(highest);
    auto const number = value_->get<std::int64_t>();
    if (huge || number < lowest || number > highest) fail(value_->dump() + " is not within " + range);
    return number;
}

std::string const& JsonNode::one_of(std::initializer_list<std::string_view> choices) const
{
    std::string const& chosen = string();
    if (std::find(choices.begin(), choices.end(), chosen) != choices.end()) return chosen;
    std::string known;
    for (std::string_view const choice : choices)
        known += (known.empty() ? "" : ", ") + std::string(choice);
    fail("unknown value '" + chosen + "', expected one of " + known);
}

bool JsonNode::boolean_or(char const* key, bool otherwise) const
{
    auto const member = find(key);
    return member ? member->boolean() : otherwise;
}

std::string JsonNode::string_or(char const* key, std::string const& otherwise) const
{
    auto const member = find(key);
    return member ? member->string() : otherwise;
}

}  // namespace ablatrix::text::detail
