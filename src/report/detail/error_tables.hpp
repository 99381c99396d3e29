#pragma once

#include <cstddef>

#include <ablatrix/report/document.hpp>

#include "error_analysis.hpp"

namespace ablatrix::report::detail {

/// How many runs get items right, whether that is chance, how far runs agree, and the items that are wrong in most.
/// \param top  wrong items to list for each analysis
void add_error_tables(Document& document, SetErrors const& set, std::size_t top);

}  // namespace ablatrix::report::detail
