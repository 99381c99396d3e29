#pragma once

#include <vector>

#include <ablatrix/report/report.hpp>

#include "error_analysis.hpp"

namespace ablatrix::report::detail {

/// Counts, agreement and every item that is wrong in most runs, of all analyses.
void add_error_records(std::vector<Record>& records, SetErrors const& set);

}  // namespace ablatrix::report::detail
