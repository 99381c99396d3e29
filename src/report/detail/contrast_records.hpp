#pragma once

#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "contrast.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Records of a contrast: the difference, McNemar per seed and combined.
void add_records(std::vector<Record>& records, GridView const& grid, ContrastResult const& result,
                 std::string const& family);

}  // namespace ablatrix::report::detail
