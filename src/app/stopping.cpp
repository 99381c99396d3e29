#include "stopping.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string_view>

#include <ablatrix/base/text.hpp>
#include <ablatrix/cluster/duration.hpp>
#include <ablatrix/cluster/job_end.hpp>
#include <ablatrix/sched/dispatch.hpp>

namespace ablatrix::app {
namespace {

constexpr double longest_closing_s = 10, closing_share = 0.05;

/// "TERM,USR2" as numbers.
std::vector<int> parse_signals(std::string const& text)
{
    static std::map<std::string_view, int> const known = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"USR1", SIGUSR1},
                                                          {"USR2", SIGUSR2}, {"HUP", SIGHUP}, {"XCPU", SIGXCPU}};
    std::vector<int> signals;
    for (auto const& part : base::split(text, ',')) {
        auto name = base::trim(part);
        if (name.starts_with("SIG")) name.remove_prefix(3);
        auto const found = known.find(name);
        if (found == known.end()) {
            throw UsageError("--drain-signals is '" + text +
                             "', expected a list such as TERM,USR2 out of TERM, INT, USR1, USR2, HUP and XCPU.");
        }
        signals.push_back(found->second);
    }
    return signals;
}

double walltime_s(std::string const& text)
{
    try {
        return cluster::parse_duration(text);
    }
    catch (Error const& e) {
        throw UsageError(std::string{"--walltime: "} + e.what());
    }
}

}  // namespace

std::vector<int> drain_signals(Arguments const& arguments)
{
    return arguments.has("drain-signals") ? parse_signals(arguments.get("drain-signals"))
                                          : sched::default_drain_signals;
}

std::vector<int> early_drain_signals(ArgumentParser const& parser, Words const& words)
{
    try {
        return drain_signals(parser.parse(words));
    }
    catch (Error const&) {
        return sched::default_drain_signals;
    }
}

std::optional<TimeLimit> time_limit(Arguments const& arguments)
{
    double const start_s = sched::now_s();
    std::optional<cluster::JobEnd> end;
    if (arguments.has("walltime"))
        end = {start_s + walltime_s(arguments.get("walltime")), "--walltime"};
    else
        end = cluster::job_end({[](char const* name) { return std::getenv(name); }, base::run_program});
    if (!end) return {};
    double const left_s = std::max(0.0, end->at_s - start_s);
    // What was finished has to be written, too.
    return TimeLimit{end->at_s - std::min(longest_closing_s, closing_share * left_s),
                     "The time limit is in " + base::human_seconds(left_s) + " (" + end->source +
                         "): tasks that would outlast it are not started."};
}

bool is_hopeless(sched::Outcome const& outcome)
{
    return outcome.stopped_early && outcome.tasks_refused > 0 && outcome.tasks_made == 0 &&
           outcome.tasks_stopped == 0 && !sched::DrainSignals::requested();
}

std::string losses(sched::Outcome const& outcome)
{
    std::string const workers =
        outcome.workers_lost == 1 ? "1 worker was" : std::to_string(outcome.workers_lost) + " workers were";
    return workers + " lost on the way (named above)" + (outcome.no_worker_left ? "." : "; the others took over.");
}

std::string why_stopped(sched::Outcome const& outcome)
{
    if (outcome.no_worker_left) return "Stopped early: no worker is left. The same command continues.";
    if (outcome.failed_alike) {
        return "Stopped early: the first runs failed alike, see above. The same command tries them again and "
               "continues; "
               "with --set execution.fail_fast=0 it goes on regardless.";
    }
    if (outcome.tasks_refused == 0) return "Stopped early; the same command continues.";
    std::string const shortest = base::human_seconds(outcome.shortest_refused_s);
    if (is_hopeless(outcome)) {
        return "Nothing could be started before the time limit: the shortest task that is ready takes about " +
               shortest + ". Give more time.";
    }
    std::string const ready = outcome.tasks_refused == 1
                                  ? "1 task was ready, it"
                                  : std::to_string(outcome.tasks_refused) + " tasks were ready, the shortest";
    return "Stopped early for lack of time: " + ready + " takes about " + shortest + ". The same command continues.";
}

}  // namespace ablatrix::app
