#include "detail/stage_child.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::sched::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto first_look = 1ms;
constexpr auto longest_look = 50ms;
constexpr auto time_to_start = 60s;

enum class End
{
    frame,
    child_gone,
    too_late,
    abandoned
};

/// Wait for a whole frame, calling \p meanwhile now and then.
std::pair<End, Frame> next_frame(ChildProcess& process, FrameReader& frames, std::optional<Clock::time_point> deadline,
                                 Meanwhile const& meanwhile)
{
    std::vector<std::byte> bytes;
    std::chrono::milliseconds look = first_look;
    while (true) {
        if (auto frame = frames.next()) return {End::frame, *std::move(frame)};
        bytes.clear();
        auto const heard = process.receive(bytes, look);
        if (heard == ChildProcess::Heard::end) return {End::child_gone, {}};
        frames.append(bytes);
        if (heard == ChildProcess::Heard::bytes) continue;
        if (deadline && Clock::now() >= *deadline) return {End::too_late, {}};
        if (meanwhile() == Wish::give_up) return {End::abandoned, {}};
        look = std::min<std::chrono::milliseconds>(2 * look, longest_look);
    }
}

StageResult failed(std::string error)
{
    StageResult result;
    result.status = TaskStatus::failed;
    result.error = std::move(error);
    return result;
}

}  // namespace

StageChild::StageChild(std::vector<std::string> command, Welcome welcome)
    : command_(std::move(command)), welcome_(std::move(welcome))
{
    welcome_.worker_pid = ::getpid();
}

StageResult StageChild::run(StageRequest const& request, double timeout_s, Meanwhile const& meanwhile)
{
    ensure_running(meanwhile);
    if (!process_->send(encode_frame(FrameType::request, encode(request)))) return crashed(process_->describe_end());
    base::fault_point("child.asked");
    try {
        return wait(request, timeout_s, meanwhile);
    }
    catch (ProtocolError const& error) {
        process_->kill();
        return crashed(std::string{"its process sent "} + error.what());
    }
    catch (...) {
        process_->kill();  // nobody waits for its answer any more
        process_.reset();
        throw;
    }
}

StageResult StageChild::wait(StageRequest const& request, double timeout_s, Meanwhile const& meanwhile)
{
    std::optional<Clock::time_point> deadline;
    if (timeout_s > 0)
        deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(timeout_s));
    bool told = false;
    auto const tend = [&] {
        auto const wish = meanwhile();
        // A child that does not take it is found to have ended.
        if (wish == Wish::wrap_up && !std::exchange(told, true))
            static_cast<void>(process_->send(encode_frame(FrameType::stop, {})));
        return wish;
    };
    auto const [end, frame] = next_frame(*process_, frames_, deadline, tend);
    switch (end) {
        case End::frame: {
            if (frame.type != FrameType::result) throw ProtocolError("something else than a result");
            base::fault_point("child.answered");
            auto result = decode_result(frame.payload);
            bool const is_lost = result.status == TaskStatus::input_lost;
            if (is_lost && result.lost_input >= request.inputs.size())
                throw ProtocolError("the loss of an input that the stage does not have");
            return result;
        }
        case End::child_gone:
            return crashed(process_->describe_end());
        case End::too_late:
            process_->kill();
            process_.reset();
            return failed("took longer than " + base::human_seconds(timeout_s) +
                          " and was stopped (execution.timeout). Allow more time, or less work");
        case End::abandoned:
            break;
    }
    process_->kill();
    process_.reset();
    return failed("given up: its worker is to end");
}

StageResult StageChild::crashed(std::string how)
{
    process_.reset();
    StageResult result;
    result.status = TaskStatus::crashed;
    result.error = std::move(how);
    return result;
}

void StageChild::ensure_running(Meanwhile const& meanwhile)
{
    if (process_ && process_->has_ended()) {
        base::log_warning("the child process for stages ended between two of them (" + process_->describe_end() +
                          "); a new one takes over");
        process_.reset();
    }
    if (process_) return;
    process_ = std::make_unique<ChildProcess>(command_);
    frames_ = {};
    std::string const problem = greet(meanwhile);
    if (problem.empty()) return;
    process_->kill();
    process_.reset();
    throw Error("the child process for stages did not start (" + problem + "). Run with execution.isolation: none");
}

/// What went wrong, or nothing.
std::string StageChild::greet(Meanwhile const& meanwhile)
{
    try {
        if (!process_->send(encode_frame(FrameType::welcome, encode(welcome_)))) return process_->describe_end();
        auto const [end, frame] = next_frame(*process_, frames_, Clock::now() + time_to_start, meanwhile);
        if (end == End::child_gone) return process_->describe_end();
        if (end != End::frame) return "does not answer";
        return frame.type == FrameType::ready ? "" : "sent something else than it should";
    }
    catch (ProtocolError const& error) {
        return std::string{"sent "} + error.what();
    }
}

}  // namespace ablatrix::sched::detail
