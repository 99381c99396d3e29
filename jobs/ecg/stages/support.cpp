#include "jobs/ecg/stages/support.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include <ablatrix/base/text.hpp>
#include <ablatrix/text/tokenize.hpp>

namespace ablatrix::ecg {

std::vector<std::string> text_arrays(base::Bundle const& bundle)
{
    std::vector<std::string> names;
    for (auto const& [name, array] : bundle.arrays()) {
        if (name == "text" || name.starts_with("text/")) names.push_back(name);
    }
    return names;
}

std::string vectors_of(std::string const& text_array)
{
    return "vectors" + text_array.substr(std::string_view{"text"}.size());
}

std::vector<double> mid_ranks(std::span<double const> values)
{
    auto const n = values.size();
    std::vector<double> ranks(n, 0.0);
    if (n <= 1) return ranks;
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    for (std::size_t begin = 0; begin < n;) {
        auto end = begin + 1;
        while (end < n && values[order[end]] == values[order[begin]])
            ++end;
        auto const average = 0.5 * static_cast<double>(begin + end - 1);
        for (auto i = begin; i < end; ++i)
            ranks[order[i]] = average / static_cast<double>(n - 1);
        begin = end;
    }
    return ranks;
}

bool is_constant(std::span<double const> values)
{
    return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

std::vector<double> class_shares(std::span<std::int32_t const> labels, std::int32_t classes)
{
    std::vector<double> share(static_cast<std::size_t>(classes), 0.0);
    for (auto const label : labels)
        share[static_cast<std::size_t>(label)] += 1;
    for (auto& value : share)
        value /= static_cast<double>(labels.size());
    return share;
}

std::vector<std::uint8_t> nonzero_rows(std::span<float const> vectors, std::int64_t dim)
{
    auto const width = static_cast<std::size_t>(dim);
    std::vector<std::uint8_t> nonzero(vectors.size() / width);
    for (std::size_t i = 0; i < nonzero.size(); ++i) {
        auto const row = vectors.subspan(i * width, width);
        nonzero[i] = std::any_of(row.begin(), row.end(), [](float value) { return value != 0; }) ? 1 : 0;
    }
    return nonzero;
}

std::vector<std::int64_t> group_identical(std::span<std::string const> strings)
{
    std::map<std::string_view, std::int64_t> first;
    std::vector<std::int64_t> group(strings.size());
    for (std::size_t i = 0; i < strings.size(); ++i) {
        group[i] = first.emplace(strings[i], static_cast<std::int64_t>(i)).first->second;
    }
    return group;
}

std::vector<std::string> evidence_spans(std::string const& joined)
{
    if (joined.empty()) return {};
    return base::split(joined, evidence_separator);
}

bool contains_any(std::string const& text, std::span<std::string const> tokens)
{
    return std::any_of(tokens.begin(), tokens.end(),
                       [&](std::string const& token) { return text.find(token) != std::string::npos; });
}

bool names_any(std::string const& text, std::span<std::string const> words)
{
    auto const found = text::words(text);
    std::vector<std::vector<text::Word>> wanted;
    for (auto const& word : words)
        wanted.push_back(text::words(word));
    auto const matches = [&](std::vector<text::Word> const& name) {
        auto const equal = [](text::Word const& a, text::Word const& b) { return a.lower == b.lower; };
        return !name.empty() && std::search(found.begin(), found.end(), name.begin(), name.end(), equal) != found.end();
    };
    return std::any_of(wanted.begin(), wanted.end(), matches);
}

}  // namespace ablatrix::ecg
