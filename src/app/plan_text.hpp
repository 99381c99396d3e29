#pragma once

#include <cstdint>
#include <string>

#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/report/outlook.hpp>
#include <ablatrix/sched/execute.hpp>

namespace ablatrix::app {

/// What a plan amounts to: runs, tasks by kind with cached and estimated ones, sharing, file size.
report::Document describe_plan(plan::ExperimentPlan const& plan, sched::Remaining const& remaining);
/// One paragraph of it, for the start of a run.
std::string summarise_plan(plan::ExperimentPlan const& plan, sched::Remaining const& remaining);

/// What the plan's statistics can show.
report::Outlook outlook_of(plan::ExperimentPlan const& plan, plan::Job const& job);
/// Its first warnings, one a line, for the start of a run; "" when there are none.
std::string warning_lines(report::Outlook const& outlook);

/// Whether every kind of task that is left has been measured before.
bool is_learned(sched::Remaining const& remaining);

/// Compute tasks that the runs would need if nothing were shared.
std::uint64_t unshared_tasks(plan::ExperimentPlan const& plan);

}  // namespace ablatrix::app
