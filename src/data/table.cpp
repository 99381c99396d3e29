#include "detail/table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unicode/utf8.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::data::detail {

namespace {

struct Line
{
    std::size_t number = 0;  // 1-based
    std::string_view text;   // without its line end
};

/// Lines without "\n" or "\r\n"; blank lines at the end of the file are no lines.
std::vector<Line> split_lines(std::string_view bytes)
{
    std::vector<Line> lines;
    std::size_t begin = 0;
    while (begin < bytes.size()) {
        std::size_t const end = std::min(bytes.find('\n', begin), bytes.size());
        std::string_view text = bytes.substr(begin, end - begin);
        if (text.ends_with('\r')) text.remove_suffix(1);
        lines.push_back({lines.size() + 1, text});
        begin = end + 1;
    }
    while (!lines.empty() && lines.back().text.empty())
        lines.pop_back();
    return lines;
}

std::string in_quotes(std::string const& text)
{
    return "'" + text + "'";
}

void check_header(std::vector<std::string> const& columns, std::string const& file, std::size_t line)
{
    std::vector<std::string> sorted = columns;
    std::sort(sorted.begin(), sorted.end());
    auto const twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
        throw DataError(file, line, "column " + in_quotes(*twice) + " occurs twice. Rename one of them");
}

void check_width(std::size_t found, std::size_t expected, std::string const& file, std::size_t line,
                 std::string const& hint)
{
    if (found == expected) return;
    throw DataError(file, line,
                    "row with " + std::to_string(found) + (found == 1 ? " field" : " fields") +
                        ", but the header names " + std::to_string(expected) + ". " + hint);
}

/// A CSV file, read character by character.
class CsvReader
{
  public:
    CsvReader(std::string_view bytes, std::string const& file) : bytes_(bytes), file_(file) {}

    bool at_end() const { return at_ == bytes_.size(); }
    std::size_t line() const { return line_; }

    /// The fields of the next record; leaves the position behind its line end.
    std::vector<std::string> read_record()
    {
        std::vector<std::string> fields;
        for (;;) {
            fields.push_back(peek() == '"' ? read_quoted() : read_plain());
            if (at_end()) return fields;
            char const c = bytes_[at_++];
            if (c == ',') continue;
            if (c == '\r') ++at_;  // read_plain and read_quoted stop at "\r" only before "\n"
            ++line_;
            return fields;
        }
    }

  private:
    char peek() const { return at_end() ? '\0' : bytes_[at_]; }
    bool at_line_end() const { return peek() == '\n' || bytes_.substr(at_, 2) == "\r\n"; }
    bool at_field_end() const { return at_end() || peek() == ',' || at_line_end(); }

    std::string read_plain()
    {
        std::size_t const begin = at_;
        while (!at_field_end()) {
            if (peek() == '"')
                throw DataError(file_, line_,
                                "quote inside an unquoted field. Put the field in quotes and double the "
                                "quote (RFC 4180), or save the table as .tsv");
            if (peek() == '\r')
                throw DataError(file_, line_, "carriage return inside an unquoted field. Put the field in quotes");
            ++at_;
        }
        return std::string{bytes_.substr(begin, at_ - begin)};
    }

    std::string read_quoted()
    {
        std::size_t const first_line = line_;
        std::string field;
        ++at_;
        for (;;) {
            if (at_end())
                throw DataError(file_, first_line,
                                "quoted field without a closing quote. Add the quote; a quote inside "
                                "a quoted field is written twice (RFC 4180)");
            char const c = bytes_[at_++];
            if (c == '\n') ++line_;
            if (c != '"') {
                field += c;
            }
            else if (peek() == '"' && !at_end()) {
                field += '"';
                ++at_;
            }
            else {
                break;
            }
        }
        if (!at_field_end())
            throw DataError(file_, line_,
                            "text behind a closing quote. A quote inside a quoted field is written twice "
                            "(RFC 4180)");
        return field;
    }

    std::string_view bytes_;
    std::string const& file_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

std::vector<std::optional<std::string>> to_cells(std::vector<std::string> fields)
{
    std::vector<std::optional<std::string>> cells;
    cells.reserve(fields.size());
    for (std::string& field : fields)
        cells.emplace_back(std::move(field));
    return cells;
}

/// Text of a JSON value as it would stand in a table; nullopt for objects and nested or mixed arrays.
std::optional<std::string> text_of(nlohmann::json const& value)
{
    if (value.is_null()) return "";
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    if (value.is_number()) return base::shortest(value.get<double>());
    if (!value.is_array()) return std::nullopt;
    std::vector<std::string> numbers;
    for (auto const& element : value) {
        if (!element.is_number()) return std::nullopt;
        numbers.push_back(*text_of(element));
    }
    return base::join(numbers, ",");
}

/// What is wrong, out of "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...; last
/// read:
/// '...'". The line is always 1 and what was read last may be long, so both go.
std::string problem_of(nlohmann::json::exception const& error)
{
    std::string_view problem = error.what();
    std::size_t const column = problem.find("column ");
    std::size_t const begin = column != std::string_view::npos ? column : problem.find("] ") + 2;
    problem.remove_prefix(std::min(begin, problem.size()));
    return std::string{problem.substr(0, problem.find("; last read"))};
}

nlohmann::json parse_object(Line const& line, std::string const& file)
{
    nlohmann::json object;
    try {
        object = nlohmann::json::parse(line.text);
    }
    catch (nlohmann::json::exception const& error) {
        throw DataError(file, line.number,
                        "malformed JSON: " + problem_of(error) + ". A .jsonl file holds one JSON object a line");
    }
    if (!object.is_object())
        throw DataError(
            file, line.number,
            std::string{"the line is a JSON "} + object.type_name() +
                ", not an object. A .jsonl file holds one object a line, like {\"text\": \"...\", \"label\": 0}");
    return object;
}

}  // namespace

Table parse_tsv(std::string_view bytes, std::string const& file)
{
    Table table;
    for (Line const& line : split_lines(bytes)) {
        std::vector<std::string> fields = base::split(line.text, '\t');
        if (line.number == 1) {
            check_header(fields, file, line.number);
            table.column = std::move(fields);
            continue;
        }
        check_width(
            fields.size(), table.column.size(), file, line.number,
            "Fields are separated by one tab; a .tsv file has no quoting, so no field can hold a tab or line break");
        table.rows.push_back({line.number, to_cells(std::move(fields))});
    }
    return table;
}

Table parse_csv(std::string_view bytes, std::string const& file)
{
    // Blank lines at the end are no records. Inside a quoted field they belong to it, but then a quote follows.
    while (bytes.ends_with('\n') || bytes.ends_with('\r'))
        bytes.remove_suffix(1);
    Table table;
    CsvReader reader(bytes, file);
    bool is_header = true;
    while (!reader.at_end()) {
        std::size_t const line = reader.line();
        std::vector<std::string> fields = reader.read_record();
        if (is_header) {
            check_header(fields, file, line);
            table.column = std::move(fields);
            is_header = false;
            continue;
        }
        check_width(fields.size(), table.column.size(), file, line, "A field that holds a comma must stand in quotes");
        table.rows.push_back({line, to_cells(std::move(fields))});
    }
    return table;
}

Table parse_jsonl(std::string_view bytes, std::string const& file, std::vector<std::string> const& wanted)
{
    Table table;
    std::map<std::string, std::size_t> column_index;
    for (Line const& line : split_lines(bytes)) {
        nlohmann::json const object = parse_object(line, file);
        Table::Row row{line.number, {}};
        for (auto const& [key, value] : object.items()) {
            auto const [place, is_new] = column_index.emplace(key, table.column.size());
            if (is_new) table.column.push_back(key);
            if (std::find(wanted.begin(), wanted.end(), key) == wanted.end()) continue;
            std::optional<std::string> text = text_of(value);
            if (!text)
                throw DataError(file, line.number,
                                "key " + in_quotes(key) + " holds a JSON " + value.type_name() +
                                    " that is no text. Use a string, a number or an array of numbers");
            if (row.cell.size() <= place->second) row.cell.resize(place->second + 1);
            row.cell[place->second] = std::move(text);
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

void check_utf8(std::string_view bytes, std::string const& file)
{
    auto const* data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    auto const length = static_cast<std::int64_t>(bytes.size());
    std::int64_t at = 0;
    while (at < length) {
        std::int64_t const begin = at;
        UChar32 c = 0;
        U8_NEXT(data, at, length, c);
        if (c >= 0) continue;
        auto const line = std::count(bytes.begin(), bytes.begin() + begin, '\n') + 1;
        auto const line_begin = bytes.substr(0, static_cast<std::size_t>(begin)).rfind('\n') + 1;  // npos + 1 is 0
        throw DataError(
            file, static_cast<std::size_t>(line),
            "byte " + std::to_string(static_cast<std::size_t>(begin) - line_begin + 1) +
                " of the line is not UTF-8. Convert the file, for example with: iconv -f WINDOWS-1252 -t UTF-8");
    }
}

}  // namespace ablatrix::data::detail
