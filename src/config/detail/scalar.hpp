#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ablatrix/config/node.hpp>

namespace ablatrix::config::detail {

/// "", "~" and the spellings of null.
bool is_null_text(std::string_view text);
/// yes, no, on, off, True and the like: a boolean to some YAML readers and text to others.
bool is_doubtful_boolean(std::string_view text);
/// Type of plain (unquoted) text.
Node::ScalarType classify(std::string_view text);

std::optional<std::int64_t> to_integer(std::string_view text);
/// Finite numbers only.
std::optional<double> to_real(std::string_view text);
/// Canonical text of a plain number.
std::string canonical_number(std::string_view text);

}  // namespace ablatrix::config::detail
