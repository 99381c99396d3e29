#pragma once

#include <vector>

#include <ablatrix/report/document.hpp>

#include "leader.hpp"
#include "set_means.hpp"

namespace ablatrix::report::detail {

/// What an item set shows in sentences: over all conditions, then which method leads in each.
/// \param leaders  of each condition
void add_findings(Document& document, SetMeans const& set, std::vector<Leader> const& leaders);

}  // namespace ablatrix::report::detail
