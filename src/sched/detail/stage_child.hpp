#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ablatrix/sched/dispatch.hpp>

#include "child_process.hpp"
#include "stage_protocol.hpp"
#include "stage_runner.hpp"

namespace ablatrix::sched::detail {

/// Runs stages in a child process that lives from one stage to the next, so that loaded models stay, and is started
/// again after a crash.
class StageChild
{
  public:
    /// \p command: program and arguments of a process that calls serve_stages().
    StageChild(std::vector<std::string> command, Welcome welcome);

    /// Run one stage, for at most \p timeout_s (0: as long as it takes). TaskStatus::crashed says how the child ended.
    /// \p meanwhile is called while the stage runs; when it gives up the child is killed.
    /// \throws Error when no child can be started
    StageResult run(StageRequest const& request, double timeout_s, Meanwhile const& meanwhile);

  private:
    void ensure_running(Meanwhile const& meanwhile);
    std::string greet(Meanwhile const& meanwhile);
    StageResult wait(StageRequest const& request, double timeout_s, Meanwhile const& meanwhile);
    StageResult crashed(std::string how);

    std::vector<std::string> command_;
    Welcome welcome_;
    std::unique_ptr<ChildProcess> process_;
    FrameReader frames_;
};

}  // namespace ablatrix::sched::detail
