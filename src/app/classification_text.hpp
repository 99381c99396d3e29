#pragma once

#include <span>
#include <string>
#include <vector>

namespace ablatrix::app {

/// The first line of `ablatrix model classify`: column names, or nothing for JSON Lines.
std::string classification_header(std::vector<std::string> const& labels, bool json_lines);

/// A line for each row of \p logits [n x labels]: the label with the largest one (of equal ones the first), and the
/// probability of every label, in the order of \p labels.
std::string classification_rows(std::vector<std::string> const& labels, std::span<float const> logits, bool json_lines);

}  // namespace ablatrix::app
