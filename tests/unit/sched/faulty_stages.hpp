#pragma once

#include <cstdint>

/// \file
/// The stages of the fake job in a program of their own (faulty_stages), as a child of a worker. With the environment
/// variable ABLATRIX_TEST_FAULTS the stage fake_scores goes wrong in a way that the arm chooses; with
/// ABLATRIX_TEST_LOG every stage appends a line to that file: "KIND PID PARENT DESCRIPTORS VARIABLES MPI".

namespace ablatrix::sched_test {

/// What fake_scores does, by arm.
enum class Fault : std::int64_t
{
    none,
    segfault,
    endless_loop,
    out_of_memory,        ///< std::bad_alloc reaches the runner
    out_of_memory_abort,  ///< std::bad_alloc meets noexcept
    exception,
    exit_with_code_3,
    killed,
    segfault_once,  ///< the first time, per log file
    count,
    until_told  ///< ends when it must stop, as if it had saved its state
};

}  // namespace ablatrix::sched_test
