#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::base {

/// The candidate nearest to \p word by edit distance (transpositions count once), if it is near enough to be meant.
std::optional<std::string> did_you_mean(std::string_view word, std::span<std::string const> candidates);
/// " Did you mean 'x'?" or "".
std::string did_you_mean_hint(std::string_view word, std::span<std::string const> candidates);

/// Shortest text that reads back as the same double (std::to_chars); "nan", "inf", "-inf" for the others.
std::string shortest(double value);
/// Append \p text as a double-quoted string that JSON and YAML read alike.
void append_quoted(std::string& out, std::string_view text);
std::string join(std::span<std::string const> parts, std::string_view separator);
/// Parts between separators: always one more than there are separators.
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
/// "850 ms", "12.3 s", "4 min 05 s", "3 h 20 min".
std::string human_seconds(double seconds);
/// "512 B", "1.4 MiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace ablatrix::base
