#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <ablatrix/base/error.hpp>
#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

#include "commands.hpp"
#include "journal_text.hpp"

namespace ablatrix::app {
namespace {

namespace fs = std::filesystem;

/// Why the file does not open; none when it does.
std::optional<std::string> what_is_wrong(fs::path const& file)
{
    try {
        store::ResultFile::open_readonly(file);
        return std::nullopt;
    }
    catch (store::ResultFileError const& error) {
        return error.what();
    }
}

/// A damaged file that makes room for its successor, and comes back unless one takes its place.
class SetAside
{
  public:
    explicit SetAside(fs::path file) : file_(std::move(file)), aside_(file_.string() + ".damaged")
    {
        ABLATRIX_VALIDATE(!fs::exists(aside_),
                          "'" + aside_.string() + "' exists already. Move it away, or name another file with -o");
        fs::rename(file_, aside_);
    }
    ~SetAside()
    {
        std::error_code ignored;
        if (!fs::exists(file_, ignored)) fs::rename(aside_, file_, ignored);
    }
    SetAside(SetAside const&) = delete;
    SetAside& operator=(SetAside const&) = delete;
    fs::path const& path() const { return aside_; }

  private:
    fs::path file_, aside_;
};

void print_result(store::Replayed const& replayed, fs::path const& target, bool in_place)
{
    std::fputs(describe_replay(replayed).c_str(), stdout);
    auto const report = store::verify(store::ResultFile::open_readonly(target));
    auto const& runs = report.tables.front();
    std::printf("%s holds %zu of %zu runs", target.c_str(), runs.done, runs.rows);
    if (runs.failed > 0) std::printf(", and %zu that failed", runs.failed);
    std::printf(".%s\n", runs.pending == 0 ? ""
                         : in_place        ? " The command that made it does the others."
                                           : " Name it with -o in the command that made it to do the others.");
}

}  // namespace

ArgumentParser rebuild_arguments()
{
    ArgumentParser parser(
        "ablatrix rebuild RESULT.h5 [--from DIR] [-o NEW.h5]",
        "Writes a result file again from its journals alone, when the HDF5 file is lost or does not open. A file that\n"
        "does not open is kept as RESULT.h5.damaged. Exit code 2 if records in the journals are damaged.",
        {"ablatrix rebuild results/sst2.h5", "ablatrix rebuild results/sst2.h5 -o copy.h5"});
    parser.positional("RESULT", "result file to write")
        .value("from", "DIR", "folder of journals, default RESULT.h5.journal")
        .value("output,o", "NEW.h5", "write this file instead");
    return parser;
}

ExitCode rebuild_command(Arguments const& arguments)
{
    fs::path const result = arguments.get("RESULT");
    fs::path const folder = arguments.get("from", store::journal_folder(result).string());
    fs::path const target = arguments.get("output", result.string());
    std::optional<SetAside> aside;
    if (fs::exists(target)) {
        ABLATRIX_VALIDATE(store::has_writer(target) != true,
                          "'" + target.string() + "' is being written by a running job. Wait until it has ended.");
        auto const problem = what_is_wrong(target);
        ABLATRIX_VALIDATE(problem.has_value(),
                          "'" + target.string() +
                              "' exists and opens: there is nothing to rebuild ('ablatrix verify' checks every row). "
                              "Name another file with -o to write a copy.");
        aside.emplace(target);
    }
    auto const replayed = store::rebuild(folder, target);
    if (aside) std::printf("The damaged file is kept as %s.\n", aside->path().c_str());
    print_result(replayed, target, target == result);
    return replayed.journals.damage.empty() ? ExitCode::ok : ExitCode::some_failed;
}

}  // namespace ablatrix::app
