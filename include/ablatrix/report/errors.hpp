#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report {

struct ErrorOptions
{
    std::vector<std::string> methods;  ///< empty: "none" and the method with the highest primary metric
    std::vector<std::string> by;       ///< axes that make a condition; empty: all but the seed and the arms
    std::size_t top = 20;              ///< wrong items in a table; records hold all of them
};

/// Which items are wrong in most seeds, and whether that is more than chance (statistics.md section 10), at the
/// baseline arm, for each condition and method.
///
/// Predictions are right when they are the clean label. A score is right when flagging the k most suspicious items, k
/// the number of noisy ones, flags the item if it is noisy and leaves it if it is not. Both need seeds that share their
/// items; where they do not, the report says so. \throws Error for an unknown axis or method
Report errors(store::ResultFile const& result, ErrorOptions const& options);

}  // namespace ablatrix::report
