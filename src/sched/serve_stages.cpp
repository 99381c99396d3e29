#include <ablatrix/sched/serve_stages.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <sys/socket.h>
#include <sys/types.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/store/cache.hpp>

#include "detail/child_process.hpp"
#include "detail/stage_protocol.hpp"
#include "detail/stage_runner.hpp"

namespace ablatrix::sched {
namespace {

using namespace detail;

/// The child's side of the socket.
class Worker
{
  public:
    /// Nothing: the worker has closed its side. A wish to stop that came too late is passed over.
    std::optional<Frame> hear()
    {
        must_stop_ = false;
        while (true) {
            while (auto frame = frames_.next()) {
                if (frame->type != FrameType::stop) return frame;
            }
            auto const count = receive(0);
            ABLATRIX_VALIDATE(count >= 0, "this command is for workers, which start it themselves");
            if (count == 0) return std::nullopt;
        }
    }

    /// Whether the worker wants the stage that runs to stop, or has gone.
    bool must_stop()
    {
        if (must_stop_) return true;
        auto const count = receive(MSG_DONTWAIT);
        must_stop_ = count == 0 || frames_.next().has_value();  // meanwhile the worker says nothing else
        return must_stop_;
    }

    void tell(FrameType type, std::span<std::byte const> payload)
    {
        auto const frame = encode_frame(type, payload);
        std::span<std::byte const> bytes = frame;
        while (!bytes.empty()) {
            auto const sent = ::send(child_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            ABLATRIX_VALIDATE(sent > 0, "the worker does not listen any more");
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        }
    }

  private:
    /// Bytes received, 0 when the worker has closed its side, less than 0 when there is nothing.
    ::ssize_t receive(int flags)
    {
        std::array<std::byte, 65536> bytes;
        ::ssize_t count = -1;
        do
            count = ::recv(child_socket, bytes.data(), bytes.size(), flags);
        while (count < 0 && errno == EINTR);
        if (count > 0) frames_.append(std::span{bytes}.first(static_cast<std::size_t>(count)));
        return count;
    }

    FrameReader frames_;
    bool must_stop_ = false;
};

}  // namespace

void serve_stages(plan::StageRegistry const& registry)
{
    Worker worker;
    auto const first = worker.hear();
    if (!first) return;
    ABLATRIX_VALIDATE(first->type == FrameType::welcome, "this command is for workers, which start it themselves");
    Welcome const welcome = decode_welcome(first->payload);
    tie_to_parent(static_cast<::pid_t>(welcome.worker_pid));
    base::set_log(base::LogLevel::info, static_cast<int>(welcome.rank));

    store::ArtifactCache const cache{welcome.cache};
    StageRunner runner{registry, cache, welcome.means};
    worker.tell(FrameType::ready, {});
    while (auto const frame = worker.hear()) {
        if (frame->type != FrameType::request) throw ProtocolError("the worker sent something else than a request");
        auto const result = runner.run(decode_request(frame->payload), [&worker] { return worker.must_stop(); });
        worker.tell(FrameType::result, encode(result));
    }
}

}  // namespace ablatrix::sched
