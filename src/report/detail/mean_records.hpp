#pragma once

#include <cstddef>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "cell_means.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// Records of what cell_means() gave for these methods and metrics of a cell.
void add_mean_records(std::vector<Record>& records, GridView const& grid, std::size_t set, std::size_t condition,
                      std::size_t arm, std::vector<std::size_t> const& methods, std::vector<std::size_t> const& metrics,
                      std::vector<std::vector<Mean>> const& means);

}  // namespace ablatrix::report::detail
