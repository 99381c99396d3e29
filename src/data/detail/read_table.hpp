#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "table.hpp"

/// \file
/// From a file to a Table, and to the cells of its columns. All functions throw DataError naming the file.

namespace ablatrix::data::detail {

enum class Format
{
    tsv,
    csv,
    jsonl
};

/// By the end of the name.
Format format_of(std::string const& file);

/// All bytes of \p file; the message about one that is not there suggests its neighbour.
std::string read_bytes(std::filesystem::path const& file);

/// A table with at least one row. Of JSON Lines, only the columns in \p wanted are read.
Table parse_table(std::string_view bytes, std::string const& file, Format format,
                  std::vector<std::string> const& wanted);

/// The place of a column that must be there.
std::size_t require_column(Table const& table, std::string const& name, std::string const& file);
/// The same for the column of texts: "sentence" will do where the default "text" is absent.
std::size_t require_text_column(Table const& table, std::string const& name, std::string const& file);

std::string const& cell_of(Table const& table, Table::Row const& row, std::size_t column, std::string const& file);

/// 'a', 'b', 'c'
std::string quoted_list(std::vector<std::string> const& names);

}  // namespace ablatrix::data::detail
