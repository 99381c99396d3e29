#pragma once

#include <cstddef>
#include <functional>

namespace ablatrix::base {

/// Call \p body(i) for i in [0, count) on up to \p threads threads, each index once.
///
/// Indices are independent: \p body must write only to places of its own index, so that results do not depend on the
/// number of threads. The first exception (lowest index) is rethrown after all threads have stopped.
void parallel_for(std::size_t count, int threads, std::function<void(std::size_t)> const& body);

}  // namespace ablatrix::base
