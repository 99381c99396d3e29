#include "stage_child.hpp"

#include <ablatrix/plan/stage.hpp>
#include <ablatrix/sched/serve_stages.hpp>

#include "arguments.hpp"
#include "experiment_setup.hpp"

namespace ablatrix::app {

std::vector<std::string> stage_child_command_line(std::string const& job)
{
    // The very file that runs, even if another one has been installed in its place meanwhile.
    return {"/proc/self/exe", stage_child_name, job};
}

ExitCode stage_child_command(Words const& words)
{
    if (words.size() != 1) throw UsageError("this command is for workers, which start it themselves");
    auto const job = make_job(words[0]);
    plan::StageRegistry registry;
    job->register_stages(registry);
    sched::serve_stages(registry);
    return ExitCode::ok;
}

}  // namespace ablatrix::app
