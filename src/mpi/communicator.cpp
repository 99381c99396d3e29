#include <ablatrix/mpi/communicator.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <list>
#include <string_view>
#include <thread>
#include <utility>

#include <mpi.h>

#include <ablatrix/base/log.hpp>
#include <ablatrix/mpi/wait_watch.hpp>

#include "detail/native.hpp"

namespace ablatrix::mpi {

namespace {

std::string error_text(int code)
{
    char text[MPI_MAX_ERROR_STRING + 1] = {};
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) return "unknown MPI error";
    return {text, static_cast<std::size_t>(length)};
}

bool is_usable()
{
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized != 0 && finalized == 0;
}

int count_of(std::size_t bytes)
{
    ABLATRIX_VALIDATE(bytes <= static_cast<std::size_t>(std::numeric_limits<int>::max()),
                      "a message of " + std::to_string(bytes) + " bytes is larger than MPI's limit of 2 GiB");
    return static_cast<int>(bytes);
}

struct PendingSend
{
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<std::byte> bytes;
};

}  // namespace

namespace detail {

void check(int code, char const* call)
{
    if (code != MPI_SUCCESS) throw MpiError(call, code, error_text(code));
}

}  // namespace detail

using detail::check;

MpiError::MpiError(std::string call, int code, std::string const& text)
    : Error(call + " failed: " + text), call_(std::move(call)), code_(code)
{}

// Environment

Environment::Environment(int& argc, char**& argv) : exceptions_at_start_(std::uncaught_exceptions())
{
    WaitWatch const watch("other ranks and mpirun at the start (MPI_Init)");
    int provided = MPI_THREAD_SINGLE;
    check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    ABLATRIX_VALIDATE(
        provided >= MPI_THREAD_FUNNELED,
        "this MPI does not support threads (MPI_THREAD_FUNNELED). Use one that does: " + library_version());
}

Environment::~Environment()
{
    if (std::uncaught_exceptions() > exceptions_at_start_ || !is_usable()) return;
    MPI_Finalize();
}

std::string Environment::library_version()
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING + 1] = {};
    int length = 0;
    check(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
    std::string version(text, static_cast<std::size_t>(length));
    return version.substr(0, version.find('\n'));
}

bool Environment::survives_losses()
{
    char const* const value = std::getenv("OMPI_MCA_orte_enable_recovery");
    if (value == nullptr) return false;
    std::string_view const text = value;
    return text == "1" || text == "true" || text == "yes" || text == "enabled" || text == "t" || text == "y";
}

// Communicator

struct Communicator::Impl
{
    MPI_Comm comm = MPI_COMM_NULL;
    bool owned = false;
    int rank = 0;
    int size = 1;
    std::list<PendingSend> pending;

    Impl(MPI_Comm handle, bool owns) : comm(handle), owned(owns)
    {
        check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
        check(MPI_Comm_size(comm, &size), "MPI_Comm_size");
        if (owned) check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    }
    Impl(Impl const&) = delete;
    Impl& operator=(Impl const&) = delete;

    ~Impl()
    {
        // While an exception unwinds on one rank the others do not take part: anything that waits would hang.
        if (std::uncaught_exceptions() > 0 || !is_usable()) {
            abandon_pending();
            return;
        }
        drain_pending();
        if (owned) MPI_Comm_free(&comm);
    }

    void drop_completed()
    {
        for (auto send = pending.begin(); send != pending.end();) {
            int completed = 0;
            check(MPI_Test(&send->request, &completed, MPI_STATUS_IGNORE), "MPI_Test");
            send = completed != 0 ? pending.erase(send) : std::next(send);
        }
    }

    void drain_pending() noexcept
    {
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        try {
            for (drop_completed(); !pending.empty() && std::chrono::steady_clock::now() < deadline; drop_completed())
                std::this_thread::sleep_for(std::chrono::microseconds{50});
        }
        catch (MpiError const& error) {
            base::log_warning(error.what());
        }
        if (pending.empty()) return;
        base::log_warning("messages to other ranks were not received within 10 s and are given up");
        abandon_pending();
    }

    // MPI may still read the buffers of sends that nobody waits for, so they are left to the end of the process.
    void abandon_pending() noexcept
    {
        if (!pending.empty()) new std::list<PendingSend>(std::move(pending));
    }
};

namespace detail {

MPI_Comm native(Communicator const& communicator) noexcept
{
    return communicator.is_null() ? MPI_COMM_NULL : communicator.impl()->comm;
}

}  // namespace detail

Communicator::Communicator() noexcept = default;
Communicator::Communicator(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Communicator::~Communicator() = default;
Communicator::Communicator(Communicator&&) noexcept = default;
Communicator& Communicator::operator=(Communicator&&) noexcept = default;

Communicator Communicator::world()
{
    ABLATRIX_EXPECT(is_usable());
    return Communicator(std::make_unique<Impl>(MPI_COMM_WORLD, false));
}

bool Communicator::is_null() const noexcept
{
    return impl_ == nullptr;
}
int Communicator::rank() const noexcept
{
    return impl_ ? impl_->rank : 0;
}
int Communicator::size() const noexcept
{
    return impl_ ? impl_->size : 1;
}

Communicator Communicator::duplicate() const
{
    if (is_null()) return {};
    WaitWatch const watch("other ranks in MPI_Comm_dup");
    MPI_Comm copy = MPI_COMM_NULL;
    check(MPI_Comm_dup(impl_->comm, &copy), "MPI_Comm_dup");
    return Communicator(std::make_unique<Impl>(copy, true));
}

Communicator Communicator::split_shared() const
{
    if (is_null()) return {};
    WaitWatch const watch("other ranks in MPI_Comm_split_type");
    MPI_Comm node = MPI_COMM_NULL;
    check(MPI_Comm_split_type(impl_->comm, MPI_COMM_TYPE_SHARED, impl_->rank, MPI_INFO_NULL, &node),
          "MPI_Comm_split_type");
    return Communicator(std::make_unique<Impl>(node, true));
}

void Communicator::barrier() const
{
    if (is_null()) return;
    WaitWatch const watch("other ranks in MPI_Barrier");
    check(MPI_Barrier(impl_->comm), "MPI_Barrier");
}

std::string Communicator::broadcast(std::string text, int root) const
{
    ABLATRIX_EXPECT(root >= 0 && root < size());
    if (is_null()) return text;
    WaitWatch const watch("rank " + std::to_string(root) + " in MPI_Bcast");
    std::uint64_t bytes = text.size();
    check(MPI_Bcast(&bytes, 1, MPI_UINT64_T, root, impl_->comm), "MPI_Bcast");
    text.resize(bytes);
    check(MPI_Bcast(text.data(), count_of(bytes), MPI_CHAR, root, impl_->comm), "MPI_Bcast");
    return text;
}

std::vector<std::string> Communicator::gather_all(std::string const& text) const
{
    if (is_null()) return {text};
    WaitWatch const watch("other ranks in MPI_Allgather");
    auto const ranks = static_cast<std::size_t>(size());
    int const mine = count_of(text.size());
    std::vector<int> counts(ranks);
    check(MPI_Allgather(&mine, 1, MPI_INT, counts.data(), 1, MPI_INT, impl_->comm), "MPI_Allgather");
    std::vector<int> offsets(ranks);
    std::size_t total = 0;
    for (std::size_t i = 0; i < ranks; ++i) {
        offsets[i] = count_of(total);
        total += static_cast<std::size_t>(counts[i]);
    }
    std::string joined(total, '\0');
    check(MPI_Allgatherv(text.data(), mine, MPI_CHAR, joined.data(), counts.data(), offsets.data(), MPI_CHAR,
                         impl_->comm),
          "MPI_Allgatherv");
    std::vector<std::string> parts(ranks);
    for (std::size_t i = 0; i < ranks; ++i)
        parts[i] = joined.substr(static_cast<std::size_t>(offsets[i]), static_cast<std::size_t>(counts[i]));
    return parts;
}

std::int64_t Communicator::max_all(std::int64_t value) const
{
    if (is_null()) return value;
    WaitWatch const watch("other ranks in MPI_Allreduce");
    std::int64_t result = 0;
    check(MPI_Allreduce(&value, &result, 1, MPI_INT64_T, MPI_MAX, impl_->comm), "MPI_Allreduce");
    return result;
}

void Communicator::send(int destination, int tag, std::span<std::byte const> bytes) const
{
    ABLATRIX_EXPECT(!is_null());
    check(MPI_Send(bytes.data(), count_of(bytes.size()), MPI_BYTE, destination, tag, impl_->comm), "MPI_Send");
}

void Communicator::send_buffered(int destination, int tag, std::vector<std::byte> bytes) const
{
    ABLATRIX_EXPECT(!is_null());
    impl_->drop_completed();
    int const count = count_of(bytes.size());
    auto& send = impl_->pending.emplace_back(PendingSend{MPI_REQUEST_NULL, std::move(bytes)});
    int const code = MPI_Isend(send.bytes.data(), count, MPI_BYTE, destination, tag, impl_->comm, &send.request);
    if (code != MPI_SUCCESS) impl_->pending.pop_back();
    check(code, "MPI_Isend");
}

std::optional<Message> Communicator::poll() const
{
    if (is_null()) return std::nullopt;
    if (!impl_->pending.empty()) impl_->drop_completed();
    int arrived = 0;
    MPI_Message handle = MPI_MESSAGE_NULL;
    MPI_Status status;
    check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, impl_->comm, &arrived, &handle, &status), "MPI_Improbe");
    if (arrived == 0) return std::nullopt;
    int count = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    Message message{status.MPI_SOURCE, status.MPI_TAG, std::vector<std::byte>(static_cast<std::size_t>(count))};
    check(MPI_Mrecv(message.bytes.data(), count, MPI_BYTE, &handle, MPI_STATUS_IGNORE), "MPI_Mrecv");
    return message;
}

Message Communicator::wait(std::chrono::microseconds longest_sleep) const
{
    ABLATRIX_EXPECT(!is_null());
    std::chrono::microseconds pause{20};
    for (;;) {
        if (auto message = poll()) return *std::move(message);
        std::this_thread::sleep_for(std::min(pause, longest_sleep));
        pause = std::min(pause * 2, longest_sleep);
    }
}

void Communicator::abandon() noexcept
{
    if (!impl_) return;
    impl_->abandon_pending();
    impl_->owned = false;
    impl_.reset();
}

void Communicator::abort(int exit_code) const
{
    std::fflush(nullptr);
    if (!is_null() && is_usable()) MPI_Abort(impl_->comm, exit_code);
    std::_Exit(exit_code);
}

}  // namespace ablatrix::mpi
