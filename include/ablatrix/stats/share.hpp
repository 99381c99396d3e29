#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ablatrix::stats {

/// Several processes that compute the same numbers share resampling among them; by default there is one process.
///
/// All of them must make the same calls with the same arguments. Each evaluates blocks of resamples of its own and
/// hears the others', so that every process ends with the same bits as one process alone.
struct Share
{
    std::size_t rank = 0;
    std::size_t ranks = 1;
    /// What every process has to say, in the order of ranks; not called when there is one.
    std::function<std::vector<std::string>(std::string const&)> gather_all;

    /// Whether this process computes block \p index of something.
    bool has_block(std::size_t index) const { return index % ranks == rank; }
};

}  // namespace ablatrix::stats
