#include "jobs/ecg/pairs.hpp"

#include <ablatrix/base/error.hpp>

namespace ablatrix::ecg {

std::pair<std::string, std::string> split_pair(std::string const& joined, std::string const& first)
{
    ABLATRIX_EXPECT(joined.starts_with(first));
    auto const rest = joined.substr(first.size());
    // Where tokens were deleted an empty first text has left no space.
    bool const has_space = rest.starts_with(' ');
    ABLATRIX_EXPECT(has_space || rest.empty() || first.empty());
    return {first, rest.substr(has_space ? 1 : 0)};
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
