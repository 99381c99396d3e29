#include <ablatrix/sched/dispatch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>

#include "detail/backoff.hpp"

namespace ablatrix::sched {
namespace {

// Messages. All ranks run the same program on one kind of machine, so structures travel as they lie in memory.

enum Tag : int
{
    tag_assign = 1,
    tag_report = 2,
    tag_stop = 3,
    tag_drain = 4  ///< without contents: the worker was asked to drain while a task runs
};

struct AssignWire
{
    TaskIndex task;
    std::int32_t attempt;
    double first_start_s;
};

struct ReportWire  // the error text follows
{
    TaskIndex task;
    TaskIndex lost_input;
    double seconds;
    std::int64_t bytes;
    std::int32_t attempt;
    TaskStatus status;
    std::uint8_t drain;
    std::uint8_t padding[2];
};

static_assert(std::is_trivially_copyable_v<AssignWire> && sizeof(AssignWire) == 16);
static_assert(std::is_trivially_copyable_v<ReportWire> && sizeof(ReportWire) == 32);

constexpr std::size_t longest_error = 3500;  // stays below the size from which MPI sends wait for their receiver
constexpr int messages_between_looks = 64;

void send_report(mpi::Communicator const& channel, TaskReport const& report)
{
    ReportWire const wire{report.task,
                          report.lost_input,
                          report.seconds,
                          report.bytes,
                          report.attempt,
                          report.status,
                          DrainSignals::requested(),
                          {}};
    if (report.error.empty()) {
        channel.send(0, tag_report, std::as_bytes(std::span{&wire, 1}));
        return;
    }
    std::size_t const length = std::min(report.error.size(), longest_error);
    std::vector<std::byte> bytes(sizeof wire + length);
    std::memcpy(bytes.data(), &wire, sizeof wire);
    std::memcpy(bytes.data() + sizeof wire, report.error.data(), length);
    channel.send(0, tag_report, bytes);
}

/// The report, and whether the worker was asked to drain.
std::pair<TaskReport, bool> parse_report(std::span<std::byte const> bytes)
{
    ABLATRIX_ASSERT(bytes.size() >= sizeof(ReportWire));
    ReportWire wire;
    std::memcpy(&wire, bytes.data(), sizeof wire);
    auto const text = bytes.subspan(sizeof wire);
    TaskReport report{wire.task,
                      wire.status,
                      wire.attempt,
                      wire.lost_input,
                      wire.seconds,
                      wire.bytes,
                      std::string{reinterpret_cast<char const*>(text.data()), text.size()}};
    return {std::move(report), wire.drain != 0};
}

TaskReport execute_guarded(Execute const& execute, Assignment const& assignment, Meanwhile const& meanwhile)
{
    TaskReport report;
    try {
        report = execute(assignment, meanwhile);
    }
    catch (std::exception const& error) {
        report = TaskReport{};
        report.status = TaskStatus::failed;
        report.error = error.what();
        if (report.error.empty()) report.error = "an exception without a message";
    }
    catch (...) {
        report = TaskReport{};
        report.status = TaskStatus::failed;
        report.error = "an exception that is not a std::exception";
    }
    report.task = assignment.task;
    report.attempt = assignment.attempt;
    return report;
}

void enter_report(Scheduler& scheduler, int worker, TaskReport const& report, DispatchListener& listener)
{
    switch (report.status) {
        case TaskStatus::made:
            scheduler.finished(worker, report.task, report.seconds);
            break;
        case TaskStatus::found:
            scheduler.finished(worker, report.task, std::numeric_limits<double>::quiet_NaN());
            break;
        case TaskStatus::failed:
            scheduler.failed(worker, report.task, report.error);
            break;
        case TaskStatus::input_lost:
            scheduler.input_lost(worker, report.task, report.lost_input);
            break;
        case TaskStatus::crashed:
            scheduler.crashed(worker, report.task, report.error);
            break;
    }
    listener.reported(scheduler, worker, report);
    auto const failures = scheduler.take_failures();
    if (!failures.empty()) listener.failed(scheduler, failures);
    if (listener.wants_to_stop()) scheduler.drain();
}

/// Assignments of one round, gathered into one message a worker.
class Outbox
{
  public:
    explicit Outbox(mpi::Communicator const& channel)
        : channel_(channel), queues_(static_cast<std::size_t>(channel.size()))
    {}

    void send(std::span<Assignment const> assignments)
    {
        for (Assignment const& a : assignments) {
            auto& queue = queues_[static_cast<std::size_t>(a.worker)];
            if (queue.empty()) filled_.push_back(a.worker);
            queue.push_back({a.task, a.attempt, a.first_start_s});
        }
        for (int const worker : filled_) {
            auto& queue = queues_[static_cast<std::size_t>(worker)];
            base::fault_point("coordinator.assign");
            channel_.send(worker, tag_assign, std::as_bytes(std::span{queue}));
            base::fault_point("coordinator.assigned");
            queue.clear();
        }
        filled_.clear();
    }

  private:
    mpi::Communicator const& channel_;
    std::vector<std::vector<AssignWire>> queues_;
    std::vector<int> filled_;
};

/// What a worker has been told and has not done yet.
class Inbox
{
  public:
    explicit Inbox(mpi::Communicator const& channel) : channel_(channel) {}

    void receive()
    {
        while (!stopped_) {
            auto const message = channel_.poll();
            if (!message) return;
            if (message->tag == tag_stop) {
                stopped_ = true;
                return;
            }
            base::fault_point("worker.heard");
            ABLATRIX_ASSERT(message->tag == tag_assign && message->bytes.size() % sizeof(AssignWire) == 0);
            for (std::size_t at = 0; at < message->bytes.size(); at += sizeof(AssignWire)) {
                AssignWire wire;
                std::memcpy(&wire, message->bytes.data() + at, sizeof wire);
                queue_.push_back({channel_.rank(), wire.task, wire.attempt, wire.first_start_s});
            }
            base::fault_point("worker.received");
        }
    }

    /// Once; the report of the task that runs may be hours away.
    void tell_drain()
    {
        if (!std::exchange(drain_told_, true)) channel_.send(0, tag_drain, {});
    }

    bool stopped() const noexcept { return stopped_; }
    bool empty() const noexcept { return queue_.empty(); }
    /// Stays where it is while more arrive.
    Assignment const& front() const { return queue_.front(); }
    void pop() { queue_.pop_front(); }

  private:
    mpi::Communicator const& channel_;
    std::deque<Assignment> queue_;
    bool stopped_ = false, drain_told_ = false;
};

std::sig_atomic_t volatile drain_flag = 0;

extern "C" void request_drain(int)
{
    drain_flag = 1;
}

int drain_depth = 0;

}  // namespace

double now_s()
{
    using namespace std::chrono;
    static double const epoch_offset_s = duration<double>(system_clock::now().time_since_epoch()).count() -
                                         duration<double>(steady_clock::now().time_since_epoch()).count();
    return epoch_offset_s + duration<double>(steady_clock::now().time_since_epoch()).count();
}

DrainSignals::DrainSignals(std::vector<int> const& signals)
{
    if (drain_depth++ == 0) drain_flag = 0;
    for (int const signal : signals) {
        struct sigaction action = {}, old = {};
        action.sa_handler = request_drain;
        action.sa_flags = SA_RESTART;
        if (signal == SIGINT) action.sa_flags |= SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        ABLATRIX_VALIDATE(sigaction(signal, &action, &old) == 0,
                          "signal " + std::to_string(signal) + " cannot be caught. Name another one");
        old_actions_.emplace_back(signal, old);
    }
}

DrainSignals::~DrainSignals()
{
    for (auto const& [signal, action] : old_actions_)
        sigaction(signal, &action, nullptr);
    if (--drain_depth == 0) drain_flag = 0;
}

bool DrainSignals::requested() noexcept
{
    return drain_flag != 0;
}

void coordinate(Scheduler& scheduler, mpi::Communicator const& channel, DispatchListener& listener)
{
    ABLATRIX_EXPECT(channel.rank() == 0 && channel.size() > 1);
    detail::Backoff backoff;
    detail::LauncherWatch const launcher;
    Outbox outbox{channel};
    for (int worker = 1; worker < channel.size(); ++worker)
        scheduler.worker_ready(worker);
    while (true) {
        if (DrainSignals::requested()) scheduler.drain();
        double const now = now_s();
        outbox.send(scheduler.assign(now));
        listener.tick(scheduler, now);
        if (scheduler.done()) break;
        int heard = 0;
        while (heard < messages_between_looks) {
            auto const message = channel.poll();
            if (!message) break;
            ++heard;
            if (message->tag == tag_drain) {
                scheduler.drain();
                continue;
            }
            ABLATRIX_ASSERT(message->tag == tag_report);
            base::fault_point("coordinator.heard");
            auto const [report, drain] = parse_report(message->bytes);
            if (drain) scheduler.drain();
            enter_report(scheduler, message->source, report, listener);
            base::fault_point("coordinator.entered");
        }
        if (heard > 0) {
            backoff.reset();
        }
        else {
            launcher.check();
            backoff.pause();
        }
    }
    for (int worker = 1; worker < channel.size(); ++worker)
        channel.send(worker, tag_stop, {});
}

void work(mpi::Communicator const& channel, Execute const& execute)
{
    ABLATRIX_EXPECT(channel.rank() != 0);
    detail::Backoff backoff;
    detail::LauncherWatch const launcher;
    Inbox inbox{channel};
    Meanwhile const meanwhile = [&] {
        inbox.receive();
        if (DrainSignals::requested()) inbox.tell_drain();
        return launcher.lives();
    };
    while (!inbox.stopped() || !inbox.empty()) {
        inbox.receive();
        launcher.check();
        if (inbox.empty()) {
            if (!inbox.stopped()) backoff.pause();
            continue;
        }
        auto const report = execute_guarded(execute, inbox.front(), meanwhile);
        launcher.check();
        base::fault_point("worker.report");
        send_report(channel, report);
        base::fault_point("worker.reported");
        inbox.pop();
        backoff.reset();
    }
}

void work_alone(Scheduler& scheduler, Execute const& execute, DispatchListener& listener)
{
    scheduler.worker_ready(0);
    Meanwhile const meanwhile = [&] {
        listener.tick(scheduler, now_s());
        return true;
    };
    while (true) {
        if (DrainSignals::requested()) scheduler.drain();
        double const now = now_s();
        auto const given = scheduler.assign(now);
        std::vector<Assignment> const assignments{given.begin(), given.end()};
        listener.tick(scheduler, now);
        if (scheduler.done()) return;
        ABLATRIX_ASSERT(!assignments.empty());
        for (Assignment const& assignment : assignments) {
            enter_report(scheduler, 0, execute_guarded(execute, assignment, meanwhile), listener);
        }
    }
}

}  // namespace ablatrix::sched
