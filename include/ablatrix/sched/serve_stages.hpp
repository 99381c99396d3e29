#pragma once

#include <ablatrix/plan/stage.hpp>

namespace ablatrix::sched {

/// The life of a worker's child process (isolation: process): run the stages that the worker asks for over the socket
/// that it left as descriptor 3, until it closes it. Dies with the worker. Starts no MPI.
/// \throws Error when this process was not started by a worker
void serve_stages(plan::StageRegistry const& registry);

}  // namespace ablatrix::sched
