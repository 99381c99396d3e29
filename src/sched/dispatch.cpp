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
#include "detail/survival.hpp"

namespace ablatrix::sched {
namespace {

// Messages. All ranks run the same program on one kind of machine, so structures travel as they lie in memory.

enum Tag : int
{
    tag_assign = 1,
    tag_report = 2,
    tag_stop = 3,
    tag_drain = 4,    ///< without contents: the worker was asked to drain while a task runs
    tag_wrap_up = 8,  ///< without contents: what can be continued is to stop
    // With recovery only, all without contents:
    tag_alive = 5,
    tag_goodbye = 6,   ///< the worker has stopped
    tag_given_up = 7,  ///< the coordinator had thought the worker lost
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
    std::uint8_t continued;
    std::uint8_t padding[1];
};

static_assert(std::is_trivially_copyable_v<AssignWire> && sizeof(AssignWire) == 16);
static_assert(std::is_trivially_copyable_v<ReportWire> && sizeof(ReportWire) == 32);

constexpr std::size_t longest_error = 3500;  // stays below the size from which MPI sends wait for their receiver
constexpr int messages_between_looks = 64;
constexpr double longest_goodbye_s = 10;
constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// Nobody may wait for a rank that may be lost.
void post(mpi::Communicator const& channel, int rank, Tag tag, std::span<std::byte const> bytes, bool may_be_lost)
{
    if (may_be_lost)
        channel.send_buffered(rank, tag, {bytes.begin(), bytes.end()});
    else
        channel.send(rank, tag, bytes);
}

void send_report(mpi::Communicator const& channel, TaskReport const& report, bool may_be_lost)
{
    ReportWire const wire{report.task,
                          report.lost_input,
                          report.seconds,
                          report.bytes,
                          report.attempt,
                          report.status,
                          DrainSignals::requested(),
                          report.continued,
                          {}};
    if (report.error.empty()) {
        post(channel, 0, tag_report, std::as_bytes(std::span{&wire, 1}), may_be_lost);
        return;
    }
    std::size_t const length = std::min(report.error.size(), longest_error);
    std::vector<std::byte> bytes(sizeof wire + length);
    std::memcpy(bytes.data(), &wire, sizeof wire);
    std::memcpy(bytes.data() + sizeof wire, report.error.data(), length);
    post(channel, 0, tag_report, bytes, may_be_lost);
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
                      std::string{reinterpret_cast<char const*>(text.data()), text.size()},
                      wire.continued != 0};
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

/// What an event may have led to: tasks that failed for good, and reason enough to stop.
void tell_failures(Scheduler& scheduler, DispatchListener& listener)
{
    auto const failures = scheduler.take_failures();
    if (!failures.empty()) listener.failed(scheduler, failures);
    if (listener.wants_to_stop()) scheduler.drain();
}

void enter_report(Scheduler& scheduler, int worker, TaskReport const& report, DispatchListener& listener)
{
    switch (report.status) {
        case TaskStatus::made:
            scheduler.finished(worker, report.task, report.continued ? not_measured : report.seconds);
            break;
        case TaskStatus::found:
            scheduler.finished(worker, report.task, not_measured);
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
        case TaskStatus::stopped:
            scheduler.stopped(worker, report.task);
            break;
    }
    listener.reported(scheduler, worker, report);
    tell_failures(scheduler, listener);
}

void enter_loss(Scheduler& scheduler, detail::RollCall::Loss const& loss, DispatchListener& listener)
{
    auto const held = scheduler.held(loss.worker);
    std::vector<TaskIndex> const tasks{held.begin(), held.end()};
    scheduler.worker_lost(loss.worker);
    listener.lost(scheduler, loss.worker, loss.how, tasks);
    tell_failures(scheduler, listener);
}

/// Assignments of one round, gathered into one message a worker.
class Outbox
{
  public:
    Outbox(mpi::Communicator const& channel, bool may_be_lost)
        : channel_(channel), may_be_lost_(may_be_lost), queues_(static_cast<std::size_t>(channel.size()))
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
            post(channel_, worker, tag_assign, std::as_bytes(std::span{queue}), may_be_lost_);
            base::fault_point("coordinator.assigned");
            queue.clear();
        }
        filled_.clear();
    }

  private:
    mpi::Communicator const& channel_;
    bool may_be_lost_;
    std::vector<std::vector<AssignWire>> queues_;
    std::vector<int> filled_;
};

/// What a worker has been told and has not done yet.
class Inbox
{
  public:
    Inbox(mpi::Communicator const& channel, detail::Recovery const* recovery) : channel_(channel)
    {
        if (recovery != nullptr) lifeline_.emplace(*recovery, now_s());
    }

    void receive()
    {
        while (!stopped_) {
            auto const message = channel_.poll();
            if (!message) return;
            if (lifeline_) lifeline_->heard(now_s());
            if (message->tag == tag_alive) continue;
            if (message->tag == tag_given_up) {
                given_up_ = true;
                return;
            }
            if (message->tag == tag_stop) {
                stopped_ = true;
                return;
            }
            if (message->tag == tag_wrap_up) {
                wraps_up_ = true;
                continue;
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
        if (!std::exchange(drain_told_, true)) post(channel_, 0, tag_drain, {}, lifeline_.has_value());
    }
    /// With recovery: say that this rank lives.
    void beat()
    {
        if (lifeline_ && lifeline_->beat_due(now_s())) post(channel_, 0, tag_alive, {}, true);
    }
    /// With recovery: why this rank cannot go on; else empty.
    std::string problem()
    {
        if (!lifeline_) return {};
        if (given_up_) return "the coordinator has given up this rank, from which it heard nothing for too long";
        return lifeline_->problem(now_s());
    }

    bool stopped() const noexcept { return stopped_; }
    bool wraps_up() const noexcept { return wraps_up_; }
    bool empty() const noexcept { return queue_.empty(); }
    /// Stays where it is while more arrive.
    Assignment const& front() const { return queue_.front(); }
    void pop() { queue_.pop_front(); }

  private:
    mpi::Communicator const& channel_;
    std::deque<Assignment> queue_;
    std::optional<detail::Lifeline> lifeline_;
    bool stopped_ = false, drain_told_ = false, given_up_ = false, wraps_up_ = false;
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

namespace {

/// The coordinator's side of one grid.
class Coordinator
{
  public:
    Coordinator(Scheduler& scheduler, mpi::Communicator const& channel, DispatchListener& listener,
                detail::Recovery const* recovery)
        : scheduler_(scheduler), channel_(channel), listener_(listener), outbox_(channel, recovery != nullptr)
    {
        if (recovery != nullptr) roll_.emplace(channel.size(), *recovery, now_s());
        for (int worker = 1; worker < channel.size(); ++worker)
            scheduler.worker_ready(worker);
    }

    void hand_out_all()
    {
        while (true) {
            if (DrainSignals::requested()) scheduler_.drain();
            double const now = now_s();
            outbox_.send(scheduler_.assign(now));
            listener_.tick(scheduler_, now);
            if (scheduler_.done() || scheduler_.workers() == 0) return;
            if (scheduler_.wraps_up(now) && !std::exchange(wrap_up_told_, true)) tell_workers(tag_wrap_up);
            int const heard = receive();
            if (roll_ && heard < messages_between_looks) call_roll();
            if (heard > 0) {
                backoff_.reset();
            }
            else {
                launcher_.check();
                backoff_.pause();
            }
        }
    }

    void stop_workers()
    {
        tell_workers(tag_stop);
        if (roll_) await_goodbyes();
    }

  private:
    int receive()
    {
        int heard = 0;
        while (heard < messages_between_looks) {
            auto const message = channel_.poll();
            if (!message) break;
            ++heard;
            if (!roll_ || answers_roll(*message)) enter(*message);
        }
        return heard;
    }

    void enter(mpi::Message const& message)
    {
        if (message.tag == tag_drain) {
            scheduler_.drain();
            return;
        }
        ABLATRIX_ASSERT(message.tag == tag_report);
        base::fault_point("coordinator.heard");
        auto const [report, drain] = parse_report(message.bytes);
        if (drain) scheduler_.drain();
        enter_report(scheduler_, message.source, report, listener_);
        base::fault_point("coordinator.entered");
    }

    /// Note who lives; whether \p message says more than that, and counts.
    bool answers_roll(mpi::Message const& message)
    {
        if (roll_->is_lost(message.source)) {
            post(channel_, message.source, tag_given_up, {}, true);
            return false;
        }
        roll_->heard(message.source, now_s());
        if (message.tag == tag_goodbye) roll_->goodbye(message.source);
        return message.tag != tag_alive && message.tag != tag_goodbye;
    }

    void tell_workers(Tag tag)
    {
        for (int worker = 1; worker < channel_.size(); ++worker) {
            if (!roll_ || !roll_->is_lost(worker)) post(channel_, worker, tag, {}, roll_.has_value());
        }
    }

    void call_roll()
    {
        double const now = now_s();
        for (auto const& loss : roll_->look(now))
            enter_loss(scheduler_, loss, listener_);
        if (!roll_->beat_due(now)) return;
        for (int const worker : roll_->present())
            post(channel_, worker, tag_alive, {}, true);
    }

    /// So that the last messages arrive before this process ends. Who dies now is no loss any more.
    void await_goodbyes()
    {
        double const deadline_s = now_s() + longest_goodbye_s;
        while (!roll_->present().empty() && now_s() < deadline_s) {
            if (auto const message = channel_.poll())
                answers_roll(*message);
            else
                backoff_.pause();
            roll_->look(now_s());
        }
    }

    Scheduler& scheduler_;
    mpi::Communicator const& channel_;
    DispatchListener& listener_;
    Outbox outbox_;
    std::optional<detail::RollCall> roll_;
    detail::Backoff backoff_;
    detail::LauncherWatch const launcher_;
    bool wrap_up_told_ = false;
};

}  // namespace

void coordinate(Scheduler& scheduler, mpi::Communicator const& channel, DispatchListener& listener,
                detail::Recovery const* recovery)
{
    ABLATRIX_EXPECT(channel.rank() == 0 && channel.size() > 1);
    Coordinator coordinator{scheduler, channel, listener, recovery};
    coordinator.hand_out_all();
    coordinator.stop_workers();
}

void work(mpi::Communicator const& channel, Execute const& execute, detail::Recovery const* recovery)
{
    ABLATRIX_EXPECT(channel.rank() != 0);
    detail::Backoff backoff;
    detail::LauncherWatch const launcher;
    Inbox inbox{channel, recovery};
    Meanwhile const meanwhile = [&] {
        inbox.receive();
        inbox.beat();
        if (DrainSignals::requested()) inbox.tell_drain();
        if (!launcher.lives() || !inbox.problem().empty()) return Wish::give_up;
        return inbox.wraps_up() || DrainSignals::requested() ? Wish::wrap_up : Wish::go_on;
    };
    auto const check = [&] {
        launcher.check();
        std::string const problem = inbox.problem();
        ABLATRIX_VALIDATE(problem.empty(), problem);
    };
    while (!inbox.stopped() || !inbox.empty()) {
        inbox.receive();
        inbox.beat();
        check();
        if (inbox.empty()) {
            if (!inbox.stopped()) backoff.pause();
            continue;
        }
        auto const report = execute_guarded(execute, inbox.front(), meanwhile);
        check();
        base::fault_point("worker.report");
        send_report(channel, report, recovery != nullptr);
        base::fault_point("worker.reported");
        inbox.pop();
        backoff.reset();
    }
    if (recovery != nullptr) channel.send(0, tag_goodbye, {});
}

void work_alone(Scheduler& scheduler, Execute const& execute, DispatchListener& listener)
{
    scheduler.worker_ready(0);
    Meanwhile const meanwhile = [&] {
        if (DrainSignals::requested()) scheduler.drain();
        double const now = now_s();
        listener.tick(scheduler, now);
        return scheduler.wraps_up(now) ? Wish::wrap_up : Wish::go_on;
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
