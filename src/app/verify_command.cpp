#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

#include "commands.hpp"
#include "journal_text.hpp"

namespace ablatrix::app {
namespace {

namespace fs = std::filesystem;

void print_tables(store::VerifyReport const& report)
{
    report::Table table{"",
                        {{"rows", report::Align::left},
                         {"all", report::Align::right},
                         {"done", report::Align::right},
                         {"failed", report::Align::right},
                         {"to do", report::Align::right},
                         {"damaged", report::Align::right}},
                        {}};
    for (auto const& counts : report.tables)
        table.rows.push_back({counts.name, std::to_string(counts.rows), std::to_string(counts.done),
                              std::to_string(counts.failed), std::to_string(counts.pending),
                              std::to_string(counts.damaged)});
    report::Document document;
    document.table(std::move(table));
    std::fputs(report::render_terminal(document).c_str(), stdout);
}

void print_damage(store::VerifyReport const& report, std::size_t limit, bool has_journals)
{
    for (std::size_t i = 0; i < std::min(limit, report.damage.size()); ++i)
        std::printf("damaged: %s\n", report.damage[i].c_str());
    if (report.damage.size() > limit) std::printf("and %zu more; --limit shows more\n", report.damage.size() - limit);
    if (!report.damage.empty())
        std::printf("The command that made the file repairs it: it takes these rows %s.\n",
                    has_journals ? "from the journals, or makes them again" : "from the cache, or makes them again");
}

void print_journals(store::JournalCheck const& check)
{
    std::printf("journals: %zu files, %s, hold %zu of %zu finished rows\n", check.report.files,
                base::human_bytes(check.report.bytes).c_str(), check.held_rows, check.finished_rows);
    std::fputs(describe_damage(check.report).c_str(), stdout);
    if (!check.report.damage.empty())
        std::printf("The result file does not need them while it is whole; --remove-journals removes them.\n");
}

void remove_journals(fs::path const& path, store::VerifyReport const& report)
{
    ABLATRIX_VALIDATE(report.damage.empty() && report.pending_runs == 0,
                      "the journals of '" + path.string() +
                          "' stay: the file is unfinished or damaged. The command that made it completes it.");
    std::printf("removed journals: %s\n", base::human_bytes(store::remove_journals(path)).c_str());
}

}  // namespace

ArgumentParser verify_arguments()
{
    ArgumentParser parser(
        "ablatrix verify RESULT.h5 [--remove-journals]",
        "Reads every row of a result file and of its journals, and compares checksums, those of names and settings\n"
        "included. Exit code 2 if something is damaged.",
        {"ablatrix verify results/sst2.h5"});
    parser.positional("RESULT", "result file")
        .flag("remove-journals", "then remove the journals, if the grid is finished and every row is whole")
        .value("limit", "N", "damaged rows to list at most, default 20");
    return parser;
}

ExitCode verify_command(Arguments const& arguments)
{
    fs::path const path = arguments.get("RESULT");
    auto const limit = static_cast<std::size_t>(parse_integer("--limit", arguments.get("limit", "20"), 1, 1000000));
    ABLATRIX_VALIDATE(fs::exists(path) || store::has_journals(path),
                      "there is no file '" + path.string() + "'. Check the path.");
    std::optional<store::ResultFile> file;
    try {
        file.emplace(store::ResultFile::open_readonly(path));
    }
    catch (store::ResultFileError const& error) {
        std::printf("damaged: %s\n", error.what());
        return ExitCode::some_failed;
    }
    auto const report = store::verify(*file);
    print_tables(report);
    bool const has_journals = store::has_journals(path);
    print_damage(report, limit, has_journals);
    bool damaged = !report.damage.empty();
    if (has_journals) {
        auto const journals = store::check_journals(*file);
        print_journals(journals);
        damaged = damaged || !journals.report.damage.empty();
    }
    if (arguments.has("remove-journals")) {
        remove_journals(path, report);
        damaged = false;  // only the journals were
    }
    if (!damaged) std::printf("every finished row is whole\n");
    return damaged ? ExitCode::some_failed : ExitCode::ok;
}

}  // namespace ablatrix::app
