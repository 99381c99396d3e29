#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

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

std::string runs_text(Counts const& counts)
{
    return std::to_string(counts.done) + " of " + std::to_string(counts.done + counts.failed + counts.pending) +
           " runs done, " + std::to_string(counts.failed) + " failed, " + std::to_string(counts.pending) + " to do";
}

std::string tasks_text(TaskCounts const& all)
{
    return std::to_string(all.made + all.cached) + " of " + std::to_string(all.tasks) + " tasks done, " +
           std::to_string(all.failed) + " failed";
}

TaskCounts total(std::map<std::string, TaskCounts> const& kinds)
{
    TaskCounts all;
    for (auto const& [name, kind] : kinds) {
        all.tasks += kind.tasks;
        all.made += kind.made;
        all.cached += kind.cached;
        all.failed += kind.failed;
        all.seconds += kind.seconds;
    }
    return all;
}

/// ", about 3 min left with 2 workers" while somebody works: the tasks to do, each at the mean cost of its kind so far.
/// "At least" where a kind has not been measured yet.
std::string time_left(store::ResultFile const& result, std::map<std::string, TaskCounts> const& kinds)
{
    if (store::has_writer(result.path()) != true) return {};
    double work_s = 0;
    bool all_known = true;
    for (auto const& [name, kind] : kinds) {
        auto const to_do = kind.tasks - kind.made - kind.cached - kind.failed;
        if (kind.made > 0)
            work_s += kind.seconds / static_cast<double>(kind.made) * static_cast<double>(to_do);
        else
            all_known = all_known && to_do == 0;
    }
    auto const& facts = result.provenance().facts;
    auto const ranks = facts.find("ranks");
    int const workers = std::max(1, ranks == facts.end() ? 1 : std::atoi(ranks->second.c_str()) - 1);
    if (work_s == 0) return {};
    return std::string(all_known ? ", about " : ", at least ") + base::human_seconds(work_s / workers) + " left with " +
           std::to_string(workers) + (workers == 1 ? " worker" : " workers");
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
    document.paragraph(progress_bar(counts.done, counts.failed, statuses.size()) + "  " + runs_text(counts));
    auto const kinds = count_tasks(result);
    auto const all = total(kinds);
    document.paragraph(progress_bar(all.made + all.cached, all.failed, all.tasks) + "  " + tasks_text(all) +
                       time_left(result, kinds));
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

ExitCode exit_code(Counts const& counts)
{
    if (counts.pending > 0) return ExitCode::run_again;
    return counts.failed > 0 ? ExitCode::some_failed : ExitCode::ok;
}

/// Looks at a file that somebody writes until every run is settled or nobody writes any more.
class Watch
{
  public:
    Watch(std::filesystem::path path, std::chrono::seconds interval) : path_(std::move(path)), interval_(interval) {}

    ExitCode run()
    {
        for (;;) {
            auto const result = store::ResultFile::open_readonly(path_);
            auto const counts = count_runs(result);
            bool const abandoned = is_abandoned(result.stage_statuses());
            show(result);
            if (counts.pending == 0) return exit_code(counts);
            if (abandoned) {
                std::printf("Nobody is writing the file any more: the command that made it continues.\n");
                return ExitCode::run_again;
            }
            std::this_thread::sleep_for(interval_);
        }
    }

  private:
    /// No writer, and nothing new for a few looks: a job that is just starting gets its time.
    bool is_abandoned(std::vector<std::uint8_t> tasks)
    {
        bool const is_still = store::has_writer(path_) == false && tasks == tasks_;
        still_looks_ = is_still ? still_looks_ + 1 : 0;
        tasks_ = std::move(tasks);
        return still_looks_ >= patient_looks;
    }

    void show(store::ResultFile const& result)
    {
        if (::isatty(STDOUT_FILENO) != 0)
            redraw(result);
        else
            append_line(result);
        std::fflush(stdout);
    }

    static void redraw(store::ResultFile const& result)
    {
        std::string text = describe(result, true);
        // What scrolls off the top is what one watches for.
        auto const lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        if (std::size_t const rows = terminal_rows(); rows > 0 && lines >= rows) text = describe(result, false);
        std::printf("\033[H\033[2J%s", text.c_str());
    }

    /// For a log: a line when something is new.
    void append_line(store::ResultFile const& result)
    {
        auto const kinds = count_tasks(result);
        std::string const line = runs_text(count_runs(result)) + "; " + tasks_text(total(kinds));
        if (line == last_line_) return;
        last_line_ = line;
        std::printf("%s%s\n", line.c_str(), time_left(result, kinds).c_str());
    }

    static constexpr int patient_looks = 3;

    std::filesystem::path path_;
    std::chrono::seconds interval_;
    std::vector<std::uint8_t> tasks_;
    int still_looks_ = 0;
    std::string last_line_;
};

}  // namespace

ArgumentParser status_arguments()
{
    ArgumentParser parser(
        "ablatrix status RESULT.h5 [--watch]",
        "Progress of a running or finished grid: runs done, failed and to do, tasks by kind, and the message of every\n"
        "failed run. May be used while the grid is running, from any machine that sees the file.",
        {"ablatrix status results/sst2.h5", "ablatrix status results/sst2.h5 --watch --interval 5"});
    parser.positional("RESULT", "result file")
        .flag("watch",
              "show again and again until every run is done or failed, or nobody writes the file any more; "
              "into a log, a line when something is new")
        .value("interval", "SECONDS", "pause between two looks, default 2");
    return parser;
}

ExitCode status_command(Arguments const& arguments)
{
    std::filesystem::path const path = arguments.get("RESULT");
    std::chrono::seconds const interval{parse_integer("--interval", arguments.get("interval", "2"), 1, 86400)};
    if (arguments.has("watch")) return Watch(path, interval).run();
    auto const result = store::ResultFile::open_readonly(path);
    std::fputs(describe(result, true).c_str(), stdout);
    return exit_code(count_runs(result));
}

}  // namespace ablatrix::app
