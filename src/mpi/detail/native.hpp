#pragma once

#include <mpi.h>

#include <ablatrix/mpi/communicator.hpp>

namespace ablatrix::mpi::detail {

/// The MPI handle behind \p communicator, MPI_COMM_NULL for a null one. Still owned by the communicator.
MPI_Comm native(Communicator const& communicator) noexcept;

/// \throws MpiError when \p code is not MPI_SUCCESS
void check(int code, char const* call);

}  // namespace ablatrix::mpi::detail
