#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"
#include "compare_run.hpp"
#include "experiment_setup.hpp"
#include "provenance.hpp"
#include "stage_child.hpp"

namespace ablatrix::app {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the object.
class ScratchFolder
{
  public:
    ScratchFolder()
    {
        std::string name = (fs::temp_directory_path() / "ablatrix-replay-XXXXXX").string();
        ABLATRIX_VALIDATE(::mkdtemp(name.data()) != nullptr, "cannot create a folder in '" +
                                                                 fs::temp_directory_path().string() +
                                                                 "'. Set TMPDIR to a folder that can be written.");
        path_ = name;
    }
    ~ScratchFolder()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchFolder(ScratchFolder const&) = delete;
    ScratchFolder& operator=(ScratchFolder const&) = delete;
    fs::path const& path() const { return path_; }

  private:
    fs::path path_;
};

/// The stored experiment, narrowed to one run of its grid.
ExperimentRequest request_for(store::ResultFile const& stored, std::size_t run, fs::path const& base)
{
    ExperimentRequest request;
    request.file = base / ("experiment of " + stored.path().filename().string());
    request.text = stored.provenance().experiment_yaml;
    for (auto const& axis : stored.layout().axes)
        request.only.push_back(axis.name + "=" + axis.value_of_run[run]);
    return request;
}

std::string run_name(store::ResultLayout const& layout, std::size_t run)
{
    std::string name = "run " + std::to_string(run);
    for (auto const& axis : layout.axes)
        name += " " + axis.name + "=" + axis.value_of_run[run];
    return name;
}

/// Where the experiment file lay: relative data paths begin there.
fs::path base_folder(Arguments const& arguments, store::ResultFile const& stored)
{
    if (arguments.has("base")) return arguments.get("base");
    auto const& facts = stored.provenance().facts;
    auto const found = facts.find("experiment_folder");
    return found == facts.end() ? fs::path{} : fs::path{found->second};
}

void remake(Setup const& setup, fs::path const& result, fs::path const& cache_folder)
{
    auto world = mpi::Communicator{};
    auto const& experiment = setup.plan().experiment;
    auto const device = mpi::bind_device(
        world, {experiment.execution.device, experiment.execution.share_devices, experiment.execution.threads}, true);
    store::ArtifactCache const cache(cache_folder);
    auto const provenance = make_provenance(setup.plan(), *setup.job, {device}, {"ablatrix", "replay"});
    store::ResultFile::create(result, setup.plan().layout, provenance, world);
    auto file = store::ResultFile::open(result, world);
    sched::ExecuteOptions options;
    options.stage_child = stage_child_command_line(experiment.job);
    auto const outcome = sched::execute(setup.plan(), cache, file, world, device, options);
    file.close();
    ABLATRIX_VALIDATE(!outcome.stopped_early, "stopped before the run was remade; nothing was compared.");
}

ExitCode print_comparison(RunComparison const& comparison, std::string const& name, std::size_t limit)
{
    if (comparison.differences.empty()) {
        std::printf("equal: %s\n%zu columns, %zu ground truths, %zu metrics and %zu numbers of the run, bit by bit\n",
                    name.c_str(), comparison.columns, comparison.truths, comparison.metrics, comparison.scalars);
        return ExitCode::ok;
    }
    std::printf("different: %s\n", name.c_str());
    for (std::size_t i = 0; i < std::min(limit, comparison.differences.size()); ++i) {
        auto const& difference = comparison.differences[i];
        std::printf("%s\n  stored: %s\n  remade: %s\n", difference.where.c_str(), difference.left.c_str(),
                    difference.right.c_str());
    }
    if (comparison.differences.size() > limit)
        std::printf("and %zu more; --limit shows more\n", comparison.differences.size() - limit);
    return ExitCode::some_failed;
}

}  // namespace

ArgumentParser replay_arguments()
{
    ArgumentParser parser(
        "ablatrix replay RESULT.h5 RUN [--base DIR] [--cache DIR]",
        "Makes one run again, from the experiment stored in the result file and the data files, and compares it with\n"
        "what is stored: ground truth, scores, predictions, metrics, bit by bit. Everything is made from scratch "
        "unless\n"
        "--cache names a cache. Exit code 2 if something differs. Another machine type, or another version of the\n"
        "program, may give other bits: then differing fingerprints say that a stage or its data changed.",
        {"ablatrix replay results/sst2.h5 17"});
    parser.positional("RESULT", "result file")
        .positional("RUN", "number of the run, from 0, as messages and the file show it")
        .value("base", "DIR", "folder that relative data paths begin at; default: where the experiment file lay")
        .value("cache", "DIR", "take finished work from this cache instead of making everything again")
        .value("limit", "N", "differences to list at most, default 20");
    return parser;
}

ExitCode replay_command(Arguments const& arguments)
{
    auto const stored = store::ResultFile::open_readonly(arguments.get("RESULT"));
    auto const& layout = stored.layout();
    ABLATRIX_VALIDATE(layout.n_runs > 0, "'" + stored.path().string() + "' holds no runs.");
    auto const run =
        static_cast<std::size_t>(parse_integer("RUN", arguments.get("RUN"), 0, static_cast<long>(layout.n_runs) - 1));
    auto const limit = static_cast<std::size_t>(parse_integer("--limit", arguments.get("limit", "20"), 1, 1000000));
    std::string const name = run_name(layout, run);
    ABLATRIX_VALIDATE(stored.run_verified(run), name + " is not done in '" + stored.path().string() +
                                                    "', or its row is damaged: there is nothing to compare with.");

    base::set_log(base::LogLevel::warning, 0);
    auto const setup = plan_experiment(request_for(stored, run, base_folder(arguments, stored)));
    ABLATRIX_VALIDATE(setup.plan().grid.runs.size() == 1,
                      "the stored experiment has " + std::to_string(setup.plan().grid.runs.size()) +
                          " runs with the values of " + name +
                          ". Was it made by another version of the program? 'ablatrix --build-info' tells this one's.");
    ScratchFolder const scratch;
    auto const result = scratch.path() / "replay.h5";
    remake(setup, result, arguments.get("cache", (scratch.path() / "cache").string()));
    auto const remade = store::ResultFile::open_readonly(result);
    if (!remade.run_verified(0)) {
        std::printf("different: %s failed this time: %s\n", name.c_str(), remade.read_run(0).error.c_str());
        return ExitCode::some_failed;
    }
    return print_comparison(compare_runs(stored, run, remade, 0), name, limit);
}

}  // namespace ablatrix::app
