#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ablatrix::sched::detail {

/// A program started by this process, with a socket between them.
///
/// The child has standard input from /dev/null, standard output and error of this process, the socket as descriptor
/// child_socket and nothing else open; a process group of its own, so that Ctrl-C and mpirun's signals do not reach it;
/// and an environment without the variables by which MPI would take it for a rank.
class ChildProcess
{
  public:
    /// \p command: program and arguments. \throws Error when it cannot be started
    explicit ChildProcess(std::vector<std::string> const& command);
    /// Closes the socket, gives the child a moment to end, kills it otherwise.
    ~ChildProcess();
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;

    /// False when the child is gone or does not read for half a minute.
    bool send(std::span<std::byte const> bytes);

    enum class Heard
    {
        bytes,    ///< appended to the buffer
        nothing,  ///< within the time given
        end       ///< the child closed its side, usually by ending
    };
    Heard receive(std::vector<std::byte>& buffer, std::chrono::milliseconds longest);

    bool has_ended();
    /// Kill it, unless it has ended, and everything it started and left in its process group.
    void kill();
    /// "killed by signal 11 (SIGSEGV)", "exited with code 3"; waits for the end.
    std::string describe_end();
    ::pid_t pid() const noexcept { return pid_; }

  private:
    void start(std::vector<std::string> const& command, int child_end);

    int socket_ = -1;
    ::pid_t pid_ = -1;
    std::optional<int> status_;  ///< as waitpid() tells, once it has ended
};

/// Where a child finds its socket.
inline constexpr int child_socket = 3;

/// "killed by signal 11 (SIGSEGV)" of a status that waitpid() told.
std::string describe_status(int status);

/// \p environment ("NAME=value", null at the end) without what mpirun, srun --mpi and their like tell a rank.
std::vector<std::string> child_environment(char const* const* environment);

/// To be called first in a child: it dies with the process \p expected that started it (\throws Error when that has
/// happened already), and signals that ask a program to drain are none of its business.
void tie_to_parent(::pid_t expected);

}  // namespace ablatrix::sched::detail
