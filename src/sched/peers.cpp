#include "detail/peers.hpp"

#include <array>
#include <cerrno>
#include <fstream>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::sched::detail {
namespace {

std::string host_name()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// Equal for processes that know each other's process ids: one kernel, one process namespace. Empty when unknown.
std::string process_world()
{
    std::string boot;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot;
    std::array<char, 64> space{};
    if (boot.empty() || ::readlink("/proc/self/ns/pid", space.data(), space.size() - 1) <= 0) return {};
    return boot + space.data();
}

}  // namespace

Peers::Peers(mpi::Communicator const& world)
{
    std::string const here = process_world();
    auto const said = world.gather_all(host_name() + "\n" + std::to_string(::getpid()) + "\n" + here);
    for (int rank = 0; rank < world.size(); ++rank) {
        auto const parts = base::split(said[static_cast<std::size_t>(rank)], '\n');
        ABLATRIX_ASSERT(parts.size() == 3);
        Peer& peer = peers_.emplace_back(Peer{std::string{parts[0]}, std::string{parts[1]}});
        bool const is_other_side = (rank == 0) != (world.rank() == 0);
        if (is_other_side && !here.empty() && parts[2] == here) watch(peer);
    }
}

Peers::~Peers()
{
    for (Peer const& peer : peers_) {
        if (peer.handle >= 0) ::close(peer.handle);
    }
}

void Peers::watch(Peer& peer)
{
    peer.handle = static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(peer.process), 0));
    peer.is_gone = peer.handle < 0 && errno == ESRCH;
}

bool Peers::has_died(int rank) const noexcept
{
    Peer const& peer = peers_[static_cast<std::size_t>(rank)];
    if (peer.handle < 0) return peer.is_gone;
    pollfd look{peer.handle, POLLIN, 0};
    return ::poll(&look, 1, 0) == 1;
}

std::string Peers::describe(int rank) const
{
    Peer const& peer = peers_.at(static_cast<std::size_t>(rank));
    return "rank " + std::to_string(rank) + " (host " + peer.host + ", process " + peer.process + ")";
}

}  // namespace ablatrix::sched::detail
