#include <cstdio>
#include <filesystem>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/store/pack.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"

namespace ablatrix::app {
namespace {

namespace fs = std::filesystem;

std::size_t unfinished_runs(fs::path const& path)
{
    std::size_t pending = 0;
    for (auto const status : store::ResultFile::open_readonly(path).run_statuses())
        pending += status == store::RunStatus::pending ? 1 : 0;
    return pending;
}

}  // namespace

ArgumentParser pack_arguments()
{
    ArgumentParser parser(
        "ablatrix pack RESULT.h5 -o PACKED.h5 | --replace",
        "Writes a compressed copy of a finished result file. It is for reading only: summarize, report, diff, verify "
        "and\n"
        "h5py take it as it is, run refuses it. Every row is compared before the copy gets its name.",
        {"ablatrix pack results/sst2.h5 -o sst2-packed.h5", "ablatrix pack results/sst2.h5 --replace"});
    parser.positional("RESULT", "result file")
        .value("output,o", "PACKED.h5", "file to write; must not exist")
        .flag("replace", "let the packed file take the place of RESULT.h5, in one step")
        .flag("partial", "pack a grid that is not finished, too");
    return parser;
}

ExitCode pack_command(Arguments const& arguments)
{
    fs::path const path = arguments.get("RESULT");
    if (arguments.has("output") == arguments.has("replace"))
        throw UsageError(
            "where should the packed file go? Name it with -o PACKED.h5, or replace RESULT.h5 with "
            "--replace.");
    auto const pending = unfinished_runs(path);
    ABLATRIX_VALIDATE(pending == 0 || arguments.has("partial"),
                      "'" + path.string() + "' is not finished: " + std::to_string(pending) +
                          " runs are to do, and a packed file cannot be continued. Finish it, or pack it with "
                          "--partial.");
    auto const target = arguments.has("replace") ? path : fs::path(arguments.get("output"));
    auto const size = store::pack(path, target);
    std::printf("%s: %s, before %s (%.0f %%)\n", target.c_str(), base::human_bytes(size.after).c_str(),
                base::human_bytes(size.before).c_str(),
                100.0 * static_cast<double>(size.after) / static_cast<double>(size.before));
    return ExitCode::ok;
}

}  // namespace ablatrix::app
