#include "detail/read_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/dataset.hpp>

namespace ablatrix::data::detail {

namespace {

std::optional<std::size_t> find_column(Table const& table, std::string const& name)
{
    auto const found = std::find(table.column.begin(), table.column.end(), name);
    if (found == table.column.end()) return std::nullopt;
    return static_cast<std::size_t>(found - table.column.begin());
}

}  // namespace

Format format_of(std::string const& file)
{
    if (file.ends_with(".tsv")) return Format::tsv;
    if (file.ends_with(".csv")) return Format::csv;
    if (file.ends_with(".jsonl")) return Format::jsonl;
    throw DataError(file, 0, "unknown kind of table. The name must end in .tsv, .csv or .jsonl");
}

std::string read_bytes(std::filesystem::path const& file)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        throw DataError(file.string(), 0, "is a folder, not a table. Name a .tsv, .csv or .jsonl file in it");
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        std::string const reason = errno != 0 ? std::strerror(errno) : "unknown reason";
        std::vector<std::string> neighbours;
        auto const folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
        for (auto at = std::filesystem::directory_iterator(folder, ignored);
             at != std::filesystem::directory_iterator{}; at.increment(ignored))
            neighbours.push_back(at->path().filename().string());
        std::string const hint = base::did_you_mean_hint(file.filename().string(), neighbours);
        throw DataError(file.string(), 0,
                        "cannot be opened: " + reason + "." +
                            (hint.empty() ? " Relative names start at the working directory, " +
                                                std::filesystem::current_path(ignored).string()
                                          : hint));
    }
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) throw DataError(file.string(), 0, "cannot be read to its end. Check the disk and try again");
    return bytes;
}

Table parse_table(std::string_view bytes, std::string const& file, Format format,
                  std::vector<std::string> const& wanted)
{
    check_utf8(bytes, file);
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (base::trim(bytes).empty()) throw DataError(file, 0, "the file is empty. Give a table with rows");
    Table table = format == Format::tsv   ? parse_tsv(bytes, file)
                  : format == Format::csv ? parse_csv(bytes, file)
                                          : parse_jsonl(bytes, file, wanted);
    if (table.rows.empty()) throw DataError(file, 0, "a header but no rows. Give a table with rows");
    return table;
}

std::size_t require_column(Table const& table, std::string const& name, std::string const& file)
{
    if (auto const found = find_column(table, name)) return *found;
    throw DataError(file, 0,
                    "no column '" + name + "'. Columns are " + quoted_list(table.column) + "." +
                        base::did_you_mean_hint(name, table.column));
}

std::size_t require_text_column(Table const& table, std::string const& name, std::string const& file)
{
    if (name == TableOptions{}.text && !find_column(table, name)) {
        if (auto const sentence = find_column(table, "sentence")) return *sentence;
    }
    return require_column(table, name, file);
}

std::string const& cell_of(Table const& table, Table::Row const& row, std::size_t column, std::string const& file)
{
    if (column >= row.cell.size() || !row.cell[column])
        throw DataError(file, row.line, "no key '" + table.column[column] + "'. Every row needs it");
    return *row.cell[column];
}

std::string quoted_list(std::vector<std::string> const& names)
{
    std::string out;
    for (std::string const& name : names)
        out += (out.empty() ? "'" : ", '") + name + "'";
    return out.empty() ? "none" : out;
}

}  // namespace ablatrix::data::detail
