#pragma once

#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Every paired comparison of a summary's records in an item set as one sentence, in their order: the difference with
/// its interval and corrected p, McNemar's items, and "cannot tell" where that is the answer.
std::vector<std::string> comparison_sentences(GridView const& grid, std::vector<Record> const& records,
                                              std::string const& item_set);

}  // namespace ablatrix::report::detail
