#pragma once

#include <filesystem>
#include <string>

namespace ablatrix::text::detail {

/// All bytes of \p file. \throws DataError if it cannot be read
std::string read_file(std::filesystem::path const& file);

}  // namespace ablatrix::text::detail
