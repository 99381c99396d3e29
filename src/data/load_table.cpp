#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/dataset.hpp>

#include "detail/read_table.hpp"

namespace ablatrix::data {

namespace {

using detail::Format;
using detail::Table;

/// Class counts beyond this come from a wrong column (an id, a year), not from labels.
constexpr std::int32_t most_unnamed_classes = 10000;

std::string shown(std::string_view value)
{
    constexpr std::size_t longest = 60;
    if (value.size() <= longest) return "'" + std::string{value} + "'";
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80)  // not inside a UTF-8 sequence
        --end;
    return "'" + std::string{value.substr(0, end)} + "...'";
}

/// Makes a Dataset out of a parsed table, row by row.
class TableReader
{
  public:
    TableReader(Table const& table, std::string const& file, TableOptions const& options)
        : table_(table), file_(file), options_(options)
    {
        find_columns();
        data_.class_names = options.class_names;
        if (data_.class_names.empty() && ratings_) data_.class_names = {"negative", "positive"};
        if (ratings_ && data_.class_names.size() != 2)
            throw DataError(file_, 0,
                            "ratings give two classes, but class_names names " +
                                std::to_string(data_.class_names.size()) +
                                ". Name the negative and the positive class, in this order");
    }

    Dataset read()
    {
        for (std::size_t i = 0; i < table_.rows.size(); ++i)
            read_row(i);
        if (data_.text.empty())
            throw DataError(file_, 0,
                            "no rows are left: " + std::to_string(data_.dropped_empty) +
                                " had an empty text or label -1, " + std::to_string(data_.dropped_undecided) +
                                " a mean rating of 0. Check the text, label and ratings columns");
        if (data_.class_names.empty()) name_classes();
        if (std::set<std::int32_t>(data_.label.begin(), data_.label.end()).size() < 2)
            throw DataError(file_, 0,
                            "all rows have the label '" +
                                data_.class_names[static_cast<std::size_t>(data_.label.front())] +
                                "'. At least two classes are needed: check the label column");
        return std::move(data_);
    }

  private:
    using Column = std::optional<std::size_t>;

    void find_columns()
    {
        auto const require = [&](std::string const& name) { return detail::require_column(table_, name, file_); };
        text_ = detail::require_text_column(table_, options_.text, file_);
        if (!options_.text2.empty()) text2_ = require(options_.text2);
        if (options_.ratings.empty()) {
            label_ = require(options_.label);
            if (!options_.clean_label.empty()) clean_ = require(options_.clean_label);
            return;
        }
        if (!options_.clean_label.empty() || options_.label != TableOptions{}.label)
            throw DataError(file_, 0,
                            "the ratings already give both labels. Remove the label and clean_label columns from "
                            "the options, or the ratings");
        ratings_ = require(options_.ratings);
    }

    std::string const& cell(Table::Row const& row, Column column) const
    {
        return detail::cell_of(table_, row, *column, file_);
    }

    void read_row(std::size_t i)
    {
        Table::Row const& row = table_.rows[i];
        std::string const& text = cell(row, text_);
        bool const is_empty = base::trim(text).empty() || (text2_ && base::trim(cell(row, text2_)).empty());
        std::int32_t label = -1, clean = -1;
        std::vector<float> ratings;
        if (ratings_) {
            ratings = read_ratings(row);
            double sum = 0;
            for (float const rating : ratings)
                sum += rating;
            if (sum == 0 && !is_empty) {
                ++data_.dropped_undecided;
                return;
            }
            label = clean = sum > 0 ? 1 : 0;
        }
        else {
            label = read_label(row, label_);
            if (clean_) clean = read_label(row, clean_);
        }
        if (is_empty || label == -1 || (clean_ && clean == -1)) {
            ++data_.dropped_empty;
            return;
        }
        data_.row.push_back(static_cast<std::int64_t>(i));
        data_.text.push_back(text);
        if (text2_) data_.text2.push_back(cell(row, text2_));
        data_.label.push_back(label);
        if (clean_ || ratings_) data_.clean.push_back(clean);
        if (ratings_) data_.ratings.push_back(std::move(ratings));
    }

    std::int32_t read_label(Table::Row const& row, Column column) const
    {
        std::string_view const text = base::trim(cell(row, column));
        std::string const& name = table_.column[*column];
        if (text.empty())
            throw DataError(file_, row.line,
                            "missing label (column '" + name +
                                "'). Fill it in, or write -1 to leave the "
                                "row out");
        for (std::size_t c = 0; c < options_.class_names.size(); ++c)
            if (options_.class_names[c] == text) return static_cast<std::int32_t>(c);
        std::int32_t value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        bool const is_integer = error == std::errc{} && end == text.data() + text.size();
        if (is_integer && value == -1) return -1;
        if (!options_.class_names.empty()) {
            if (is_integer && value >= 0 && static_cast<std::size_t>(value) < options_.class_names.size()) return value;
            throw DataError(
                file_, row.line,
                "label " + shown(text) + " (column '" + name + "') is none of the classes " +
                    detail::quoted_list(options_.class_names) + "." +
                    (is_integer ? " Numbers count them from 0" : base::did_you_mean_hint(text, options_.class_names)));
        }
        if (!is_integer)
            throw DataError(file_, row.line,
                            "label " + shown(text) + " (column '" + name +
                                "') is not a whole number. Give class_names when labels are words");
        if (value < 0 || value >= most_unnamed_classes)
            throw DataError(file_, row.line,
                            "label " + shown(text) + " (column '" + name +
                                "') is no class: labels count from 0 (-1 leaves the row out). Check "
                                "that this is the label column");
        return value;
    }

    std::vector<float> read_ratings(Table::Row const& row) const
    {
        std::string const& text = cell(row, ratings_);
        std::vector<float> ratings;
        for (std::string const& part : base::split(text, ',')) {
            std::string_view const number = base::trim(part);
            float value = 0;
            auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
            if (error != std::errc{} || end != number.data() + number.size() || number.empty() || !std::isfinite(value))
                throw DataError(file_, row.line,
                                "ratings " + shown(text) + " hold " + shown(number) +
                                    ", which is no number. Write numbers with commas between them, "
                                    "like -1,0,2");
            ratings.push_back(value);
        }
        return ratings;
    }

    /// Names "0".."max"; a gap in the numbers would be a class without rows.
    void name_classes()
    {
        std::set<std::int32_t> found(data_.label.begin(), data_.label.end());
        found.insert(data_.clean.begin(), data_.clean.end());
        std::int32_t expected = 0;
        for (std::int32_t const label : found) {
            if (label != expected)
                throw DataError(file_, 0,
                                "label " + std::to_string(label) + " occurs, but no row has label " +
                                    std::to_string(expected) +
                                    ". Number the classes from 0 without gaps, or give class_names");
            data_.class_names.push_back(std::to_string(expected++));
        }
    }

    Table const& table_;
    std::string const& file_;
    TableOptions const& options_;
    Column text_, text2_, label_, clean_, ratings_;
    Dataset data_;
};

base::Fingerprint fingerprint_of_table(std::string_view bytes, Format format, TableOptions const& options)
{
    base::Hasher hasher;
    hasher.add("table 1").add(static_cast<std::uint64_t>(format)).add(bytes);
    for (auto const* column : {&options.text, &options.text2, &options.label, &options.clean_label, &options.ratings})
        hasher.add(*column);
    for (std::string const& name : options.class_names)
        hasher.add(name);
    return hasher.finish();
}

}  // namespace

Dataset parse_table(std::string_view bytes, std::string const& file_name, TableOptions const& options)
{
    Format const format = detail::format_of(file_name);
    if (!options.class_names.empty() &&
        std::set<std::string>(options.class_names.begin(), options.class_names.end()).size() <
            options.class_names.size())
        throw DataError(
            file_name, 0,
            "class_names holds a name twice: " + detail::quoted_list(options.class_names) + ". Name each class once");
    base::Fingerprint const content = fingerprint_of_table(bytes, format, options);
    Table const table = detail::parse_table(
        bytes, file_name, format,
        {options.text, "sentence", options.text2, options.label, options.clean_label, options.ratings});
    Dataset data = TableReader(table, file_name, options).read();
    data.content = content;
    return data;
}

Dataset load_table(std::filesystem::path const& file, TableOptions const& options)
{
    detail::format_of(file.string());  // a wrong suffix is reported before a large file is read
    return parse_table(detail::read_bytes(file), file.string(), options);
}

std::optional<std::filesystem::path> real_data_folder()
{
    std::error_code ignored;
    if (char const* const named = std::getenv("ABLATRIX_DATA"); named != nullptr && *named != '\0') {
        ABLATRIX_VALIDATE(std::filesystem::is_directory(named, ignored),
                          "ABLATRIX_DATA names no folder (" + std::string{named} + "). Correct or unset it");
        return std::filesystem::path{named};
    }
    std::filesystem::path const beside = std::filesystem::path{".."} / "shared" / "data";
    if (std::filesystem::is_directory(beside, ignored)) return beside;
    return std::nullopt;
}

}  // namespace ablatrix::data
