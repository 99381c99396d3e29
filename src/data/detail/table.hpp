#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::data::detail {

/// A table as read, before its columns mean anything.
struct Table
{
    struct Row
    {
        std::size_t line = 0;  ///< 1-based line of the file where the row begins
        /// By column; a JSON object without a key has nullopt or nothing at all there.
        std::vector<std::optional<std::string>> cell;
    };
    std::vector<std::string> column;
    std::vector<Row> rows;
};

/// All three parsers are total: any bytes give a Table or a DataError.
/// \p file only stands in messages. Invalid UTF-8 must have been refused before (check_utf8).
Table parse_tsv(std::string_view bytes, std::string const& file);
Table parse_csv(std::string_view bytes, std::string const& file);
/// Only the columns in \p wanted are converted to text; the names of all are collected.
Table parse_jsonl(std::string_view bytes, std::string const& file, std::vector<std::string> const& wanted);

/// \throws DataError naming the line of the first byte that is not UTF-8
void check_utf8(std::string_view bytes, std::string const& file);

}  // namespace ablatrix::data::detail
