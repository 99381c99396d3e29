#pragma once

#include <ablatrix/report/document.hpp>

#include "set_means.hpp"

namespace ablatrix::report::detail {

/// The primary metric: methods by conditions, with what the intervals rest on.
void add_overview_table(Document& document, SetMeans const& set);

/// A table a condition: methods by metrics, with what the intervals rest on.
void add_condition_tables(Document& document, SetMeans const& set);

}  // namespace ablatrix::report::detail
