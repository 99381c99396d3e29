#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "format.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// What the runs of one cell answered about the same items.
struct Answers
{
    std::vector<std::string> runs;  ///< seeds, with the values of averaged axes where a seed has several runs
    bool are_seeds = true;          ///< one run a seed
    bool items_differ = false;      ///< then there is nothing below
    std::size_t n_missing = 0;      ///< runs left out: failed, pending, or without the method
    std::size_t n_unknown = 0;      ///< items left out: no clean label
    std::vector<std::int64_t> item;
    std::vector<std::string> truth;                  ///< per item, for the reader
    std::vector<std::int32_t> label;                 ///< class of each item; empty when it depends on the run
    std::vector<std::vector<std::int32_t>> answer;   ///< [run][item] predicted class; flagged or not
    std::vector<std::vector<std::uint8_t>> correct;  ///< [run][item]
    std::vector<std::vector<double>> score;          ///< [run][item]; empty for predictions

    std::string noun(std::size_t count) const { return plural(count, are_seeds ? "seed" : "run"); }
    /// What the runs answered about one item, given as its position.
    std::vector<std::int32_t> about(std::size_t item) const;
    /// Scores of one item; empty for predictions.
    std::vector<double> scores_of(std::size_t item) const;
};

/// The answers of a method in the baseline arm.
Answers read_answers(GridView const& grid, std::size_t set, std::size_t condition, std::size_t method);

/// "1 0 1"
std::string text_of(std::vector<std::int32_t> const& values);

}  // namespace ablatrix::report::detail
