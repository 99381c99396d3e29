#include <ablatrix/config/reader.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <ablatrix/base/text.hpp>

#include "detail/scalar.hpp"

namespace ablatrix::config {

namespace {

[[noreturn]] void fail_type(Node const& node, std::string const& path, std::string const& expected,
                            std::string const& way_out = {})
{
    throw ConfigError("expected " + expected + ", found " + node.describe(), node.mark(), path, way_out);
}

bool is_number_in_quotes(Node const& node)
{
    return node.kind() == Node::Kind::scalar && node.quoted() && detail::to_real(node.text());
}

[[noreturn]] void fail_number(Node const& node, std::string const& path, std::string const& expected)
{
    fail_type(node, path, expected, is_number_in_quotes(node) ? "Remove the quotes" : "");
}

void convert(Node const& node, std::string const& path, bool& out)
{
    bool const good = node.kind() == Node::Kind::scalar && node.scalar_type() == Node::ScalarType::boolean;
    if (!good) fail_type(node, path, "true or false");
    out = node.text() == "true";
}

void convert(Node const& node, std::string const& path, std::int64_t& out)
{
    bool const good = node.kind() == Node::Kind::scalar && node.scalar_type() == Node::ScalarType::integer;
    if (!good) fail_number(node, path, "an integer");
    auto const value = detail::to_integer(node.text());
    if (!value) fail_type(node, path, "an integer between -9223372036854775808 and 9223372036854775807");
    out = *value;
}

void convert(Node const& node, std::string const& path, int& out)
{
    std::int64_t wide = 0;
    convert(node, path, wide);
    if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
        fail_type(node, path, "an integer between -2147483648 and 2147483647");
    out = static_cast<int>(wide);
}

void convert(Node const& node, std::string const& path, double& out)
{
    bool const is_number = node.kind() == Node::Kind::scalar && (node.scalar_type() == Node::ScalarType::integer ||
                                                                 node.scalar_type() == Node::ScalarType::real);
    if (!is_number) fail_number(node, path, "a number");
    auto const value = detail::to_real(node.text());
    if (!value) fail_type(node, path, "a finite number");
    out = *value;
}

void convert(Node const& node, std::string const& path, std::string& out)
{
    if (node.kind() != Node::Kind::scalar) fail_type(node, path, "text");
    if (node.scalar_type() != Node::ScalarType::text)
        fail_type(node, path, "text", "Write \"" + node.text() + "\" in quotes if text is meant");
    out = node.text();
}

template <typename T>
void convert(Node const& node, std::string const& path, std::vector<T>& out)
{
    if (node.kind() != Node::Kind::sequence) {
        bool const is_scalar = node.kind() == Node::Kind::scalar;
        fail_type(node, path, "a list", is_scalar ? "Write [" + node.text() + "] for a list of one" : "");
    }
    for (std::size_t i = 0; i < node.items().size(); ++i) {
        T item{};
        convert(node.items()[i], path + "[" + std::to_string(i) + "]", item);
        out.push_back(std::move(item));
    }
}

template <typename T>
void check_range(Node const* node, std::string const& path, T value, T low, T high, std::string const& bounds)
{
    // Written so that a NaN fails.
    if (value >= low && value <= high) return;
    throw ConfigError("must be between " + bounds + ", found " + (node == nullptr ? "nothing" : node->describe()),
                      node == nullptr ? Mark{} : node->mark(), path);
}

}  // namespace

Reader::Reader(Node node, std::string path) : node_(std::move(node)), path_(std::move(path))
{
    if (node_.kind() != Node::Kind::map && node_.kind() != Node::Kind::null)
        fail_type(node_, path_, "a map of keys and values");
}

Node const* Reader::value_of(std::string const& key) const
{
    auto const& entries = node_.entries();
    auto const found = std::ranges::find(entries, key, &Node::Entry::first);
    if (found == entries.end() || found->second.kind() == Node::Kind::null) return nullptr;
    return &found->second;
}

std::string Reader::path_of(std::string const& key) const
{
    return path_.empty() ? key : path_ + "." + key;
}

template <typename T>
std::optional<T> Reader::find(std::string const& key)
{
    Node const* const value = raw(key);
    if (value == nullptr) return std::nullopt;
    T out{};
    convert(*value, path_of(key), out);
    return out;
}

template <typename T>
T Reader::get(std::string const& key, T fallback)
{
    auto found = find<T>(key);
    return found ? std::move(*found) : std::move(fallback);
}

template <typename T>
T Reader::require(std::string const& key)
{
    auto found = find<T>(key);
    if (!found) fail(key, "missing key '" + key + "'", "Add it");
    return std::move(*found);
}

std::string Reader::choice(std::string const& key, std::string fallback, std::vector<std::string> const& allowed)
{
    std::string value = get<std::string>(key, std::move(fallback));
    if (std::ranges::find(allowed, value) != allowed.end()) return value;
    std::string const hint = base::did_you_mean_hint(value, allowed);
    fail(key, "unknown value '" + value + "'",
         (hint.empty() ? "" : hint.substr(1) + " ") + "Possible values: " + base::join(allowed, ", "));
}

double Reader::number(std::string const& key, double fallback, double low, double high)
{
    double const value = get(key, fallback);
    check_range(value_of(key), path_of(key), value, low, high, base::shortest(low) + " and " + base::shortest(high));
    return value;
}

std::int64_t Reader::integer(std::string const& key, std::int64_t fallback, std::int64_t low, std::int64_t high)
{
    std::int64_t const value = get(key, fallback);
    check_range(value_of(key), path_of(key), value, low, high, std::to_string(low) + " and " + std::to_string(high));
    return value;
}

bool Reader::has(std::string const& key) const
{
    return value_of(key) != nullptr;
}

Reader& Reader::child(std::string const& key)
{
    auto const found = children_.find(key);
    if (found != children_.end()) return found->second;
    Node const* const value = raw(key);
    Reader child(value == nullptr ? Node{} : *value, path_of(key));
    return children_.emplace(key, std::move(child)).first->second;
}

Node const* Reader::raw(std::string const& key)
{
    read_.insert(key);
    return value_of(key);
}

void Reader::finish() const
{
    for (auto const& [key, value] : node_.entries()) {
        if (read_.contains(key)) continue;
        std::vector<std::string> const accepted(read_.begin(), read_.end());
        std::string const hint = base::did_you_mean_hint(key, accepted);
        std::string const list =
            accepted.empty() ? "No keys are accepted here" : "Accepted keys: " + base::join(accepted, ", ");
        throw ConfigError("unknown key '" + key + "'", value.key_mark(), path_of(key),
                          (hint.empty() ? "" : hint.substr(1) + " ") + list);
    }
    for (auto const& [key, child] : children_)
        child.finish();
}

void Reader::fail(std::string const& key, std::string const& problem, std::string const& way_out) const
{
    Node const* const value = value_of(key);
    throw ConfigError(problem, value == nullptr ? node_.mark() : value->mark(), path_of(key), way_out);
}

#define ABLATRIX_INSTANTIATE(T)                                                              \
    template T Reader::get<T>(std::string const&, T);                                        \
    template T Reader::require<T>(std::string const&);                                       \
    template std::optional<T> Reader::find<T>(std::string const&);                           \
    template std::vector<T> Reader::get<std::vector<T>>(std::string const&, std::vector<T>); \
    template std::vector<T> Reader::require<std::vector<T>>(std::string const&);             \
    template std::optional<std::vector<T>> Reader::find<std::vector<T>>(std::string const&);

ABLATRIX_INSTANTIATE(bool)
ABLATRIX_INSTANTIATE(int)
ABLATRIX_INSTANTIATE(std::int64_t)
ABLATRIX_INSTANTIATE(double)
ABLATRIX_INSTANTIATE(std::string)
#undef ABLATRIX_INSTANTIATE

}  // namespace ablatrix::config
