#include "detail/survival.hpp"

#include <cstddef>

#include <ablatrix/base/text.hpp>

namespace ablatrix::sched::detail {
namespace {

constexpr double look_period_s = 0.05;
constexpr double longest_preparation_s = 600;  // the coordinator compares result and cache before it says anything

std::string silence(double lease_s)
{
    return " has given no sign of life for " + base::human_seconds(lease_s);
}

}  // namespace

bool Pulse::due(double now_s)
{
    if (now_s < next_s_) return false;
    next_s_ = now_s + period_s_;
    return true;
}

// RollCall

RollCall::RollCall(int ranks, Recovery const& recovery, double now_s)
    : recovery_(recovery),
      leases_(ranks, recovery.worker_lease_s),
      states_(static_cast<std::size_t>(ranks), State::present),
      beat_(recovery.heartbeat_s),
      look_(look_period_s)
{
    states_[0] = State::left;  // it does not call itself
    for (int worker = 1; worker < ranks; ++worker)
        leases_.renew(worker, now_s);
}

void RollCall::heard(int worker, double now_s)
{
    if (states_[static_cast<std::size_t>(worker)] == State::present) leases_.renew(worker, now_s);
}

void RollCall::goodbye(int worker)
{
    leases_.end(worker);
    states_[static_cast<std::size_t>(worker)] = State::left;
}

std::vector<RollCall::Loss> RollCall::look(double now_s)
{
    std::vector<Loss> losses;
    if (!look_.due(now_s)) return losses;
    for (int worker = 1; worker < static_cast<int>(states_.size()); ++worker) {
        State& state = states_[static_cast<std::size_t>(worker)];
        if (state == State::ended)
            losses.push_back(give_up(worker, " has died"));
        else if (state == State::present && recovery_.peers.has_died(worker))
            state = State::ended;
    }
    for (int const worker : leases_.expired(now_s)) {
        if (states_[static_cast<std::size_t>(worker)] == State::present)
            losses.push_back(give_up(worker, silence(leases_.length_s())));
    }
    return losses;
}

RollCall::Loss RollCall::give_up(int worker, std::string const& how)
{
    leases_.end(worker);
    states_[static_cast<std::size_t>(worker)] = State::lost;
    return {worker, recovery_.peers.describe(worker) + how};
}

std::vector<int> RollCall::present() const
{
    std::vector<int> workers;
    for (std::size_t worker = 0; worker < states_.size(); ++worker) {
        if (states_[worker] == State::present || states_[worker] == State::ended)
            workers.push_back(static_cast<int>(worker));
    }
    return workers;
}

// Lifeline

Lifeline::Lifeline(Recovery const& recovery, double now_s)
    : recovery_(recovery), lease_(1, recovery.coordinator_lease_s), beat_(recovery.heartbeat_s), look_(look_period_s)
{
    lease_.renew(0, now_s + longest_preparation_s);
}

std::string const& Lifeline::problem(double now_s)
{
    if (!problem_.empty() || !look_.due(now_s)) return problem_;
    std::string how;
    if (recovery_.peers.has_died(0))
        how = " has died";
    else if (!lease_.expired(now_s).empty())
        how = silence(lease_.length_s());
    if (!how.empty())
        problem_ =
            "the coordinator, " + recovery_.peers.describe(0) + "," + how + ". Run the same command again to continue";
    return problem_;
}

}  // namespace ablatrix::sched::detail
