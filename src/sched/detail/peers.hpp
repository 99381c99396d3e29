#pragma once

#include <string>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>

namespace ablatrix::sched::detail {

/// Where the ranks are, and whether those on the same machine live: the kernel tells of their end at once and without
/// doubt. Who is elsewhere can only be judged by its silence (Leases).
class Peers
{
  public:
    /// Collective. Rank 0 watches all others, and they watch rank 0.
    explicit Peers(mpi::Communicator const& world);
    ~Peers();
    Peers(Peers const&) = delete;
    Peers& operator=(Peers const&) = delete;

    /// False also when that cannot be known from here.
    bool has_died(int rank) const noexcept;
    /// "rank 2 (host n1, process 1234)"
    std::string describe(int rank) const;

  private:
    struct Peer
    {
        std::string host, process;
        int handle = -1;  ///< becomes readable when the process ends (pidfd_open(2))
        bool is_gone = false;
    };
    static void watch(Peer& peer);

    std::vector<Peer> peers_;
};

}  // namespace ablatrix::sched::detail
