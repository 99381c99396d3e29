#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::config {

/// Where a value came from; line and column count from 1, line 0 means "not from a file" (a default or --set).
struct Mark
{
    std::string file;
    int line = 0;
    int column = 0;
    /// "sweep.yaml:14:3", or just the name when there is no line ("--set noise.rate=2").
    std::string text() const;
};

/// A mistake in an experiment file: place, dotted key and a way out.
class ConfigError : public Error
{
  public:
    ConfigError(std::string const& problem, Mark mark, std::string key = {}, std::string const& way_out = {});
    Mark const& mark() const noexcept { return mark_; }
    std::string const& key() const noexcept { return key_; }

  private:
    Mark mark_;
    std::string key_;
};

/// A YAML value that knows its place. A plain value type: copies are deep and independent.
class Node
{
  public:
    enum class Kind { null, scalar, sequence, map };
    using Entry = std::pair<std::string, Node>;

    Node() = default;
    static Node scalar(std::string text, Mark mark, bool quoted = false);
    static Node sequence(std::vector<Node> items, Mark mark);
    static Node map(std::vector<Entry> entries, Mark mark);

    Kind kind() const noexcept { return kind_; }
    Mark const& mark() const noexcept { return mark_; }
    bool quoted() const noexcept { return quoted_; }
    /// The raw text of a scalar.
    std::string const& text() const;
    std::vector<Node> const& items() const;
    /// Entries of a map, in file order.
    std::vector<Entry> const& entries() const;
    /// The value at a dotted path ("noise.rate"), or nullptr.
    Node const* find(std::string_view path) const;
    /// Set the value at a dotted path, creating maps on the way. \throws ConfigError when the path crosses a non-map
    void assign(std::string_view path, Node value);
    /// Overlay \p other: maps merge key by key, everything else is replaced.
    void merge(Node const& other);

    /// YAML text that parses back to the same tree.
    std::string to_yaml() const;
    /// One line of JSON-like text with sorted keys and numbers in canonical form ("0.10" and ".1" agree): for hashing.
    std::string canonical() const;

  private:
    Kind kind_ = Kind::null;
    Mark mark_;
    bool quoted_ = false;
    std::string text_;
    std::vector<Node> items_;
    std::vector<Entry> entries_;
};

/// \throws ConfigError with line and column for malformed YAML, duplicate keys, anchors that explode, too deep nesting
Node parse_yaml(std::string const& text, std::string const& file_name);
Node load_yaml(std::filesystem::path const& file);
/// Apply "a.b=c" (the value is YAML). \throws ConfigError naming the text when it has no '=' or no key
void apply_set(Node& root, std::string const& assignment);

}  // namespace ablatrix::config
