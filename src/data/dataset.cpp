#include <ablatrix/data/dataset.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::data {

namespace {

template <typename T>
std::vector<T> copy_of(base::Bundle const& bundle, std::string_view name)
{
    auto const values = bundle.get<T>(name);
    return {values.begin(), values.end()};
}

/// The chosen rows of a column that may be empty.
template <typename T>
std::vector<T> pick(std::vector<T> const& column, std::vector<std::size_t> const& rows)
{
    std::vector<T> out;
    if (column.empty()) return out;
    out.reserve(rows.size());
    for (std::size_t const i : rows)
        out.push_back(column[i]);
    return out;
}

std::vector<std::vector<float>> unflatten_ratings(base::Bundle const& bundle, std::size_t rows)
{
    auto const begin = bundle.get<std::int64_t>("ratings_begin");
    auto const flat = bundle.get<float>("ratings");
    std::vector<std::vector<float>> ratings;
    if (begin.empty()) return ratings;
    ABLATRIX_VALIDATE(begin.size() == rows + 1 && begin.front() == 0 && std::is_sorted(begin.begin(), begin.end()) &&
                          begin.back() == static_cast<std::int64_t>(flat.size()),
                      "the ratings of a stored dataset do not fit its rows. Remake the artifact");
    for (std::size_t i = 0; i < rows; ++i)
        ratings.emplace_back(flat.begin() + begin[i], flat.begin() + begin[i + 1]);
    return ratings;
}

}  // namespace

base::Bundle Dataset::to_bundle() const
{
    std::vector<std::int64_t> ratings_begin;
    std::vector<float> flat;
    if (!ratings.empty()) ratings_begin.push_back(0);
    for (auto const& of_row : ratings) {
        flat.insert(flat.end(), of_row.begin(), of_row.end());
        ratings_begin.push_back(static_cast<std::int64_t>(flat.size()));
    }
    base::Bundle bundle;
    bundle.put("row", row);
    bundle.put("text", text);
    bundle.put("text2", text2);
    bundle.put("label", label);
    bundle.put("clean", clean);
    bundle.put("ratings", std::move(flat));
    bundle.put("ratings_begin", std::move(ratings_begin));
    bundle.put("class_names", class_names);
    bundle.put("dropped", std::vector<std::int64_t>{static_cast<std::int64_t>(dropped_empty),
                                                    static_cast<std::int64_t>(dropped_undecided)});
    bundle.put("content", std::vector<std::string>{content.text()});
    return bundle;
}

Dataset Dataset::from_bundle(base::Bundle const& bundle)
{
    Dataset out;
    out.row = copy_of<std::int64_t>(bundle, "row");
    out.text = copy_of<std::string>(bundle, "text");
    out.text2 = copy_of<std::string>(bundle, "text2");
    out.label = copy_of<std::int32_t>(bundle, "label");
    out.clean = copy_of<std::int32_t>(bundle, "clean");
    out.class_names = copy_of<std::string>(bundle, "class_names");
    auto const fits = [&](std::size_t size, bool may_be_empty) {
        return size == out.text.size() || (may_be_empty && size == 0);
    };
    auto const dropped = bundle.get<std::int64_t>("dropped");
    auto const content = bundle.get<std::string>("content");
    ABLATRIX_VALIDATE(fits(out.row.size(), false) && fits(out.label.size(), false) && fits(out.text2.size(), true) &&
                          fits(out.clean.size(), true) && dropped.size() == 2 && content.size() == 1,
                      "the columns of a stored dataset differ in length. Remake the artifact");
    out.ratings = unflatten_ratings(bundle, out.size());
    out.dropped_empty = static_cast<std::size_t>(dropped[0]);
    out.dropped_undecided = static_cast<std::size_t>(dropped[1]);
    out.content = base::Fingerprint::parse(content[0]);
    return out;
}

Dataset Dataset::select(std::vector<std::size_t> const& rows) const
{
    for (std::size_t const i : rows)
        ABLATRIX_EXPECT(i < size());
    Dataset out;
    out.row = pick(row, rows);
    out.text = pick(text, rows);
    out.text2 = pick(text2, rows);
    out.label = pick(label, rows);
    out.clean = pick(clean, rows);
    out.ratings = pick(ratings, rows);
    out.class_names = class_names;
    out.dropped_empty = dropped_empty;
    out.dropped_undecided = dropped_undecided;
    out.content = content;
    return out;
}

}  // namespace ablatrix::data
