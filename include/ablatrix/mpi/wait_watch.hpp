#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace ablatrix::mpi {

/// Sees to it that nobody waits for other ranks in silence or for ever.
///
/// While one of these lives, a thread counts the time: after \p notice the log says what is waited for, after \p limit
/// the process ends with exit code 1, and with it the launcher's whole job. Other ranks may have good reasons to be
/// late (rank 0 judges gates, a file system is slow), so the limit is generous.
class WaitWatch
{
  public:
    static constexpr std::chrono::milliseconds default_notice = std::chrono::seconds{30};
    static constexpr std::chrono::milliseconds default_limit = std::chrono::hours{1};

    /// \p what: "other ranks in MPI_Bcast"
    explicit WaitWatch(std::string what, std::chrono::milliseconds notice = default_notice,
                       std::chrono::milliseconds limit = default_limit);
    ~WaitWatch();
    WaitWatch(WaitWatch const&) = delete;
    WaitWatch& operator=(WaitWatch const&) = delete;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ablatrix::mpi
