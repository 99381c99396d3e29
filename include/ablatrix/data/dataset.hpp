#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::data {

/// A labelled text table. All vectors have one entry per row.
struct Dataset
{
    std::vector<std::int64_t> row;  ///< row number in the source, from 0 and without the header: the item id
    std::vector<std::string> text;
    std::vector<std::string> text2;           ///< empty, or one per row (premise/hypothesis)
    std::vector<std::int32_t> label;          ///< as given (observed)
    std::vector<std::int32_t> clean;          ///< empty, or the clean label per row when the source has one
    std::vector<std::vector<float>> ratings;  ///< empty, or the annotators' ratings per row (annotator noise)
    std::vector<std::string> class_names;     ///< index = label
    std::size_t dropped_empty = 0;            ///< rows left out for an empty text or label -1, counted and reported
    std::size_t dropped_undecided = 0;        ///< rows left out because their mean rating is 0
    base::Fingerprint content;                ///< of the source bytes and the reading options

    std::size_t size() const noexcept { return text.size(); }
    std::int32_t classes() const noexcept { return static_cast<std::int32_t>(class_names.size()); }

    base::Bundle to_bundle() const;
    static Dataset from_bundle(base::Bundle const& bundle);
    /// The given positions (not item ids), in the given order; names, counts of dropped rows and content stay.
    Dataset select(std::vector<std::size_t> const& rows) const;
};

/// How to read a table. Format by suffix: .tsv (no quoting: a '"' is an ordinary character), .csv (RFC 4180), .jsonl.
/// The first line of .tsv and .csv names the columns; a UTF-8 byte order mark and "\r\n" line ends are understood.
struct TableOptions
{
    std::string text = "text";    ///< column names; "sentence" is tried when "text" is the default and absent
    std::string text2;            ///< "" = none
    std::string label = "label";  ///< integers, or names when \p class_names is given; not read when ratings are
    std::string clean_label;      ///< "" = none
    std::string ratings;          ///< "" = none; comma-separated numbers (JSON: an array). Both labels become the
                                  ///< sign of the mean: 0 negative, 1 positive
    std::vector<std::string> class_names;  ///< empty: "0".."max" from the integers found, negative/positive for ratings
};

/// Rows with label -1, an empty text (nothing but white space) or a mean rating of 0 are dropped and counted.
///
/// \throws DataError with file and row for: missing file or column, row with too few or too many fields, missing label,
///         a label outside the classes, malformed CSV quoting, JSON or ratings, invalid UTF-8, no rows, only one class
Dataset load_table(std::filesystem::path const& file, TableOptions const& options);

/// The same for bytes in memory; \p file_name gives the format and stands in messages.
Dataset parse_table(std::string_view bytes, std::string const& file_name, TableOptions const& options);

/// Built-in synthetic reviews; documented as synthetic, for trying things out and for tests.
///
/// Sentences are assembled from templates. Two classes: opinions on anything (negative, positive); more classes: topics
/// (camera, hotel, ...). Every sentence holds several class words.
struct SyntheticOptions
{
    std::int64_t rows = 2000;
    std::int64_t seed = 7;
    int classes = 2;       ///< 2 to 10
    double overlap = 0.5;  ///< probability that a class word is drawn for a uniformly chosen class instead of the own:
                           ///< 0: class words never occur in other classes; 1: no signal at all
    int words_min = 6, words_max = 18;
};
/// Labels are balanced (class sizes differ by at most one) and in random order; row i depends on options and i alone.
/// \throws Error for options out of range
Dataset make_synthetic(SyntheticOptions const& options);

/// The folder that holds real data: ABLATRIX_DATA, or ../shared/data beside the working directory; nullopt if neither.
/// \throws Error when ABLATRIX_DATA is set and is no folder
std::optional<std::filesystem::path> real_data_folder();

}  // namespace ablatrix::data
