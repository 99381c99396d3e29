#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ablatrix::nn::detail {

/// Writes \p pieces one after the other under a temporary name, flushes, then renames: \p file is old or new, never
/// half. \throws Error naming the file and the reason
void write_whole_file(std::filesystem::path const& file, std::span<std::span<std::byte const> const> pieces);
void write_whole_file(std::filesystem::path const& file, std::string_view text);

/// \throws DataError when \p file is missing, unreadable or larger than \p limit bytes
std::string read_whole_file(std::filesystem::path const& file, std::size_t limit);

}  // namespace ablatrix::nn::detail
