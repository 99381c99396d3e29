#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/program.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/cluster/duration.hpp>
#include <ablatrix/cluster/submission.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"
#include "experiment_setup.hpp"
#include "plan_text.hpp"
#include "resume.hpp"

namespace ablatrix::app {
namespace {

int integer_option(Arguments const& arguments, std::string const& name, int fallback)
{
    if (!arguments.has(name)) return fallback;
    return static_cast<int>(parse_integer("--" + name, arguments.get(name), 1, 100000));
}

cluster::SizeRequest read_size(Arguments const& arguments, plan::ExecutionOptions const& execution)
{
    cluster::SizeRequest request;
    request.nodes = integer_option(arguments, "nodes", 1);
    request.gpus_per_node = integer_option(arguments, "gpus", 0);
    request.workers_per_node = integer_option(arguments, "workers", 0);
    request.cpus_per_task = integer_option(arguments, "cpus", execution.threads);
    request.in_parts = arguments.has("in-parts");
    if (arguments.has("time")) {
        try {
            request.time_s = cluster::parse_duration(arguments.get("time"));
        }
        catch (Error const& e) {
            throw UsageError(std::string{"--time: "} + e.what());
        }
    }
    ABLATRIX_VALIDATE(execution.device != "cuda" || request.gpus_per_node > 0,
                      "the experiment needs GPUs (execution.device: cuda). Add --gpus N, the GPUs of a node");
    ABLATRIX_VALIDATE(
        execution.share_devices || request.gpus_per_node == 0 || request.workers_per_node <= request.gpus_per_node,
        std::to_string(request.workers_per_node) + " workers a node would share " +
            std::to_string(request.gpus_per_node) +
            " GPUs. Use fewer --workers or more --gpus, or set execution.share_devices: true");
    return request;
}

std::filesystem::path program_path()
{
    std::error_code error;
    auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    ABLATRIX_VALIDATE(!error, "the path of this program is unknown (" + error.message() + ")");
    return path;
}

/// The `run` that the job is to execute. Paths are absolute: a job may start in another folder.
std::vector<std::string> run_words(Arguments const& arguments, std::filesystem::path const& output)
{
    namespace fs = std::filesystem;
    std::vector<std::string> words = {program_path(), "run", fs::absolute(arguments.get("EXPERIMENT")), "-o", output};
    if (arguments.has("cache")) words.insert(words.end(), {"--cache", fs::absolute(arguments.get("cache"))});
    for (std::string const name : {"set", "only"}) {
        for (auto const& value : arguments.all(name))
            words.insert(words.end(), {"--" + name, value});
    }
    return words;
}

void write_script(std::filesystem::path const& path, std::string const& text)
{
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    errno = 0;
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out << text;
    out.close();
    ABLATRIX_VALIDATE(!error && out.good(), "cannot write '" + path.string() + "' (" +
                                                (error ? error.message() : std::strerror(errno)) + ")");
}

/// The id of the new job.
std::string submit_script(std::filesystem::path const& script)
{
    auto const ended = base::run_program({"sbatch", "--parsable", script});
    ABLATRIX_VALIDATE(
        ended.status != base::Ended::not_found,
        "sbatch is not there (searched in PATH). Submit from a login node of the cluster; the script is in " +
            script.string());
    ABLATRIX_VALIDATE(ended.status == 0, "sbatch refused the job: " + std::string{base::trim(ended.errors)} +
                                             "\nThe script is in " + script.string());
    return cluster::job_id(ended.output);
}

}  // namespace

ArgumentParser submit_arguments()
{
    ArgumentParser parser(
        "ablatrix submit EXPERIMENT [-o RESULT.h5] [options]",
        "Sizes a Slurm job from the plan and submits it: how long the tasks that are left take with the workers asked\n"
        "for (learned from earlier tasks, simulated), whether that fits into the time limit, and a batch script that\n"
        "stops early and requeues itself. The script lies beside the result and needs nothing else.",
        {"ablatrix submit configs/sst2.yaml --dry-run",
         "ablatrix submit configs/sst2.yaml -o results/sst2.h5 --nodes 2 --gpus 4 --partition gpu",
         "ablatrix submit configs/sst2.yaml --gpus 4 --time 4h --in-parts"});
    parser.positional("EXPERIMENT", "experiment file (YAML)")
        .value("output,o", "RESULT.h5", "result file to write or continue; default: results/NAME.h5")
        .flag("dry-run", "print the script and stop")
        .value("nodes", "N", "nodes, default 1")
        .value("gpus", "N", "GPUs of each node, default 0")
        .value("workers", "N", "working ranks of each node; default: its GPUs, or as many as the plan keeps busy")
        .value("cpus", "N", "cores of each rank; default: execution.threads, or what the site gives")
        .value("time", "DURATION", "time limit, such as 90m, 12h or 1-12:00:00; default: as predicted, with a margin")
        .flag("in-parts", "accept a time limit that is too short for everything: the job requeues itself")
        .value("partition", "NAME", "as for sbatch")
        .value("account", "NAME", "as for sbatch")
        .repeated("sbatch", "OPTION", "a further option of sbatch, such as --sbatch=--qos=long; may be repeated")
        .repeated("set", "PATH=VALUE", "as for run")
        .repeated("only", "AXIS=VALUE", "as for run")
        .value("cache", "DIR", "as for run");
    return parser;
}

ExitCode submit_command(Arguments const& arguments)
{
    namespace fs = std::filesystem;
    ExperimentRequest request{arguments.get("EXPERIMENT"), {}, arguments.all("set"), arguments.all("only")};
    request.text = read_text_file(request.file);
    auto const setup = plan_experiment(request);
    auto const& experiment = setup.plan().experiment;
    auto const size_request = read_size(arguments, experiment.execution);

    fs::path const output = fs::absolute(arguments.get("output", "results/" + experiment.name + ".h5"));
    std::optional<store::ResultFile> result;
    if (fs::exists(output)) {
        result = store::ResultFile::open_readonly(output);
        std::string const change = describe_change(*result, setup.plan());
        ABLATRIX_VALIDATE(change.empty(), "'" + output.string() + "' holds another experiment:" + change);
    }
    auto const* known = result ? &*result : nullptr;
    CacheView const view(cache_folder(arguments.get("cache"), output));
    auto const remaining = sched::what_remains(setup.plan(), view.cache(), known);

    cluster::Workload work;
    work.runs = remaining.runs;
    work.runs_done = remaining.runs_done;
    for (auto const& kind : remaining.kinds)
        work.tasks += kind.tasks - kind.cached;
    work.work_s = remaining.seconds;
    work.longest_s = remaining.longest_s;
    work.is_learned = is_learned(remaining);
    work.makespan_s = [&](int workers) {
        return sched::simulate(setup.plan(), view.cache(), known, workers).makespan_s;
    };
    auto const size = cluster::size_job(work, size_request);
    std::string const plan_text = cluster::describe(work, size);

    fs::path const stem = fs::path{output}.replace_extension();
    cluster::ScriptFacts const facts{
        .name = experiment.name,
        .comment = "Written by `ablatrix submit`: " + plan_text,
        .log = stem.string() + "-%j.log",
        .folder = fs::current_path(),
        .partition = arguments.get("partition"),
        .account = arguments.get("account"),
        .sbatch_options = arguments.all("sbatch"),
        .command = run_words(arguments, output),
    };
    std::string const script = cluster::batch_script(size, facts);
    std::fprintf(stderr, "%s\n", plan_text.c_str());
    if (arguments.has("dry-run")) {
        std::fputs(script.c_str(), stdout);
        return ExitCode::ok;
    }
    fs::path const script_file = stem.string() + ".sbatch";
    write_script(script_file, script);
    std::string const id = submit_script(script_file);
    std::printf(
        "Submitted job %s (%s).\n"
        "Watch: squeue --job %s; ablatrix status %s --watch; tail -f %s-%s.log\n",
        id.c_str(), script_file.c_str(), id.c_str(), output.c_str(), stem.c_str(), id.c_str());
    return ExitCode::ok;
}

}  // namespace ablatrix::app
