#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "all_ranks.hpp"
#include "arguments.hpp"
#include "build_info.hpp"
#include "commands.hpp"
#include "stage_child.hpp"

namespace ablatrix::app {
namespace {

struct Command
{
    char const* name;
    char const* summary;
    ArgumentParser (*arguments)();
    ExitCode (*execute)(Arguments const&);  ///< null for `run`, which starts MPI before it reads its arguments
};

constexpr Command commands[] = {
    {"run", "run an experiment into a result file, or continue one", run_arguments, nullptr},
    {"plan", "what would run: runs, tasks, cached work, cost, file size", plan_arguments, plan_command},
    {"submit", "size a Slurm job from the plan and submit it", submit_arguments, submit_command},
    {"status", "progress and failures of a running or finished grid", status_arguments, status_command},
    {"summarize", "tables and findings of a result file", summarize_arguments, summarize_command},
    {"compare", "paired comparison of arms or methods", compare_arguments, compare_command},
    {"report", "a page with figures of a result file", report_arguments, report_command},
    {"errors", "items that are wrong in most seeds", errors_arguments, errors_command},
    {"gates", "whether the rules of the experiment hold", gates_arguments, gates_command},
    {"diff", "what differs between two result files", diff_arguments, diff_command},
    {"verify", "check every row of a result file and its journals", verify_arguments, verify_command},
    {"rebuild", "write a result file again from its journals", rebuild_arguments, rebuild_command},
    {"pack", "compress a finished result file, for reading only", pack_arguments, pack_command},
    {"replay", "make one run again and compare it with what is stored", replay_arguments, replay_command},
    {"cache", "list, verify or shrink an artifact cache", cache_arguments, cache_command},
    {"model", "look at a checkpoint, embed or classify texts with it", model_arguments, model_command},
    {"doctor", "check MPI, HDF5, BLAS, devices and disk", doctor_arguments, doctor_command},
};

std::string program_help()
{
    std::string text =
        "Ablatrix runs an experiment grid and says, with honest statistics, what the grid shows.\n\n"
        "Usage: ablatrix COMMAND [ARGUMENTS]\n"
        "       mpirun -n RANKS ablatrix run EXPERIMENT.yaml -o RESULT.h5\n\nCommands:\n";
    for (auto const& command : commands) {
        std::string name = std::string{"  "} + command.name;
        name.resize(14, ' ');
        text += name + command.summary + "\n";
    }
    return text +
           "\nOptions:\n"
           "  --help        this text; 'ablatrix COMMAND --help' explains one command\n"
           "  --version     the version number\n"
           "  --build-info  compiler, libraries and commit this program was built from\n\n"
           "Exit codes: 0 all is well, 1 usage, configuration or input error, 2 some runs failed (diff: results "
           "differ;\n"
           "verify: damage found), 3 a gate failed or cannot be decided, 75 stopped early: run the same command again "
           "to continue.\n";
}

[[noreturn]] void fail_unknown(std::string const& word)
{
    std::vector<std::string> candidates = {"--help", "--version", "--build-info"};
    for (auto const& command : commands)
        candidates.emplace_back(command.name);
    std::string const what = word.starts_with("-") ? "option" : "command";
    throw UsageError("unknown " + what + " '" + word + "'." + base::did_you_mean_hint(word, candidates) +
                     " 'ablatrix --help' lists the commands.");
}

ExitCode dispatch(std::vector<std::string> const& words, int& argc, char**& argv)
{
    if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        if (words.size() > 1) return dispatch({words[1], "--help"}, argc, argv);
        std::fputs(program_help().c_str(), stdout);
        return words.empty() ? ExitCode::usage : ExitCode::ok;
    }
    if (words[0] == "--version") {
        std::printf("ablatrix %s\n", version().c_str());
        return ExitCode::ok;
    }
    if (words[0] == "--build-info") {
        std::fputs(build_info_text().c_str(), stdout);
        return ExitCode::ok;
    }
    if (words[0] == stage_child_name) return stage_child_command({words.begin() + 1, words.end()});
    for (auto const& command : commands) {
        if (words[0] != command.name) continue;
        Words const rest(words.begin() + 1, words.end());
        if (command.execute == nullptr) return run_command(rest, argc, argv);
        auto const parser = command.arguments();
        auto const arguments = parser.parse(rest);
        if (arguments.help_wanted()) {
            std::fputs(parser.help().c_str(), stdout);
            return ExitCode::ok;
        }
        return command.execute(arguments);
    }
    fail_unknown(words[0]);
}

}  // namespace
}  // namespace ablatrix::app

int main(int argc, char** argv)
{
    using namespace ablatrix::app;
    try {
        std::vector<std::string> const words(argv + 1, argv + argc);
        auto const code = dispatch(words, argc, argv);
        // A table that a full disk has cut must not look like a whole one.
        ABLATRIX_VALIDATE(std::fflush(stdout) == 0 && std::ferror(stdout) == 0,
                          "standard output could not be written. Is there space?");
        return static_cast<int>(code);
    }
    catch (ablatrix::ContractError const& e) {
        std::fprintf(stderr, "ablatrix: internal error: %s\n", e.what());
    }
    catch (UsageError const& e) {
        // All ranks of mpirun read the same words. It ends them all when one ends with an error: only the first does.
        if (!is_first_rank()) return static_cast<int>(ExitCode::ok);
        std::fprintf(stderr, "ablatrix: %s\n", e.what());
    }
    catch (std::exception const& e) {
        std::fprintf(stderr, "ablatrix: %s\n", e.what());
    }
    return static_cast<int>(ExitCode::usage);
}
