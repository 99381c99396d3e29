#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ablatrix/sched/execute.hpp>

#include "arguments.hpp"
#include "commands.hpp"

/// \file
/// How a run stops before its end: the signals that ask it to, the time it has, and what it says about that.

namespace ablatrix::app {

/// The signals of `--drain-signals`, else the usual ones. \throws UsageError
std::vector<int> drain_signals(Arguments const& arguments);
/// The same from the words of a command, before anything else is looked at: an error is left to those who parse later.
std::vector<int> early_drain_signals(ArgumentParser const& parser, Words const& words);

struct TimeLimit
{
    double deadline_s = 0;  ///< sched::now_s() at which everything is to have ended: a little before the limit
    std::string text;       ///< one sentence: how long, and who says so
};

/// `--walltime`, counted from now; without it what the batch system says; nothing where there is no limit.
/// \throws UsageError
std::optional<TimeLimit> time_limit(Arguments const& arguments);

/// The time limit allowed nothing at all: the same command would stop at the same place again.
bool is_hopeless(sched::Outcome const& outcome);
/// "2 of 3 workers were lost ...".
std::string losses(sched::Outcome const& outcome);
/// Why a run that has Outcome::stopped_early did so, and what to do.
std::string why_stopped(sched::Outcome const& outcome);

}  // namespace ablatrix::app
