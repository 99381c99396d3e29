#pragma once

#include <ablatrix/report/document.hpp>

#include "error_analysis.hpp"

namespace ablatrix::report::detail {

/// What right means, and a sentence a condition: how many items every seed gets wrong and whether that is chance.
void add_error_findings(Document& document, SetErrors const& set);

}  // namespace ablatrix::report::detail
