#pragma once

#include <string_view>

/// \file
/// For tests: places where a process can be made to die, as it might at any time on a cluster.
///
/// ABLATRIX_FAULT="step:n[:rank[:parent]]" kills with SIGKILL, the n-th time that a process comes to that step: the
/// process itself, or whoever started it (mpirun for a rank, the worker for a child that runs stages). A child counts
/// under its worker's rank; without a rank, or with -1, every process counts. With ABLATRIX_FAULT_MARK=FILE only who
/// creates that file kills: at most one of all processes, and the file says whether the step was reached.

namespace ablatrix::base {

namespace detail {
extern bool const has_fault;
void reach(std::string_view step);
}  // namespace detail

/// Costs one branch unless ABLATRIX_FAULT is set. \throws Error when it cannot be read
inline void fault_point(std::string_view step)
{
    if (detail::has_fault) [[unlikely]]
        detail::reach(step);
}

}  // namespace ablatrix::base
