#include "detail/row_groups.hpp"

#include <algorithm>
#include <numeric>

namespace ablatrix::nn::detail {

std::vector<std::vector<std::size_t>> group_by_length(text::TokenRows const& tokens, std::vector<std::size_t> rows,
                                                      std::size_t most_rows, std::int64_t most_tokens, bool padded)
{
    auto const length = [&tokens](std::size_t row) { return tokens.row_begin[row + 1] - tokens.row_begin[row]; };
    std::ranges::stable_sort(rows, {}, length);
    std::vector<std::vector<std::size_t>> out;
    std::int64_t in_group = 0;
    auto const with = [&](std::size_t row) {  // the longest so far
        auto const rows_with = static_cast<std::int64_t>(out.back().size()) + 1;
        return padded ? rows_with * length(row) : in_group + length(row);
    };
    for (auto const row : rows) {
        if (out.empty() || out.back().size() == most_rows || with(row) > most_tokens) {
            out.emplace_back();
            in_group = 0;
        }
        out.back().push_back(row);
        in_group += length(row);
    }
    return out;
}

std::vector<std::size_t> all_rows(std::size_t count)
{
    std::vector<std::size_t> out(count);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

}  // namespace ablatrix::nn::detail
