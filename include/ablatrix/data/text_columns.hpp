#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ablatrix::data {

/// The texts of \p columns of a table (see TableOptions for its formats), [column][row]. Every row is kept, also one with
/// an empty text: row i of what is made of them belongs to row i of the table. "sentence" is tried when the first column
/// is "text" and absent.
/// \throws DataError with file and row for: missing file or column, row with too few or too many fields, malformed CSV
///         quoting or JSON, invalid UTF-8, no rows
std::vector<std::vector<std::string>> load_text_columns(std::filesystem::path const& file,
                                                        std::vector<std::string> const& columns);

}  // namespace ablatrix::data
