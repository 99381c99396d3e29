#pragma once

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
    /// The message reads "problem (mark, key 'a.b'). Way out"; what is empty, or named by the problem, is left out.
    ConfigError(std::string const& problem, Mark mark, std::string key = {}, std::string const& way_out = {});
    Mark const& mark() const noexcept { return mark_; }
    std::string const& key() const noexcept { return key_; }
    /// The same error, with " [context]" at the end of its message.
    ConfigError in(std::string const& context) const;

  private:
    struct Verbatim
    {};
    ConfigError(Verbatim, std::string const& text, Mark mark, std::string key);

    Mark mark_;
    std::string key_;
};

/// A YAML value that knows its place. A plain value type: copies are independent of each other (they share memory until
/// one is changed, so a copy costs next to nothing).
class Node
{
  public:
    enum class Kind
    {
        null,
        scalar,
        sequence,
        map
    };
    /// What a scalar means: quoted text is always text; plain text may be a boolean or a number.
    enum class ScalarType
    {
        boolean,
        integer,
        real,
        text
    };
    using Entry = std::pair<std::string, Node>;

    Node() = default;
    static Node null(Mark mark);
    /// Plain text that YAML would read as null or as a doubtful boolean ("", "~", "no", "off") counts as quoted.
    static Node scalar(std::string text, Mark mark, bool quoted = false);
    static Node sequence(std::vector<Node> items, Mark mark);
    static Node map(std::vector<Entry> entries, Mark mark);

    Kind kind() const noexcept;
    Mark const& mark() const noexcept;
    /// Place of the key that this value stands under; its own place for anything else.
    Mark const& key_mark() const noexcept;
    bool quoted() const noexcept;
    /// The raw text of a scalar. \throws ConfigError for any other kind
    std::string const& text() const;
    /// \throws ConfigError unless this is a scalar
    ScalarType scalar_type() const;
    /// Items of a sequence; none for null. \throws ConfigError for any other kind
    std::vector<Node> const& items() const;
    /// Entries of a map, in file order; none for null. \throws ConfigError for any other kind
    std::vector<Entry> const& entries() const;
    /// The value at a dotted path ("noise.rate"), or nullptr. A key that itself holds dots is found as well.
    Node const* find(std::string_view path) const;
    /// Set the value at a dotted path, creating maps on the way (a key that itself holds dots is replaced where there
    /// is one). \throws ConfigError when the path crosses a non-map
    void assign(std::string_view path, Node value);
    /// Overlay \p other: maps merge key by key, everything else is replaced.
    void merge(Node const& other);
    /// "the number 3", "the text 'abc'", "a list", "nothing": for messages.
    std::string describe() const;

    /// YAML text that parses back to the same tree.
    std::string to_yaml() const;
    /// One line of JSON-like text with sorted keys and numbers in canonical form ("0.10" and ".1" agree): for hashing.
    std::string canonical() const;

    /// The same value as if it stood under a key at \p mark.
    Node with_key_mark(Mark mark) const;

  private:
    struct Data;
    explicit Node(std::shared_ptr<Data const> data) : data_(std::move(data)) {}
    /// Own data that nobody shares.
    Data& edit();
    std::shared_ptr<Data const> data_;  // null: no value and no place
};

/// \throws ConfigError with line and column for malformed YAML, duplicate keys, anchors that explode, too deep nesting,
///         and plain yes/no/on/off, which YAML versions read differently
Node parse_yaml(std::string const& text, std::string const& file_name);
/// \throws ConfigError when the file cannot be read, and as parse_yaml
Node load_yaml(std::filesystem::path const& file);
/// Apply "a.b=c" (the value is YAML). \throws ConfigError naming the text when it has no '=' or no key
void apply_set(Node& root, std::string const& assignment);

}  // namespace ablatrix::config
