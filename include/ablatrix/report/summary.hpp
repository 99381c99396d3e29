#pragma once

#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/share.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report {

struct SummaryOptions
{
    std::vector<std::string> by;       ///< axes that make a condition; empty: all but the seed and the arms
    std::vector<std::string> metrics;  ///< to show, the first leads; empty: each item set's primary metric and two more
    bool is_short = false;             ///< findings, the primary metric and the ablations only
    int threads = 2;                   ///< for resampling; results do not depend on it
    stats::Share share;                ///< with other processes that call with the same arguments
};

/// What the grid shows (statistics.md sections 0.5, 2.4, 2.7, 4.4, 5 and 6): for each condition and method the mean
/// over seeds with an interval, the leader and whether it is separated, arms against the baseline arm, McNemar tests.
///
/// Unfinished and failed runs are counted and named. \throws Error for an unknown axis or metric
Report summarize(store::ResultFile const& result, SummaryOptions const& options);

}  // namespace ablatrix::report
