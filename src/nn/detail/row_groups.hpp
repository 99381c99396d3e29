#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

namespace ablatrix::nn::detail {

/// \p rows of \p tokens, sorted by length (ties in the order given) and cut into groups of at most \p most_rows rows
/// and \p most_tokens tokens; a longer row is a group of its own. One group is one forward pass. \p padded: every row
/// counts as many tokens as the longest of its group.
std::vector<std::vector<std::size_t>> group_by_length(text::TokenRows const& tokens, std::vector<std::size_t> rows,
                                                      std::size_t most_rows, std::int64_t most_tokens, bool padded);

/// 0, 1, ..., count - 1
std::vector<std::size_t> all_rows(std::size_t count);

}  // namespace ablatrix::nn::detail
