#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/store/result_file.hpp>

namespace ablatrix::app {

/// One run of each of two files, whose grids may differ otherwise.
struct RunComparison
{
    std::size_t truths = 0, columns = 0, metrics = 0, scalars = 0;  ///< compared bit by bit
    std::vector<store::Difference> differences;
};

/// Ground truth, columns, metrics and numbers by their names. What only one of the two has is a difference.
RunComparison compare_runs(store::ResultFile const& stored, std::size_t stored_run, store::ResultFile const& remade,
                           std::size_t remade_run);

}  // namespace ablatrix::app
