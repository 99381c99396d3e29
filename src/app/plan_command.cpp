#include <cstdio>
#include <filesystem>
#include <optional>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"
#include "experiment_setup.hpp"
#include "plan_text.hpp"
#include "resume.hpp"

namespace ablatrix::app {

ArgumentParser plan_arguments()
{
    ArgumentParser parser(
        "ablatrix plan EXPERIMENT [options]",
        "Says what `run` would do, without doing it: runs, unique tasks by kind, how much the runs share, what the\n"
        "cache already holds, estimated cost and the size of the result file; then what its statistics can show: tests\n"
        "corrected together, the smallest p they can reach, detectable differences. Writes nothing.",
        {"ablatrix plan configs/quickstart.yaml", "ablatrix plan configs/sst2.yaml --simulate 64",
         "ablatrix plan configs/sst2.yaml --only seed=42 --set data.n_train=1000"});
    parser.positional("EXPERIMENT", "experiment file (YAML)")
        .value("simulate", "WORKERS", "predict makespan and efficiency with that many workers")
        .flag("strict", "exit 1 when a test could not reach significance whatever the data")
        .repeated("set", "PATH=VALUE", "change a setting, such as noise.rate=0.2; may be repeated")
        .repeated("only", "AXIS=VALUE", "keep the runs with that value; several values of an axis: any of them")
        .value("cache", "DIR", "artifact cache to look into; default: .ablatrix-cache beside the result")
        .value("output,o", "RESULT.h5", "result file to continue: its finished runs count as done");
    return parser;
}

ExitCode plan_command(Arguments const& arguments)
{
    ExperimentRequest request{arguments.get("EXPERIMENT"), {}, arguments.all("set"), arguments.all("only")};
    request.text = read_text_file(request.file);
    auto const setup = plan_experiment(request);

    std::filesystem::path const output = arguments.get("output");
    std::optional<store::ResultFile> result;
    if (!output.empty() && std::filesystem::exists(output)) {
        result = store::ResultFile::open_readonly(output);
        std::string const change = describe_change(*result, setup.plan());
        ABLATRIX_VALIDATE(change.empty(), "'" + output.string() + "' holds another experiment:" + change);
    }
    CacheView const view(cache_folder(arguments.get("cache"), output));
    auto const* known = result ? &*result : nullptr;
    auto document = describe_plan(setup.plan(), sched::what_remains(setup.plan(), view.cache(), known));
    if (arguments.has("simulate")) {
        int const workers = static_cast<int>(parse_integer("--simulate", arguments.get("simulate"), 1, 1000000));
        auto const simulation = sched::simulate(setup.plan(), view.cache(), known, workers);
        char efficiency[32];
        std::snprintf(efficiency, sizeof efficiency, "%.1f %%", 100 * simulation.efficiency);
        document.paragraph("With " + std::to_string(workers) + (workers == 1 ? " worker" : " workers") + ": done in " +
                           base::human_seconds(simulation.makespan_s) + ", workers busy " + efficiency +
                           " of the time. No number of workers gets below the longest chain of tasks, " +
                           base::human_seconds(simulation.critical_path_s) + ".");
    }
    auto const outlook = outlook_of(setup.plan(), *setup.job);
    document.append(outlook.document);
    std::fputs(report::render_terminal(document).c_str(), stdout);
    if (arguments.has("strict") && outlook.has("unreachable")) {
        std::fputs("ablatrix: a test of this plan cannot reach significance, whatever the data (--strict).\n", stderr);
        return ExitCode::usage;
    }
    return ExitCode::ok;
}

}  // namespace ablatrix::app
