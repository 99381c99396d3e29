#pragma once

#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>
#include <ablatrix/plan/gates.hpp>
#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/gates.hpp>
#include <ablatrix/stats/share.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report {

struct GateOptions
{
    int threads = 2;     ///< for resampling; outcomes do not depend on it
    stats::Share share;  ///< with other processes that call with the same arguments
};

struct JudgedGate
{
    stats::GateRule rule;
    stats::GateVerdict verdict;
};

struct GateReport
{
    Report report;
    std::vector<JudgedGate> gates;
    /// Of all gates together: fail with any failure, else undecidable with any undecidable one, or without gates.
    stats::Outcome outcome = stats::Outcome::undecidable;
};

/// Rules that the experiment declared when \p result was made; none for a result without.
std::vector<plan::Gate> stored_gates(store::ResultFile const& result);
/// Rules of a file written later (plan::read_gate_file). \throws config::ConfigError, also for names that the result
/// does not know
std::vector<plan::Gate> gates_for(store::ResultFile const& result, config::Node const& file);

/// Judge \p gates from the result file alone (statistics.md section 9). One candidate is one condition, arm and method
/// that a gate is about. Evidence is that of summarize() and compare(), at the level that the gate asks for; where a
/// threshold lies within the resampling error of an interval's end, that interval is computed once more with ten times
/// the resamples. What is not in the file is undecidable. Records: kind "gate", one a rule with the numbers of the
/// candidate that decided, and "gate_candidate".
GateReport gates(store::ResultFile const& result, std::vector<plan::Gate> const& gates,
                 GateOptions const& options = {});

}  // namespace ablatrix::report
