#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/sched/costs.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/sched/progress.hpp>
#include <ablatrix/store/result_file.hpp>

#include "fail_fast.hpp"
#include "work_list.hpp"

namespace ablatrix::sched::detail {

/// Keeps the books on the coordinating rank: counts, learned costs, progress, messages, and the rows of failed runs.
class Ledger final : public DispatchListener
{
  public:
    Ledger(plan::ExperimentPlan const& plan, store::ResultFile& result, CostModel& costs, WorkList const& work,
           Progress::Launcher launcher);

    void reported(Scheduler const& scheduler, int worker, TaskReport const& report) override;
    void failed(Scheduler const& scheduler, std::vector<Failure> const& failures) override;
    void lost(Scheduler const& scheduler, int worker, std::string const& how,
              std::vector<TaskIndex> const& tasks) override;
    bool wants_to_stop() const override { return outcome_.failed_alike; }
    void tick(Scheduler const& scheduler, double now_s) override;

    Outcome finish(Scheduler const& scheduler);

  private:
    std::string describe(Scheduler const& scheduler, TaskIndex task) const;
    void fail_run(Scheduler const& scheduler, Failure const& failure);
    void judge_failures(Scheduler const& scheduler, TaskIndex cause);
    void complain(std::string const& message);
    ProgressFacts facts(Scheduler const& scheduler, double now_s);

    plan::ExperimentPlan const& plan_;
    store::ResultFile& result_;
    CostModel& costs_;
    Progress progress_;
    FailFast fail_fast_;
    Outcome outcome_;
    double start_s_;
    double left_s_ = 0, left_as_of_s_ = 0;  ///< the time left counts down between reports
    std::size_t complaints_ = 0;
    std::vector<std::string> losses_;
    bool news_ = true, drain_told_ = false, refusal_told_ = false;
};

}  // namespace ablatrix::sched::detail
