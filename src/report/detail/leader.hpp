#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

#include "contrast.hpp"
#include "set_means.hpp"

namespace ablatrix::report::detail {

/// Which method leads in one condition, and what it is separated from.
struct Leader
{
    std::vector<std::size_t> candidates;       ///< methods that may lead, best first
    std::vector<std::string> same;             ///< the leader and methods with the very same values
    std::vector<std::size_t> others;           ///< the rest, best first
    std::vector<ContrastResult> against_rest;  ///< leader against each of the others, one family
    std::optional<ContrastResult> against_none;

    bool exists() const { return !candidates.empty(); }
    /// From the runner-up.
    bool is_separated() const { return !against_rest.empty() && against_rest.front().p_adjusted < alpha; }
};

/// Finds the leader and adds a record for everything that was tested.
Leader find_leader(SetMeans const& set, std::size_t condition, int threads, std::vector<Record>& records);

}  // namespace ablatrix::report::detail
