#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::mpi {

/// A failed MPI call, with the call's name and MPI's own text.
class MpiError : public Error
{
  public:
    MpiError(std::string call, int code, std::string const& text);
    std::string const& call() const noexcept { return call_; }
    int code() const noexcept { return code_; }

  private:
    std::string call_;
    int code_;
};

/// Owns MPI_Init/MPI_Finalize (MPI_THREAD_FUNNELED; works without mpirun as a singleton). While an exception unwinds
/// it does not finalize, so that the message arrives instead of a hang: main then calls abort().
class Environment
{
  public:
    Environment(int& argc, char**& argv);
    ~Environment();
    Environment(Environment const&) = delete;
    Environment& operator=(Environment const&) = delete;

    /// First line of MPI_Get_library_version, such as "Open MPI v4.1.4, ...".
    static std::string library_version();
    /// Whether a job goes on when one of its ranks dies: `mpirun --enable-recovery` (Open MPI 4, `--mca
    /// orte_enable_recovery 1`). A collective call, MPI_Finalize included, waits for dead ranks for ever then.
    static bool survives_losses();

  private:
    int exceptions_at_start_;
};

struct Message
{
    int source = -1;
    int tag = 0;
    std::vector<std::byte> bytes;
};

/// Ranks that talk to each other. A default communicator is null: rank 0 of 1, and every collective works without MPI.
///
/// Move-only; split_shared() and duplicate() own what they return, world() borrows. Every rank of a collective must
/// call it; messages need a communicator that is not null. Used from one thread.
class Communicator
{
  public:
    Communicator() noexcept;
    ~Communicator();
    Communicator(Communicator&&) noexcept;
    Communicator& operator=(Communicator&&) noexcept;

    static Communicator world();

    bool is_null() const noexcept;
    int rank() const noexcept;
    int size() const noexcept;

    Communicator duplicate() const;
    /// The ranks that share this rank's node (MPI_Comm_split_type).
    Communicator split_shared() const;

    void barrier() const;
    /// Rank \p root's text on every rank.
    std::string broadcast(std::string text, int root = 0) const;
    /// Every rank's text, in rank order, on every rank.
    std::vector<std::string> gather_all(std::string const& text) const;
    std::int64_t max_all(std::int64_t value) const;

    void send(int destination, int tag, std::span<std::byte const> bytes) const;
    /// Start a send that completes in the background; the communicator keeps the buffer until then. Its destructor
    /// waits for what is still under way, at most ten seconds.
    void send_buffered(int destination, int tag, std::vector<std::byte> bytes) const;
    /// A message that has arrived, if any (MPI_Improbe): never blocks.
    std::optional<Message> poll() const;
    /// Wait without burning a core: poll, then sleep 20 us growing to \p longest_sleep.
    Message wait(std::chrono::microseconds longest_sleep = std::chrono::microseconds{100}) const;
    /// Become null without what waits for others: for a rank that leaves by _exit because others may be gone.
    void abandon() noexcept;
    /// End every rank at once (MPI_Abort).
    [[noreturn]] void abort(int exit_code) const;

    struct Impl;
    /// The private state, or null; src/mpi/detail/native.hpp reads the native handle from it.
    Impl const* impl() const noexcept { return impl_.get(); }

  private:
    explicit Communicator(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ablatrix::mpi
