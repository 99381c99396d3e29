#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ablatrix::text::detail {

/// A value of a JSON file that knows its place, for reading that trusts nothing.
///
/// Every accessor throws a DataError such as "tokenizer.json: expected a string, found number (model.unk_token)". Nodes
/// point into the document, which must outlive them.
class JsonNode
{
  public:
    JsonNode(nlohmann::json const& value, std::string file, std::string path = {});

    nlohmann::json const& raw() const noexcept { return *value_; }
    std::string const& file() const noexcept { return file_; }
    /// "model.vocab", "added_tokens[3]"
    std::string const& path() const noexcept { return path_; }

    /// A member that must be there and not be null.
    JsonNode at(char const* key) const;
    /// A member; none if it is absent or null.
    std::optional<JsonNode> find(char const* key) const;
    /// Elements of an array.
    std::size_t size() const;
    JsonNode at(std::size_t index) const;

    std::string const& string() const;
    bool boolean() const;
    double number() const;
    std::int64_t integer(std::int64_t lowest, std::int64_t highest) const;
    /// The string if it is one of \p choices.
    std::string const& one_of(std::initializer_list<std::string_view> choices) const;
    /// This node if it is an object.
    JsonNode const& object() const;

    bool boolean_or(char const* key, bool otherwise) const;
    std::string string_or(char const* key, std::string const& otherwise) const;

    /// \throws DataError "file: problem (path)"
    [[noreturn]] void fail(std::string const& problem) const;

  private:
    [[noreturn]] void expected(char const* what) const;

    nlohmann::json const* value_;
    std::string file_;
    std::string path_;
};

/// The document in \p text. \throws DataError for text that is no JSON, with its line, and for repeated keys
nlohmann::json parse_json(std::string_view text, std::string const& file);

}  // namespace ablatrix::text::detail
