#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>

namespace ablatrix::config {

/// Typed reading of one map, remembering which keys were asked for.
///
///     Reader reader(node, "graph");
///     options.k = reader.get("k", 15);
///     auto& noise = reader.child("noise");        // missing: reads as an empty map
///     reader.finish();                            // unknown key 'kk' (x.yaml:3:5). Did you mean 'k'?
///
/// T is one of bool, int, std::int64_t, double, std::string, std::vector of these. A key without a value (null) reads
/// as absent. Types are strict: 1.5 is no integer, "3" in quotes is no number (3 is a double, though). Type errors name
/// file, line, column, dotted key, what was found and what was expected. finish() also finishes every child.
class Reader
{
  public:
    /// \p node must be a map or null; \p path is the dotted prefix for messages.
    explicit Reader(Node node, std::string path = {});

    template <typename T>
    T get(std::string const& key, T fallback);
    std::string get(std::string const& key, char const* fallback) { return get(key, std::string{fallback}); }
    template <typename T>
    T require(std::string const& key);
    template <typename T>
    std::optional<T> find(std::string const& key);
    /// A value out of \p allowed (did-you-mean otherwise).
    std::string choice(std::string const& key, std::string fallback, std::vector<std::string> const& allowed);
    /// A number inside [low, high].
    double number(std::string const& key, double fallback, double low, double high);
    std::int64_t integer(std::string const& key, std::int64_t fallback, std::int64_t low, std::int64_t high);

    /// Is there a value (other than null)?
    bool has(std::string const& key) const;
    Reader& child(std::string const& key);
    /// The raw value, marked as read; nullptr when absent.
    Node const* raw(std::string const& key);
    /// \throws ConfigError for the first key nobody asked for, listing the keys that would have been accepted
    void finish() const;
    /// A ConfigError at the value of \p key (at the map itself when absent).
    [[noreturn]] void fail(std::string const& key, std::string const& problem, std::string const& way_out = {}) const;

    Node const& node() const noexcept { return node_; }

  private:
    Node const* value_of(std::string const& key) const;
    std::string path_of(std::string const& key) const;

    Node node_;
    std::string path_;
    std::set<std::string> read_;
    std::map<std::string, Reader> children_;
};

}  // namespace ablatrix::config
