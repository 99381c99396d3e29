#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace ablatrix::app {

/// Kinds of file that write_matrix makes, by the end of their names.
inline constexpr char const* matrix_suffixes = ".npy, .csv or .tsv";
bool is_matrix_file(std::filesystem::path const& file);

/// Row-major \p values [rows x columns] as NumPy's format 1.0 (.npy, little-endian float32) or as text with a header
/// d0, d1, ... whose numbers read back as the same floats. The file appears when it is complete. \throws Error naming
/// the file that cannot be written
void write_matrix(std::filesystem::path const& file, std::span<float const> values, std::int64_t columns);

/// Writes \p text to \p file, which appears when it is complete. \throws Error naming the file
void write_whole_file(std::filesystem::path const& file, std::string const& text);

}  // namespace ablatrix::app
