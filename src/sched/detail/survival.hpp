#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/mpi/communicator.hpp>

#include "leases.hpp"
#include "peers.hpp"

/// \file
/// How ranks notice that others are gone, where the launcher lets a job go on without them. Judgement only: the drivers
/// in dispatch.cpp send the messages.

namespace ablatrix::sched::detail {

struct Recovery
{
    /// Collective.
    Recovery(mpi::Communicator const& world, double longest_silence_s)
        : peers(world), heartbeat_s(std::min(1.0, longest_silence_s / 4)), worker_lease_s(longest_silence_s)
    {}

    Peers peers;
    double heartbeat_s;
    double worker_lease_s;  ///< infinite where workers cannot speak while a stage runs
    double coordinator_lease_s = 60;
};

/// Tells when something that is to be done every \p period_s is due.
class Pulse
{
  public:
    explicit Pulse(double period_s) : period_s_(period_s) {}
    bool due(double now_s);

  private:
    double period_s_;
    double next_s_ = 0;
};

/// The coordinator's list of workers.
class RollCall
{
  public:
    RollCall(int ranks, Recovery const& recovery, double now_s);

    void heard(int worker, double now_s);
    /// \p worker has taken leave in order.
    void goodbye(int worker);
    struct Loss
    {
        int worker = 0;
        std::string how;  ///< "rank 2 (host n1, process 1234) has died"
    };
    /// Who was lost since the last call. To be called after all messages that had arrived were read: a worker that
    /// ended is given up at the second look, so that its last words count.
    std::vector<Loss> look(double now_s);

    bool is_lost(int worker) const { return states_[static_cast<std::size_t>(worker)] == State::lost; }
    /// Who is neither lost nor has taken leave.
    std::vector<int> present() const;
    bool beat_due(double now_s) { return beat_.due(now_s); }

  private:
    enum class State : std::uint8_t
    {
        present,
        ended,
        lost,
        left
    };
    Loss give_up(int worker, std::string const& how);

    Recovery const& recovery_;
    Leases leases_;
    std::vector<State> states_;
    Pulse beat_, look_;
};

/// A worker's eye on the coordinator.
class Lifeline
{
  public:
    Lifeline(Recovery const& recovery, double now_s);

    void heard(double now_s) { lease_.renew(0, now_s); }
    /// Why the coordinator counts as dead; empty while it lives.
    std::string const& problem(double now_s);
    bool beat_due(double now_s) { return beat_.due(now_s); }

  private:
    Recovery const& recovery_;
    Leases lease_;
    Pulse beat_, look_;
    std::string problem_;
};

}  // namespace ablatrix::sched::detail
