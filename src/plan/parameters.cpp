#include "detail/parameters.hpp"

#include <set>

#include <ablatrix/base/text.hpp>

namespace ablatrix::plan::detail {

namespace {

using config::ConfigError;
using config::Node;

bool is_section(Node const& node)
{
    return node.kind() == Node::Kind::map && !node.entries().empty();
}

std::string below(std::string const& prefix, std::string const& key)
{
    return prefix.empty() ? key : prefix + "." + key;
}

void collect_paths(Node const& node, std::string const& prefix, std::vector<std::string>& out)
{
    for (auto const& [key, value] : node.entries()) {
        if (is_section(value))
            collect_paths(value, below(prefix, key), out);
        else
            out.push_back(below(prefix, key));
    }
}

std::string expected_kind(Node const& fallback)
{
    switch (fallback.kind()) {
        case Node::Kind::null:
            return "anything";
        case Node::Kind::sequence:
            return "a list";
        case Node::Kind::map:
            return "a map of keys and values";
        case Node::Kind::scalar:
            break;
    }
    switch (fallback.scalar_type()) {
        case Node::ScalarType::boolean:
            return "true or false";
        case Node::ScalarType::integer:
        case Node::ScalarType::real:
            return "a number";
        case Node::ScalarType::text:
            return "text";
    }
    return "anything";
}

std::string advice(Node const& value, std::string const& expected)
{
    bool const is_scalar = value.kind() == Node::Kind::scalar;
    if (is_scalar && expected == "a list") return "Write [" + value.text() + "] for a list of one";
    if (is_scalar && expected == "text") return "Write \"" + value.text() + "\" in quotes if text is meant";
    if (is_scalar && value.quoted() && expected == "a number") return "Remove the quotes";
    if (value.kind() == Node::Kind::null) return "Give a value, or remove the key for the default";
    return {};
}

void check_type(Node const& value, Node const& fallback, std::string const& path)
{
    std::string const expected = expected_kind(fallback);
    if (expected == "anything" || expected == expected_kind(value)) return;
    throw ConfigError("expected " + expected + ", found " + value.describe(), value.mark(), path,
                      advice(value, expected));
}

[[noreturn]] void fail_unknown(std::string const& path, Node const& value, Node const& defaults)
{
    auto const known = parameter_paths(defaults);
    std::string const hint = base::did_you_mean_hint(path, known);
    throw ConfigError("unknown parameter '" + path + "'", value.key_mark(), path,
                      hint.empty() ? "See --print-config for all parameters" : hint.substr(1));
}

class ParameterReader
{
  public:
    explicit ParameterReader(Node const& defaults) : defaults_(defaults) {}

    Node read(Node const& parameters)
    {
        out_ = Node::map({}, parameters.mark());
        read_section(parameters, "");
        return std::move(out_);
    }

  private:
    void read_section(Node const& section, std::string const& prefix)
    {
        for (auto const& [key, value] : section.entries()) {
            std::string const path = below(prefix, key);
            Node const* const fallback = defaults_.find(path);
            if (key.empty() || fallback == nullptr) fail_unknown(path, value, defaults_);
            if (!is_section(*fallback))
                read_value(value, *fallback, path);
            else if (value.kind() == Node::Kind::map)
                read_section(value, path);
            else if (value.kind() != Node::Kind::null)
                check_type(value, *fallback, path);
        }
    }

    void read_value(Node const& value, Node const& fallback, std::string const& path)
    {
        check_type(value, fallback, path);
        if (!seen_.insert(path).second)
            throw ConfigError("parameter '" + path + "' is given twice", value.key_mark(), path,
                              "Remove one of the two");
        out_.assign(path, value);
    }

    Node const& defaults_;
    Node out_;
    std::set<std::string> seen_;
};

/// Check one value, or, where \p path names a section, the values below it.
void check_values(Node const& value, Node const& defaults, std::string const& path)
{
    Node const* const fallback = defaults.find(path);
    if (fallback == nullptr) return;
    if (!is_section(*fallback)) {
        check_type(value, *fallback, path);
        return;
    }
    if (value.kind() != Node::Kind::map) return;
    for (auto const& [key, inner] : value.entries())
        check_values(inner, defaults, below(path, key));
}

/// Check the lists of values of a map of axes, flat or nested.
void check_axes(Node const& axes, Node const& defaults, std::string const& prefix)
{
    if (axes.kind() != Node::Kind::map) return;
    for (auto const& [key, values] : axes.entries()) {
        std::string const path = below(prefix, key);
        if (values.kind() == Node::Kind::map) check_axes(values, defaults, path);
        if (values.kind() != Node::Kind::sequence) continue;
        for (Node const& value : values.items())
            check_values(value, defaults, path);
    }
}

}  // namespace

std::vector<std::string> parameter_paths(Node const& defaults)
{
    std::vector<std::string> out;
    collect_paths(defaults, "", out);
    return out;
}

Node read_parameters(Node const& parameters, Node const& defaults)
{
    return ParameterReader(defaults).read(parameters);
}

void check_grid_types(Node const& grid, Node const& defaults)
{
    if (auto const* product = grid.find("product")) check_axes(*product, defaults, "");
    Node const* const zip = grid.find("zip");
    if (zip != nullptr && zip->kind() == Node::Kind::sequence) {
        for (Node const& entry : zip->items())
            check_axes(entry, defaults, "");
    }
    Node const* const include = grid.find("include");
    if (include != nullptr && include->kind() == Node::Kind::sequence) {
        for (Node const& point : include->items()) {
            if (point.kind() != Node::Kind::map) continue;
            for (auto const& [axis, value] : point.entries())
                check_values(value, defaults, axis);
        }
    }
    Node const* const arms = grid.find("arms.values");
    if (arms == nullptr || arms->kind() != Node::Kind::map) return;
    for (auto const& [arm, overrides] : arms->entries()) {
        if (overrides.kind() != Node::Kind::map) continue;
        for (auto const& [path, value] : overrides.entries())
            check_values(value, defaults, path);
    }
}

}  // namespace ablatrix::plan::detail
