#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/share.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report {

/// Either arms (all methods that depend on them) or methods (of one arm); the first name is compared with.
struct CompareOptions
{
    std::vector<std::string> arms;
    std::vector<std::string> methods;
    std::string arm;  ///< with methods; empty: the baseline arm
    std::vector<std::string> by;
    std::vector<std::string> metrics;  ///< empty: each item set's primary metric
    std::size_t resamples = 0;         ///< of the per-seed bootstrap; 0: as the experiment says
    int threads = 2;
    stats::Share share;  ///< with other processes that call with the same arguments
};

/// Paired differences "later minus first" on the same seeds and items. \throws Error for unknown names
Report compare(store::ResultFile const& result, CompareOptions const& options);

}  // namespace ablatrix::report
