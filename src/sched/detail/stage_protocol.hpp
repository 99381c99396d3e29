#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "stage_runner.hpp"

/// \file
/// What a worker and its child say to each other over a socket pair: frames of a header and a serialised bundle.
///
///     worker                         child
///     welcome (cache, means)  ->
///                             <-     ready
///     request                 ->
///     stop (at any time)      ->     the stage is to save its state and end, if it can
///                             <-     result            ... until the worker closes the socket
///
/// Artifacts never travel here, they lie in the cache. Both sides are one program on one machine, but a stage that
/// writes where it should not may damage anything in its child, so the worker believes nothing.

namespace ablatrix::sched::detail {

inline constexpr std::uint16_t stage_protocol_version = 3;

enum class FrameType : std::uint16_t
{
    welcome = 1,
    ready = 2,
    request = 3,
    result = 4,
    stop = 5
};

/// A frame that the protocol does not allow.
class ProtocolError : public Error
{
  public:
    using Error::Error;
};

struct Frame
{
    FrameType type = FrameType::ready;
    std::vector<std::byte> payload;
};

/// Payloads are parameters, names and error texts.
inline constexpr std::size_t longest_payload = std::size_t{64} << 20;

std::vector<std::byte> encode_frame(FrameType type, std::span<std::byte const> payload);

/// Cuts a stream of bytes into frames.
class FrameReader
{
  public:
    void append(std::span<std::byte const> bytes);
    /// The next whole frame. \throws ProtocolError for a wrong mark, version, type, length or checksum
    std::optional<Frame> next();

  private:
    std::vector<std::byte> buffer_;
};

/// What a child is told first.
struct Welcome
{
    std::int64_t worker_pid = 0;
    std::int64_t rank = -1;  ///< of the worker, for the log
    std::string cache;       ///< absolute path
    StageMeans means;
};

std::vector<std::byte> encode(Welcome const& welcome);
std::vector<std::byte> encode(StageRequest const& request);
std::vector<std::byte> encode(StageResult const& result);

// Each throws ProtocolError when the payload is not what its type says.
Welcome decode_welcome(std::span<std::byte const> payload);
StageRequest decode_request(std::span<std::byte const> payload);
StageResult decode_result(std::span<std::byte const> payload);

}  // namespace ablatrix::sched::detail
