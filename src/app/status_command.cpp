#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"

namespace ablatrix::app {
namespace {

constexpr std::size_t shown_failures = 20;

std::string run_label(store::ResultLayout const& layout, std::size_t run)
{
    std::string label;
    for (auto const& axis : layout.axes)
        label += (label.empty() ? "" : " ") + axis.name + "=" + axis.value_of_run[run];
    return label;
}

struct Counts
{
    std::size_t done = 0, failed = 0, pending = 0;
};

Counts count_runs(store::ResultFile const& result)
{
    Counts counts;
    for (auto const status : result.run_statuses()) {
        counts.done += status == store::RunStatus::done ? 1 : 0;
        counts.failed += status == store::RunStatus::failed ? 1 : 0;
        counts.pending += status == store::RunStatus::pending ? 1 : 0;
    }
    return counts;
}

std::string progress_bar(std::size_t done, std::size_t failed, std::size_t all)
{
    constexpr std::size_t width = 40;
    std::size_t const filled = all == 0 ? width : width * done / all;
    std::size_t const broken = all == 0 ? 0 : std::min(width - filled, (width * failed + all - 1) / all);
    std::string bar;
    for (std::size_t i = 0; i < width; ++i)
        bar += i < filled ? "█" : i < filled + broken ? "x" : "·";
    return bar;
}

struct TaskCounts
{
    std::size_t tasks = 0, made = 0, cached = 0, failed = 0;
    double seconds = 0;
};

std::map<std::string, TaskCounts> count_tasks(store::ResultFile const& result)
{
    std::map<std::string, TaskCounts> kinds;
    auto const& stages = result.layout().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        auto const record = result.read_stage(i);
        auto& kind = kinds[stages[i].kind];
        ++kind.tasks;
        kind.made += record.status == 1 ? 1 : 0;
        kind.cached += record.status == 2 ? 1 : 0;
        kind.failed += record.status == 3 ? 1 : 0;
        if (record.status == 1) kind.seconds += record.seconds;
    }
    return kinds;
}

report::Table task_table(std::map<std::string, TaskCounts> const& kinds)
{
    report::Table table{"",
                        {{"task kind", report::Align::left},
                         {"tasks", report::Align::right},
                         {"made", report::Align::right},
                         {"cached", report::Align::right},
                         {"failed", report::Align::right},
                         {"time spent", report::Align::right}},
                        {}};
    for (auto const& [name, kind] : kinds) {
        table.rows.push_back({name, std::to_string(kind.tasks), std::to_string(kind.made), std::to_string(kind.cached),
                              std::to_string(kind.failed), base::human_seconds(kind.seconds)});
    }
    return table;
}

/// Rows of the terminal at standard output, 0 if it is none.
std::size_t terminal_rows()
{
    struct winsize size = {};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

std::string describe(store::ResultFile const& result, bool with_tasks)
{
    auto const& facts = result.provenance().facts;
    auto const fact = [&](std::string const& key) {
        auto const found = facts.find(key);
        return found == facts.end() ? std::string{"?"} : found->second;
    };
    auto const statuses = result.run_statuses();
    auto const counts = count_runs(result);

    report::Document document;
    document.heading(result.path().filename().string() + ": " + fact("name") + ", started " + fact("start_time"));
    document.paragraph(progress_bar(counts.done, counts.failed, statuses.size()) + "  " + std::to_string(counts.done) +
                       " of " + std::to_string(statuses.size()) + " runs done, " + std::to_string(counts.failed) +
                       " failed, " + std::to_string(counts.pending) + " to do");
    auto const kinds = count_tasks(result);
    TaskCounts all;
    for (auto const& [name, kind] : kinds) {
        all.tasks += kind.tasks;
        all.made += kind.made + kind.cached;
        all.failed += kind.failed;
    }
    document.paragraph(progress_bar(all.made, all.failed, all.tasks) + "  " + std::to_string(all.made) + " of " +
                       std::to_string(all.tasks) + " tasks done, " + std::to_string(all.failed) + " failed");
    if (with_tasks) document.table(task_table(kinds));
    if (counts.failed > 0) {
        report::Table failures{
            "Failed runs",
            {{"run", report::Align::left}, {"attempts", report::Align::right}, {"error", report::Align::left}},
            {}};
        for (std::size_t run = 0; run < statuses.size(); ++run) {
            if (statuses[run] != store::RunStatus::failed || failures.rows.size() >= shown_failures) continue;
            auto const record = result.read_run(run);
            failures.rows.push_back({run_label(result.layout(), run), std::to_string(record.attempts), record.error});
        }
        document.table(std::move(failures));
        if (counts.failed > shown_failures)
            document.paragraph("and " + std::to_string(counts.failed - shown_failures) + " more failed runs");
    }
    return report::render_terminal(document);
}

}  // namespace

ArgumentParser status_arguments()
{
    ArgumentParser parser(
        "ablatrix status RESULT.h5 [--watch]",
        "Progress of a running or finished grid: runs done, failed and to do, tasks by kind, and the message of every\n"
        "failed run. May be used while the grid is running, from any machine that sees the file.",
        {"ablatrix status results/sst2.h5", "ablatrix status results/sst2.h5 --watch --interval 5"});
    parser.positional("RESULT", "result file")
        .flag("watch", "show again and again until every run is done or failed")
        .value("interval", "SECONDS", "pause between two looks, default 2");
    return parser;
}

ExitCode status_command(Arguments const& arguments)
{
    std::filesystem::path const path = arguments.get("RESULT");
    long const interval_s = parse_integer("--interval", arguments.get("interval", "2"), 1, 86400);
    for (;;) {
        auto const result = store::ResultFile::open_readonly(path);
        std::string text = describe(result, true);
        if (arguments.has("watch") && ::isatty(STDOUT_FILENO) != 0) {
            // What scrolls off the top is what one watches for.
            auto const lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
            if (std::size_t const rows = terminal_rows(); rows > 0 && lines >= rows) text = describe(result, false);
            std::fputs("\033[H\033[2J", stdout);
        }
        std::fputs(text.c_str(), stdout);
        std::fflush(stdout);
        auto const counts = count_runs(result);
        if (!arguments.has("watch") || counts.pending == 0) {
            if (counts.pending > 0) return ExitCode::run_again;
            return counts.failed > 0 ? ExitCode::some_failed : ExitCode::ok;
        }
        std::this_thread::sleep_for(std::chrono::seconds{interval_s});
    }
}

}  // namespace ablatrix::app
