#include "detail/stage_protocol.hpp"

#include <cstring>
#include <string_view>
#include <type_traits>
#include <variant>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::sched::detail {
namespace {

using base::Bundle;

struct Header
{
    std::uint32_t mark;
    std::uint16_t version;
    std::uint16_t type;
    std::uint64_t length;
    std::uint64_t checksum;
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) == 24);

constexpr std::uint32_t frame_mark = 0x53425841;  // "AXBS"

void check(bool condition, std::string const& problem)
{
    if (!condition) throw ProtocolError(problem);
}

void check_header(Header const& header)
{
    check(header.mark == frame_mark, "a message without its mark");
    check(header.version == stage_protocol_version, "a message of protocol version " + std::to_string(header.version) +
                                                        ", not " + std::to_string(stage_protocol_version));
    check(header.type >= 1 && header.type <= 5, "a message of unknown type " + std::to_string(header.type));
    check(header.length <= longest_payload, "a message of " + std::to_string(header.length) + " bytes");
}

/// Whatever is wrong with a payload is a ProtocolError.
template <typename Read>
auto decode(char const* what, std::span<std::byte const> payload, Read const& read)
{
    try {
        return read(Bundle::parse(payload));
    }
    catch (std::exception const& error) {
        throw ProtocolError(std::string{"a damaged "} + what + " (" + error.what() + ")");
    }
}

void put_text(Bundle& bundle, std::string const& name, std::string text)
{
    bundle.put(name, std::vector<std::string>{std::move(text)});
}

void put_integer(Bundle& bundle, std::string const& name, std::int64_t value)
{
    bundle.put(name, std::vector<std::int64_t>{value});
}

template <typename T>
T const& only(Bundle const& bundle, std::string_view name)
{
    auto const values = bundle.get<T>(name);
    check(values.size() == 1, "'" + std::string{name} + "' has " + std::to_string(values.size()) + " values");
    return values.front();
}

// Parameters: one array each, named by type and parameter ("i:k" is the integer k, "p:k" a place).

void put_parameter(Bundle& bundle, std::string const& name, plan::Params::Value const& value)
{
    struct Put
    {
        Bundle& bundle;
        std::string const& name;
        void operator()(bool v) const { bundle.put("b:" + name, std::vector<std::uint8_t>{v}); }
        void operator()(std::int64_t v) const { bundle.put("i:" + name, std::vector<std::int64_t>{v}); }
        void operator()(double v) const { bundle.put("d:" + name, std::vector<double>{v}); }
        void operator()(std::string const& v) const { bundle.put("s:" + name, std::vector<std::string>{v}); }
        void operator()(std::vector<double> const& v) const { bundle.put("D:" + name, v); }
        void operator()(std::vector<std::string> const& v) const { bundle.put("S:" + name, v); }
    };
    std::visit(Put{bundle, name}, value);
}

template <typename T>
std::vector<T> all(Bundle const& bundle, std::string const& array)
{
    auto const values = bundle.get<T>(array);
    return {values.begin(), values.end()};
}

void read_parameter(Bundle const& bundle, std::string const& array, plan::Params& params)
{
    std::string const name = array.substr(2);
    switch (array[0]) {
        case 'b':
            params.set(name, only<std::uint8_t>(bundle, array) != 0);
            break;
        case 'i':
            params.set(name, only<std::int64_t>(bundle, array));
            break;
        case 'd':
            params.set(name, only<double>(bundle, array));
            break;
        case 's':
            params.set(name, only<std::string>(bundle, array));
            break;
        case 'D':
            params.set(name, all<double>(bundle, array));
            break;
        case 'S':
            params.set(name, all<std::string>(bundle, array));
            break;
        case 'p':
            params.set_place(name, only<std::string>(bundle, array));
            break;
        default:
            throw ProtocolError("unknown array '" + array + "'");
    }
}

bool is_parameter(std::string const& array)
{
    return array.size() >= 2 && array[1] == ':';
}

StageRequest read_request(Bundle const& bundle)
{
    StageRequest request;
    request.kind = only<std::string>(bundle, "kind");
    request.output = base::Fingerprint::parse(only<std::string>(bundle, "output"));
    auto const roles = bundle.get<std::string>("roles");
    auto const inputs = bundle.get<std::string>("inputs");
    check(roles.size() == inputs.size(), "roles and inputs differ in number");
    for (std::size_t i = 0; i < roles.size(); ++i)
        request.inputs.emplace_back(roles[i], base::Fingerprint::parse(inputs[i]));
    for (auto const& [name, array] : bundle.arrays()) {
        if (is_parameter(name)) read_parameter(bundle, name, request.params);
    }
    return request;
}

StageResult read_result(Bundle const& bundle)
{
    StageResult result;
    auto const status = only<std::int64_t>(bundle, "status");
    // The worker itself says what was found in the cache, and what crashed.
    bool const is_known =
        status == static_cast<int>(TaskStatus::made) || status == static_cast<int>(TaskStatus::failed) ||
        status == static_cast<int>(TaskStatus::input_lost) || status == static_cast<int>(TaskStatus::stopped);
    check(is_known, "unknown status " + std::to_string(status));
    result.status = static_cast<TaskStatus>(status);
    auto const lost = only<std::int64_t>(bundle, "lost_input");
    check(lost >= 0, "a negative input");
    result.lost_input = static_cast<std::size_t>(lost);
    result.bytes = only<std::int64_t>(bundle, "bytes");
    result.error = only<std::string>(bundle, "error");
    result.continued = only<std::uint8_t>(bundle, "continued") != 0;
    return result;
}

}  // namespace

std::vector<std::byte> encode_frame(FrameType type, std::span<std::byte const> payload)
{
    ABLATRIX_EXPECT(payload.size() <= longest_payload);
    Header const header{frame_mark, stage_protocol_version, static_cast<std::uint16_t>(type), payload.size(),
                        base::checksum_of(payload)};
    std::vector<std::byte> bytes(sizeof header + payload.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(bytes.data() + sizeof header, payload.data(), payload.size());
    return bytes;
}

void FrameReader::append(std::span<std::byte const> bytes)
{
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Frame> FrameReader::next()
{
    Header header;
    if (buffer_.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, buffer_.data(), sizeof header);
    check_header(header);
    std::size_t const end = sizeof header + header.length;
    if (buffer_.size() < end) return std::nullopt;
    Frame frame;
    frame.type = static_cast<FrameType>(header.type);
    frame.payload.assign(buffer_.begin() + sizeof header, buffer_.begin() + static_cast<std::ptrdiff_t>(end));
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end));
    check(base::checksum_of(frame.payload) == header.checksum, "a message with a wrong checksum");
    return frame;
}

std::vector<std::byte> encode(Welcome const& welcome)
{
    Bundle bundle;
    put_integer(bundle, "worker_pid", welcome.worker_pid);
    put_integer(bundle, "rank", welcome.rank);
    put_text(bundle, "cache", welcome.cache);
    put_integer(bundle, "threads", welcome.means.threads);
    put_text(bundle, "device", welcome.means.device);
    bundle.put("save_every_s", std::vector<double>{welcome.means.save_every_s});
    return bundle.serialise();
}

Welcome decode_welcome(std::span<std::byte const> payload)
{
    return decode("welcome", payload, [](Bundle const& bundle) {
        auto const threads = only<std::int64_t>(bundle, "threads");
        check(threads >= 1 && threads <= 1 << 16, std::to_string(threads) + " threads");
        return Welcome{only<std::int64_t>(bundle, "worker_pid"),
                       only<std::int64_t>(bundle, "rank"),
                       only<std::string>(bundle, "cache"),
                       {.threads = static_cast<int>(threads),
                        .device = only<std::string>(bundle, "device"),
                        .save_every_s = only<double>(bundle, "save_every_s")}};
    });
}

std::vector<std::byte> encode(StageRequest const& request)
{
    Bundle bundle;
    put_text(bundle, "kind", request.kind);
    put_text(bundle, "output", request.output.text());
    std::vector<std::string> roles, inputs;
    for (auto const& [role, fingerprint] : request.inputs) {
        roles.push_back(role);
        inputs.push_back(fingerprint.text());
    }
    bundle.put("roles", std::move(roles));
    bundle.put("inputs", std::move(inputs));
    for (auto const& [name, value] : request.params.values())
        put_parameter(bundle, name, value);
    for (auto const& [name, path] : request.params.places())
        put_text(bundle, "p:" + name, path);
    return bundle.serialise();
}

StageRequest decode_request(std::span<std::byte const> payload)
{
    return decode("request", payload, read_request);
}

std::vector<std::byte> encode(StageResult const& result)
{
    Bundle bundle;
    put_integer(bundle, "status", static_cast<std::int64_t>(result.status));
    put_integer(bundle, "lost_input", static_cast<std::int64_t>(result.lost_input));
    put_integer(bundle, "bytes", result.bytes);
    put_text(bundle, "error", result.error);
    bundle.put("continued", std::vector<std::uint8_t>{result.continued});
    return bundle.serialise();
}

StageResult decode_result(std::span<std::byte const> payload)
{
    return decode("result", payload, read_result);
}

}  // namespace ablatrix::sched::detail
