#include "detail/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>

extern "C" char** environ;

namespace ablatrix::sched::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto time_to_end = 2s;
constexpr int longest_send_s = 30;

/// Batch systems send them to all processes of a job; the worker decides what they mean.
constexpr std::array drain_signals = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

std::string errno_text(int code)
{
    return std::string{std::strerror(code)};
}

sigset_t signal_set(std::span<int const> signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (int const signal : signals)
        sigaddset(&set, signal);
    return set;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// Owns the lists that posix_spawn takes.
struct SpawnOptions
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    explicit SpawnOptions(int child_end)
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, child_end, child_socket);
        // Files of MPI and HDF5 libraries are not all closed on exec.
        posix_spawn_file_actions_addclosefrom_np(&actions, child_socket + 1);

        posix_spawnattr_init(&attributes);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigdefault(&attributes, &all);
        sigset_t const blocked = signal_set(drain_signals);  // until the child ignores them
        posix_spawnattr_setsigmask(&attributes, &blocked);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnOptions()
    {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    SpawnOptions(SpawnOptions const&) = delete;
    SpawnOptions& operator=(SpawnOptions const&) = delete;
};

bool is_for_ranks(std::string_view variable)
{
    for (std::string_view const prefix :
         {"OMPI_", "OPAL_", "ORTE_", "PRTE_", "PMIX_", "PMI_", "PMI2_", "MPI_LOCAL", "HYDRA_", "HYDI_"})
    {
        if (variable.starts_with(prefix)) return true;
    }
    return false;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> const& command)
{
    ABLATRIX_EXPECT(!command.empty());
    std::array<int, 2> ends{};
    ABLATRIX_VALIDATE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0,
                      "a child process for stages cannot be started: no socket pair (" + errno_text(errno) + ")");
    socket_ = ends[0];
    timeval const longest{longest_send_s, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    try {
        start(command, ends[1]);
    }
    catch (...) {
        ::close(ends[1]);
        ::close(socket_);
        throw;
    }
    ::close(ends[1]);
}

void ChildProcess::start(std::vector<std::string> const& command, int child_end)
{
    SpawnOptions const options{child_end};
    auto arguments = command;
    auto variables = child_environment(environ);
    int const code = ::posix_spawn(&pid_, command[0].c_str(), &options.actions, &options.attributes,
                                   pointers(arguments).data(), pointers(variables).data());
    ABLATRIX_VALIDATE(code == 0, "a child process for stages cannot be started: '" + command[0] + "' (" +
                                     errno_text(code) + "). Run with execution.isolation: none");
}

ChildProcess::~ChildProcess()
{
    ::close(socket_);
    auto const deadline = std::chrono::steady_clock::now() + time_to_end;
    while (!has_ended() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    kill();
}

bool ChildProcess::send(std::span<std::byte const> bytes)
{
    while (!bytes.empty()) {
        auto const sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
}

ChildProcess::Heard ChildProcess::receive(std::vector<std::byte>& buffer, std::chrono::milliseconds longest)
{
    pollfd watched{socket_, POLLIN, 0};
    int const ready = ::poll(&watched, 1, static_cast<int>(longest.count()));
    if (ready <= 0) return Heard::nothing;  // also when a signal came
    std::array<std::byte, 65536> bytes;
    auto const count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) return Heard::nothing;
    if (count <= 0) return Heard::end;
    buffer.insert(buffer.end(), bytes.begin(), bytes.begin() + count);
    return Heard::bytes;
}

bool ChildProcess::has_ended()
{
    if (status_) return true;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_)
        return false;
    kill();
    return true;
}

void ChildProcess::kill()
{
    if (status_) return;
    // Before it is reaped its number cannot be anybody else's; what it started goes with it.
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
}

std::string ChildProcess::describe_end()
{
    // Whoever closed the socket ends, unless something holds it up.
    auto const deadline = std::chrono::steady_clock::now() + time_to_end;
    while (!has_ended() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    if (has_ended()) return describe_status(*status_);
    kill();
    return "stopped answering";
}

std::string describe_status(int status)
{
    if (WIFEXITED(status)) return "exited with code " + std::to_string(WEXITSTATUS(status));
    if (!WIFSIGNALED(status)) return "ended with status " + std::to_string(status);
    int const signal = WTERMSIG(status);
    char const* const name = ::sigabbrev_np(signal);
    std::string text = "killed by signal " + std::to_string(signal);
    if (name != nullptr) text += std::string{" (SIG"} + name + ")";
    if (signal == SIGKILL) text += ", as the kernel does when memory runs out";
    return text;
}

std::vector<std::string> child_environment(char const* const* environment)
{
    std::vector<std::string> kept;
    for (; *environment != nullptr; ++environment) {
        if (!is_for_ranks(*environment)) kept.emplace_back(*environment);
    }
    return kept;
}

void tie_to_parent(::pid_t expected)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ABLATRIX_VALIDATE(::getppid() == expected, "the worker that started this process has died");
    ::fcntl(child_socket, F_SETFD, FD_CLOEXEC);  // programs that a stage starts have no business with it
    for (int const signal : drain_signals)
        std::signal(signal, SIG_IGN);
    sigset_t const unblocked = signal_set(drain_signals);
    ::sigprocmask(SIG_UNBLOCK, &unblocked, nullptr);
}

}  // namespace ablatrix::sched::detail
