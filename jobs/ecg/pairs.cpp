#include "jobs/ecg/pairs.hpp"

#include <algorithm>

#include <ablatrix/base/error.hpp>

namespace ablatrix::ecg {

std::string collapse_spaces(std::string_view text)
{
    std::string collapsed;
    for (auto const c : text) {
        auto const space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space)
            collapsed += c;
        else if (!collapsed.empty() && collapsed.back() != ' ')
            collapsed += ' ';
    }
    if (!collapsed.empty() && collapsed.back() == ' ') collapsed.pop_back();
    return collapsed;
}

std::pair<std::string, std::string> split_pair(std::string const& joined, std::string const& first)
{
    auto const begins_with = [&](std::string const& start) {
        return joined.starts_with(start) && (joined.size() == start.size() || joined[start.size()] == ' ');
    };
    auto const cut = begins_with(first) ? first.size() : collapse_spaces(first).size();
    ABLATRIX_EXPECT(cut <= joined.size());
    return {joined.substr(0, cut), joined.substr(std::min(cut + 1, joined.size()))};
}

TextRows read_text_rows(base::Bundle const& texts, std::string const& name, base::Bundle const* pairs)
{
    auto const joined = texts.get<std::string>(name);
    if (pairs == nullptr) return {{joined.begin(), joined.end()}, {}};
    auto const own = "first" + name.substr(name.find('/') == std::string::npos ? name.size() : name.find('/'));
    auto const first = pairs->get<std::string>(pairs->contains(own) ? own : "first");
    ABLATRIX_EXPECT(first.size() == joined.size());
    TextRows rows;
    for (std::size_t i = 0; i < joined.size(); ++i) {
        auto [one, two] = split_pair(joined[i], first[i]);
        rows.first.push_back(std::move(one));
        rows.second.push_back(std::move(two));
    }
    return rows;
}

}  // namespace ablatrix::ecg
