#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "grid_view.hpp"

/// \file
/// Members that records of any kind have in common.

namespace ablatrix::report::detail {

/// Axes and values of a condition.
std::vector<std::pair<std::string, std::string>> condition_pairs(GridView const& grid, std::size_t condition);

/// A record about one method of an item set in one cell, without a number yet.
Record record_about(GridView const& grid, std::size_t set, std::size_t condition, std::size_t arm, std::size_t method);

/// The standard deviation over seeds that stats::sample_sd gives; NaN for one seed.
void set_spread(Record& record, double sd);
/// Says in the note that \p items are left out, because nobody knows their clean label; nothing for 0.
void note_unlabelled(Record& record, std::int64_t items);

}  // namespace ablatrix::report::detail
